"""Figures of a team with the teams below it: its own stand apart, and usage counts by the day of a move."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.books.ledger import Balance
from bot.books.subtrees import SubtreeFigures, moved_days, subtree_figures
from bot.money import NANOS
from bot.org.teams import Directory, Team
from bot.org.tree.lineages import Lineage, ParentChange, Span
from bot.periods import Calendar
from tests.bot.acme import ACME, PRODUCT, SEARCH, balance, directory

SALES = replace(PRODUCT, id=40, slug="sales", name="Sales")
WEB = replace(PRODUCT, id=50, slug="web", name="Web", parent_id=30)
MONTH = Calendar().period_of(20_787)
FIRST = MONTH.first_day


def company(*changes: tuple[int, int, int], teams: tuple[Team, ...] = (PRODUCT, SEARCH, SALES, WEB)) -> Directory:
    found = replace(directory(), teams=(ACME, *teams), parent_changes=tuple(ParentChange(*c) for c in changes))
    parents = {team.id: found.lineage.parent_on(team.id, 2**40) for team in teams}
    return replace(found, teams=(ACME, *(replace(team, parent_id=parents[team.id]) for team in teams)))


def figures(
    of: Team,
    balances: Mapping[int, Balance],
    *changes: tuple[int, int, int],
    usage: dict[tuple[int, int], int] | None = None,
) -> SubtreeFigures:
    found = company(*changes)
    moved = moved_days(found, found.by_id(of.id), MONTH)
    nanos = {at: amount * NANOS for at, amount in (usage or {}).items()}
    team = found.by_id(of.id)
    return subtree_figures([team], directory=found, balances=balances, moved={team.id: moved}, usage=nanos)[team.id]


BALANCES = {10: balance(0), 20: balance(100, 10, 5), 30: balance(50, 20), 40: balance(200, 30), 50: balance(10, 15)}


def test_a_subtree_has_all_levels_and_its_own_figures_stay_apart() -> None:
    found = figures(PRODUCT, BALANCES)

    assert (found.teams, found.allocated_nanos, found.charged_nanos) == (2, 160 * NANOS, 45 * NANOS)
    assert (found.held_nanos, found.available_nanos) == (5 * NANOS, 110 * NANOS)
    assert figures(WEB, BALANCES).teams == 0
    assert figures(ACME, BALANCES).charged_nanos == 75 * NANOS


def test_many_teams_at_once_have_the_figures_of_each_alone() -> None:
    found = company()
    together = subtree_figures(found.teams, directory=found, balances=BALANCES)

    assert together == {team.id: figures(team, BALANCES) for team in found.teams}


def test_a_team_that_moved_within_the_period_leaves_its_earlier_usage_behind() -> None:
    moved = ((30, 0, 20), (30, FIRST + 10, 40))
    usage = {(30, FIRST + 9): 12, (30, FIRST + 10): 8, (50, FIRST + 9): 4, (50, FIRST + 11): 11}

    assert figures(PRODUCT, BALANCES, *moved, usage=usage).charged_nanos == (10 + 12 + 4) * NANOS
    assert figures(SALES, BALANCES, *moved, usage=usage).charged_nanos == (30 + 8 + 11) * NANOS
    assert figures(SALES, BALANCES, *moved, usage=usage).available_nanos == (200 - 30 + 50 - 20 + 10 - 15) * NANOS
    assert figures(ACME, BALANCES, *moved, usage=usage).charged_nanos == 75 * NANOS


def test_a_move_on_the_periods_first_day_or_before_leaves_nothing_behind() -> None:
    for day in (FIRST, FIRST - 1):
        assert figures(PRODUCT, BALANCES, (30, 0, 20), (30, day, 40)).charged_nanos == 10 * NANOS


def test_usage_before_a_budgets_first_day_counts_in_neither_place() -> None:
    begun = BALANCES | {30: replace(BALANCES[30], since_day=FIRST + 5)}
    usage = {(30, FIRST + 4): 100, (30, FIRST + 5): 3}

    assert figures(PRODUCT, begun, (30, 0, 20), (30, FIRST + 9, 40), usage=usage).charged_nanos == 13 * NANOS


def test_parents_hold_from_their_day_on() -> None:
    lineage = Lineage([ParentChange(3, 0, 1), ParentChange(3, 10, 2), ParentChange(3, 20, 1)])

    assert [lineage.parent_on(3, day) for day in (0, 9, 10, 19, 20)] == [1, 1, 2, 2, 1]
    assert lineage.parent_on(9, 5) is None
    assert lineage.spans_below(1, 5, 30) == [Span(1, 5, 30), Span(3, 5, 10), Span(3, 20, 30)]
    assert lineage.spans_below(2, 12, 15) == [Span(2, 12, 15), Span(3, 12, 15)]
    assert (lineage.moves_within(10, 20), lineage.moves_within(9, 11), lineage.days_of_moves) == (
        False,
        True,
        [10, 20],
    )


def test_a_circle_is_found_on_the_day_on_which_it_would_begin() -> None:
    straight = [ParentChange(2, 0, 1), ParentChange(3, 0, 2)]

    assert Lineage(straight).below_itself() is None
    assert Lineage([*straight, ParentChange(2, 7, 3)]).below_itself() == ParentChange(2, 7, 3)
    assert Lineage([*straight, ParentChange(3, 7, 1), ParentChange(2, 7, 3)]).below_itself() is None


CHANGE = st.tuples(st.sampled_from((2, 3, 4, 5)), st.integers(1, 30), st.sampled_from((1, 2, 3, 4)))
CHANGES = st.lists(CHANGE, max_size=8, unique_by=lambda change: change[:2])


@given(CHANGES)
def test_every_day_of_every_team_counts_once_on_each_level(moves: list[tuple[int, int, int]]) -> None:
    first = [ParentChange(team, 0, 1) for team in (2, 3, 4, 5)]
    lineage = Lineage([*first, *(ParentChange(*move) for move in moves if move[0] > move[2])])
    assert lineage.below_itself() is None

    for day in range(31):
        below_top = [span.team_id for span in lineage.spans_below(1, day, day + 1)]
        first_level = [team for team in (2, 3, 4, 5) if lineage.parent_on(team, day) == 1]
        below_each = [span.team_id for team in first_level for span in lineage.spans_below(team, day, day + 1)]
        assert sorted(below_top) == sorted([1, *below_each]) == [1, 2, 3, 4, 5]
    whole = lineage.spans_below(1, 0, 31)
    assert sum(span.end_day - span.first_day for span in whole) == 5 * 31
