"""The report of a department: whose days count, who moved, what is at risk, cost centres and weeks."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.books.forecasts import forecast
from bot.books.ledger import Balance
from bot.money import NANOS
from bot.org.teams import Directory, Team
from bot.org.tree.lineages import ParentChange
from bot.reporting.subtree_reports import (
    MixWeek,
    TeamSpend,
    Window,
    cost_centres_of,
    mix_weeks,
    movers_of,
    risks_of,
    team_sums,
    windows_of,
)
from tests.bot.acme import ACME, PRODUCT, SEARCH, directory
from tests.bot.views.examples import dollars, standing

SALES = replace(PRODUCT, id=40, slug="sales", name="Sales")
WEB = replace(PRODUCT, id=50, slug="web", name="Web", parent_id=30)
HIDDEN = replace(SEARCH, id=60, slug="labs", name="Labs", mode="preview")
NOBODY = replace(PRODUCT, id=99, slug="unattributed", name="Unattributed", kind="unattributed", parent_id=None)


def company(*changes: ParentChange) -> Directory:
    teams = (ACME, PRODUCT, SEARCH, SALES, WEB, HIDDEN, NOBODY)
    return replace(directory(), teams=teams, parent_changes=changes)


def spend(team: Team, cost: float, before: float = 0) -> TeamSpend:
    return TeamSpend(team=team, cost_nanos=dollars(cost), before_nanos=dollars(before))


def test_a_department_has_every_team_below_without_those_in_preview() -> None:
    found = company()
    for shows_preview, hidden in ((False, ()), (True, (HIDDEN.id,))):
        windows = windows_of(found, [PRODUCT], 10, 17, shows_preview=shows_preview)
        ids = sorted({PRODUCT.id, SEARCH.id, WEB.id, *hidden})
        assert windows == [Window(tuple(ids), 10, 17)]


def test_the_company_has_unattributed_usage_too() -> None:
    (window,) = windows_of(company(), [ACME], 10, 17, shows_preview=False)

    assert NOBODY.id in window.team_ids
    assert HIDDEN.id not in window.team_ids


def test_a_team_that_moved_counts_on_the_days_on_which_it_was_there() -> None:
    moves = company(
        ParentChange(PRODUCT.id, 0, ACME.id),
        ParentChange(SALES.id, 0, ACME.id),
        ParentChange(SEARCH.id, 0, PRODUCT.id),
        ParentChange(WEB.id, 0, SALES.id),
        ParentChange(WEB.id, 13, SEARCH.id),
    )
    by_day = {(WEB.id, day): 10 ** (day - 10) for day in range(10, 17)}

    def web(*nodes: Team) -> int:
        return team_sums(windows_of(moves, nodes, 10, 17, shows_preview=False), by_day).get(WEB.id, 0)

    assert web(SALES) == 111
    assert web(PRODUCT) == 1_111_000
    assert web(PRODUCT, SALES) == 1_111_111
    assert web(PRODUCT, WEB) == 1_111_111  # it is one of the nodes, and below another one


def test_a_mover_has_at_least_a_twentieth_of_the_total() -> None:
    spends = [spend(SEARCH, 900, 500), spend(SALES, 100, 140), spend(WEB, 40, 80)]

    assert [one.team.name for one in movers_of(spends)] == ["Search"]
    assert movers_of([spend(SALES, 5, 5)]) == []
    assert movers_of([]) == []


def test_a_used_up_budget_comes_before_one_that_runs_out() -> None:
    late = standing(replace(SEARCH, name="Late"), charged=11_000)
    spent = standing(replace(SEARCH, name="Spent"), charged=12_400)
    fine = standing(replace(SEARCH, name="Fine"), charged=100)
    shown = replace(standing(charged=12_400), team=replace(SEARCH, mode="announce"))
    ended = replace(standing(charged=12_400), team=replace(SEARCH, has_ended=True))

    assert [risk.team.name for risk in risks_of([fine, late, shown, spent, ended])] == ["Spent", "Late"]


def test_a_budget_of_nothing_that_nothing_was_spent_of_is_no_risk() -> None:
    empty = Balance(allocated_nanos=0, charged_nanos=0, held_nanos=0)
    idle = standing(is_idle=True)
    none = replace(idle, balance=empty, forecast=forecast(empty, spent_by_day={}, today=1, period=idle.period))

    assert risks_of([none]) == ()


@given(st.lists(st.tuples(st.sampled_from("AB "), st.integers(0, 9), st.integers(0, 9)), max_size=9))
def test_cost_centres_add_up_to_the_teams(rows: list[tuple[str, int, int]]) -> None:
    spends = [spend(replace(SEARCH, cost_center=centre.strip()), cost, before) for centre, cost, before in rows]
    centres = cost_centres_of(spends)

    assert sum(c.cost_nanos for c in centres) == sum(s.cost_nanos for s in spends)
    assert sum(c.before_nanos for c in centres) == sum(s.before_nanos for s in spends)
    assert sum(c.teams for c in centres) == len(spends)
    assert [c.cost_nanos for c in centres] == sorted((c.cost_nanos for c in centres), reverse=True)


def test_a_week_without_spend_is_a_week_of_nothing() -> None:
    found = mix_weeks(
        {("MetaCode", 4): 3 * NANOS, ("Codex", 4): 5 * NANOS, ("Cursor", 4): NANOS},
        mondays=(4, 11),
        kind_of=lambda tool: "in_house" if tool == "MetaCode" else "third_party",
    )

    assert found == (MixWeek(4, 3 * NANOS, 6 * NANOS), MixWeek(11, 0, 0))
