"""Which thresholds are worth saying, said once, and which are only remembered; how a spike's parts are ordered."""

from dataclasses import replace
from datetime import date

import pytest

from bot.alerts import Contributor, ranked, spike_key, thresholds_due
from bot.budgets import Standing
from bot.forecasts import forecast
from bot.ledger import Balance
from bot.money import NANOS
from bot.periods import day_number, period_of
from tests.bot.acme import SEARCH, balance

NOVEMBER = period_of(day_number(date(2026, 11, 1)))


def stands(funds: Balance, *, day: int = 5, thresholds: tuple[int, ...] = (80, 100)) -> Standing:
    """How Search stands on a day of November."""
    today = NOVEMBER.first_day + day - 1
    return Standing(
        team=replace(SEARCH, thresholds=thresholds),
        period=NOVEMBER,
        today=today,
        zone="UTC",
        balance=funds,
        forecast=forecast(funds, spent_by_day={}, today=today, period=NOVEMBER, first_day=None),
        spent_by_day=(),
        week_nanos=0,
        week_before_nanos=0,
    )


def due(
    standing: Standing, *, known: set[str] | None = None, recent: int | None = None, is_governed: bool = True
) -> list[tuple[int, bool]]:
    """(percent, silent) of what is due; all the spend is recent unless a test says how many dollars are."""
    recent_nanos = standing.balance.charged_nanos if recent is None else recent * NANOS
    found = thresholds_due(standing, known=known or set(), recent_nanos=recent_nanos, is_governed=is_governed)
    return [(alert.percent, alert.silent) for alert in found]


def key(standing: Standing, percent: int) -> str:
    (found,) = [
        alert.dedupe_key
        for alert in thresholds_due(standing, known=(), recent_nanos=0, is_governed=True)
        if alert.percent == percent
    ]
    return found


@pytest.mark.parametrize(
    ("charged", "expected"),
    [
        (799, []),
        (800, [(80, False)]),
        (999, [(80, False)]),
        (1_000, [(80, True), (100, False)]),
        (5_000, [(80, True), (100, False)]),
    ],
)
def test_a_threshold_is_due_from_its_line_on_and_only_the_highest_is_said(
    charged: int, expected: list[tuple[int, bool]]
) -> None:
    assert due(stands(balance(1_000, charged=charged))) == expected


def test_one_nano_below_the_line_is_below_it() -> None:
    almost = Balance(allocated_nanos=1_000 * NANOS, charged_nanos=800 * NANOS - 1, held_nanos=0)

    assert due(stands(almost)) == []


def test_what_is_held_crosses_no_line() -> None:
    assert due(stands(balance(1_000, charged=100, held=900))) == []


def test_below_a_hundred_a_team_that_keeps_its_pace_is_left_alone() -> None:
    """By the 25th of 30 days 83 % of the budget may be used."""
    assert due(stands(balance(1_000, charged=800), day=25)) == []
    assert due(stands(balance(1_000, charged=850), day=25)) == [(80, False)]
    assert due(stands(balance(1_000, charged=1_000), day=30)) == [(100, False)]


def test_a_hundred_percent_is_said_whether_declared_or_not_and_once() -> None:
    assert due(stands(balance(1_000, charged=1_200), thresholds=())) == [(100, False)]
    assert due(stands(balance(1_000, charged=1_200), thresholds=(100, 100))) == [(100, False)]


def test_thresholds_above_a_hundred_follow_in_order() -> None:
    assert due(stands(balance(1_000, charged=1_500), thresholds=(150, 120))) == [
        (100, True),
        (120, True),
        (150, False),
    ]


def test_what_was_said_is_not_said_again_and_the_next_line_is() -> None:
    at_80 = stands(balance(1_000, charged=800))
    known = {key(at_80, 80)}

    assert due(at_80, known=known) == []
    assert due(stands(balance(1_000, charged=1_000)), known=known) == [(100, False)]


def test_an_increase_arms_the_thresholds_again() -> None:
    known = {key(stands(balance(1_000, charged=800)), 80)}

    assert due(stands(balance(2_000, charged=1_600)), known=known) == [(80, False)]


def test_the_next_period_and_another_team_have_keys_of_their_own() -> None:
    ours = stands(balance(1_000, charged=1_000))
    december = replace(ours, period=period_of(NOVEMBER.end_day))
    theirs = replace(ours, team=replace(ours.team, id=31))

    assert len({key(one, 100) for one in (ours, december, theirs)}) == 3


def test_a_line_that_old_usage_crossed_is_remembered_and_not_said() -> None:
    """900 of the 1,000 came in by an import."""
    standing = stands(balance(1_000, charged=1_000))

    assert due(standing, recent=100) == [(80, True), (100, False)]
    assert due(standing, recent=0) == [(80, True), (100, True)]


def test_a_team_that_is_not_governed_hears_nothing() -> None:
    assert due(stands(balance(1_000, charged=1_000)), is_governed=False) == [(80, True), (100, True)]


def test_where_nothing_is_allocated_no_line_can_be_crossed() -> None:
    assert due(stands(balance(0, charged=500))) == []
    assert due(stands(balance(-100, charged=500))) == []


def part(dimension: str, name: str, dollars: int) -> Contributor:
    return Contributor(
        dimension=dimension,  # type: ignore[arg-type]  # one of the four
        name=name,
        cost_nanos=dollars * NANOS,
        is_new=False,
    )


def test_contributors_come_by_dollars_and_of_near_equals_the_one_that_says_most_first() -> None:
    parts = [
        part("tool", "Claude Code", 100),
        part("model", "opus", 95),
        part("credential", "key-12", 91),
        part("workflow", "evals", 89),
        part("tool", "Codex", 10),
    ]

    assert [c.name for c in ranked(parts)] == ["key-12", "opus", "Claude Code", "evals"]
    assert [c.name for c in ranked(parts, most=9)][-1] == "Codex"
    assert ranked([]) == ()


def test_parts_that_cost_nothing_do_not_stop_the_order() -> None:
    parts = [part("tool", "a", 0), part("credential", "b", 0)]

    assert [c.name for c in ranked(parts)] == ["b", "a"]


def test_a_spikes_key_is_its_team_and_the_hour_it_began() -> None:
    assert len({spike_key(1, 23), spike_key(12, 3), spike_key(1, 24)}) == 3
