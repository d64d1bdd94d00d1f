"""Budget alerts: which thresholds and forecasts are posted, once, and which are recorded silently."""

from dataclasses import replace
from datetime import date

import pytest

from bot.alerting.budget_alerts import (
    RecordedThreshold,
    is_threshold_resolved,
    thresholds_due,
)
from bot.books.budgets import Standing
from bot.books.forecasts import forecast
from bot.books.ledger import Balance, BudgetState
from bot.money import NANOS
from bot.periods import day_number, period_of
from tests.bot.acme import ACME, SEARCH, balance

NOVEMBER = period_of(day_number(date(2026, 11, 1)))


def stands(funds: Balance, *, day: int = 5, thresholds: tuple[int, ...] = (80, 100)) -> Standing:
    """The standing of Search on a day of November."""
    today = NOVEMBER.first_day + day - 1
    return Standing(
        team=replace(SEARCH, thresholds=thresholds),
        period=NOVEMBER,
        today=today,
        zone="UTC",
        balance=funds,
        forecast=forecast(funds, spent_by_day={}, today=today, period=NOVEMBER),
        spent_by_day=(),
        week_nanos=0,
        week_before_nanos=0,
    )


def due(
    standing: Standing,
    *,
    recorded: tuple[RecordedThreshold, ...] = (),
    recent: int | None = None,
    is_governed: bool = True,
) -> list[tuple[int, bool]]:
    """(percent, silent) of the due thresholds. All spend is recent unless a test gives the recent dollars."""
    recent_nanos = standing.balance.charged_nanos if recent is None else recent * NANOS
    found = thresholds_due(standing, recorded=recorded, recent_nanos=recent_nanos, is_governed=is_governed)
    return [(alert.percent, alert.silent) for alert in found]


def keys(standing: Standing, *, recorded: tuple[RecordedThreshold, ...] = ()) -> list[str]:
    found = thresholds_due(standing, recorded=recorded, recent_nanos=0, is_governed=True)
    return [alert.dedupe_key for alert in found]


def said_at(
    percent: int, allocated: int = 1_000, *, has_ended: bool = False, by_holds: bool = False
) -> RecordedThreshold:
    return RecordedThreshold(percent=percent, allocated_nanos=allocated * NANOS, by_holds=by_holds, has_ended=has_ended)


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


def test_what_is_held_crosses_no_line_but_the_last() -> None:
    """Holds exhaust a budget; a team without spend is never exhausted."""
    assert due(stands(balance(1_000, charged=100, held=899))) == []
    assert due(stands(balance(1_000, charged=100, held=900))) == [(100, False)]
    assert due(stands(balance(1_000, charged=0, held=1_000))) == []


def test_below_a_hundred_a_team_that_keeps_its_pace_is_left_alone() -> None:
    """By day 25 of 30 the pace is 83% of the budget."""
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
    assert due(stands(balance(1_000, charged=800)), recorded=(said_at(80),)) == []
    assert due(stands(balance(1_000, charged=1_000)), recorded=(said_at(80),)) == [(100, False)]


@pytest.mark.parametrize("charged", [790, 800, 805, 799, 950, 810])
def test_spend_that_hovers_at_a_line_says_nothing_twice(charged: int) -> None:
    """Corrections move spend below the threshold, and usage moves it above again, with the same budget."""
    standing = stands(balance(1_000, charged=charged))

    assert due(standing, recorded=(said_at(80),)) == []
    assert not is_threshold_resolved(standing, said_at(80))


@pytest.mark.parametrize(
    ("allocated", "charged", "ends"),
    [
        (1_000, 700, False),  # a correction
        (900, 700, False),  # less budget and less spend
        (1_100, 880, False),  # more budget, still above 80%
        (1_100, 879, True),
        (2_000, 1_000, True),
        (0, 0, False),
    ],
)
def test_an_alert_ends_when_more_budget_takes_its_line_ahead(allocated: int, charged: int, ends: bool) -> None:
    assert is_threshold_resolved(stands(balance(allocated, charged=charged)), said_at(80)) is ends


def test_an_increase_arms_the_lines_that_lie_ahead_again() -> None:
    """80% of 1,000 was posted. Spend crosses 80% of 2,000 later, and of 1,000 again after a decrease."""
    ended = said_at(80, has_ended=True)

    assert due(stands(balance(2_000, charged=1_600)), recorded=(ended,)) == [(80, False)]
    assert due(stands(balance(1_000, charged=900)), recorded=(ended,)) == [(80, False)]


def test_an_increase_that_leaves_a_line_crossed_says_nothing() -> None:
    assert due(stands(balance(1_010, charged=1_500)), recorded=(said_at(80), said_at(100))) == []


def test_a_budget_that_comes_back_to_what_it_was_has_a_key_of_its_own() -> None:
    standing = stands(balance(1_000, charged=900))
    first = keys(standing)
    again = keys(standing, recorded=(said_at(80, has_ended=True),))
    third = keys(standing, recorded=(said_at(80, has_ended=True), said_at(80, has_ended=True)))

    assert first == [f"threshold:{SEARCH.id}:2026-11:80:{1_000 * NANOS}"]
    assert len({*first, *again, *third}) == 3


def test_what_holds_used_up_is_said_once_per_budget_and_what_was_spent_all_the_same() -> None:
    """Requests come and go; each holds the rest of the budget for a while."""
    released = said_at(100, by_holds=True, has_ended=True)
    held, spent = balance(1_000, charged=100, held=900), balance(1_000, charged=1_000)

    assert is_threshold_resolved(stands(balance(1_000, charged=100)), replace(released, has_ended=False))
    assert due(stands(held), recorded=(released,)) == []
    assert due(stands(spent), recorded=(said_at(80), released)) == [(100, False)]
    assert due(stands(balance(1_200, charged=100, held=1_100)), recorded=(released,)) == [(100, False)]


def test_the_next_period_and_another_team_have_keys_of_their_own() -> None:
    ours = stands(balance(1_000, charged=1_000))
    december = replace(ours, period=period_of(NOVEMBER.end_day), today=NOVEMBER.end_day)
    theirs = replace(ours, team=replace(ours.team, id=31))

    assert len({keys(one)[-1] for one in (ours, december, theirs)}) == 3


def test_a_line_that_old_usage_crossed_is_remembered_and_not_said() -> None:
    """An import brought 900 of the 1,000."""
    standing = stands(balance(1_000, charged=1_000))

    assert due(standing, recent=100) == [(80, True), (100, False)]
    assert due(standing, recent=0) == [(80, True), (100, True)]


def test_a_team_that_is_not_governed_hears_nothing() -> None:
    assert due(stands(balance(1_000, charged=1_000)), is_governed=False) == [(80, True), (100, True)]


@pytest.mark.parametrize("state", ["none", "later"])
def test_where_there_is_no_budget_no_line_can_be_crossed(state: BudgetState) -> None:
    assert due(stands(replace(balance(0, charged=500), budget=state))) == []


def test_a_budget_of_nothing_is_crossed_by_any_spend() -> None:
    assert due(stands(balance(0, charged=500))) == [(100, False)]
    assert due(stands(balance(0))) == []
    assert due(stands(balance(-100, charged=500))) == [(100, False)]


def test_what_no_team_was_given_has_no_line_where_nothing_is_left_over() -> None:
    assert due(replace(stands(balance(0, charged=500)), team=ACME)) == []
