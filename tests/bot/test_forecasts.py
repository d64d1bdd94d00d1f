"""Burn rate, run-out and the period's end, by hand-made weeks."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forecasts import Forecast, ahead_of_pace, burn_rate, forecast
from bot.ledger import Balance
from bot.money import NANOS
from bot.periods import day_number, period_of
from tests.bot.acme import balance

NOVEMBER = period_of(day_number(date(2026, 11, 1)))
FIRST = NOVEMBER.first_day


def days(*dollars: int, until: int) -> dict[int, int]:
    """Dollars a day, the last of them on `until`."""
    return {until - at: amount * NANOS for at, amount in enumerate(reversed(dollars))}


def test_the_burn_rate_is_the_mean_of_the_last_seven_complete_days() -> None:
    today = FIRST + 20
    spent = days(999, 10, 20, 30, 40, 50, 0, 60, 5_000, until=today)

    assert burn_rate(spent, today=today, first_day=FIRST) == 30 * NANOS


def test_a_day_without_usage_counts_as_a_day() -> None:
    today = FIRST + 20

    assert burn_rate({today - 1: 70 * NANOS}, today=today, first_day=FIRST) == 10 * NANOS


def test_a_young_team_is_measured_since_its_first_usage() -> None:
    today = FIRST + 3

    assert burn_rate(days(30, 60, 90, 7, until=today), today=today, first_day=FIRST) == 60 * NANOS


def test_the_first_day_of_all_stands_for_itself_and_no_usage_for_nothing() -> None:
    assert burn_rate({FIRST: 5 * NANOS}, today=FIRST, first_day=FIRST) == 5 * NANOS
    assert burn_rate({}, today=FIRST, first_day=None) == 0


def told(stands: Balance, *, today: int, dollars: int, so_far: int = 0) -> Forecast:
    """The forecast of a team that burns so many dollars a day, with so many used today."""
    spent = dict.fromkeys(range(today - 7, today), dollars * NANOS) | {today: so_far * NANOS}
    return forecast(stands, spent_by_day=spent, today=today, period=NOVEMBER, first_day=FIRST - 30)


def test_the_end_is_what_is_charged_with_the_burn_rate_carried_on() -> None:
    """On the 21st 10 of 100 are used: 90 come today, 100 on each of the nine days after it."""
    found = told(balance(5_000, charged=2_010), today=FIRST + 20, dollars=100, so_far=10)

    assert found == Forecast(burn_nanos_per_day=100 * NANOS, run_out_day=None, end_nanos=(2_010 + 90 + 900) * NANOS)


def test_a_day_dearer_than_usual_is_not_taken_back() -> None:
    found = told(balance(5_000, charged=2_400), today=FIRST + 20, dollars=100, so_far=400)

    assert found.end_nanos == (2_400 + 900) * NANOS


@pytest.mark.parametrize(
    ("available", "so_far", "after_days"),
    [
        (0, 0, 0),
        (-50, 0, 0),
        (100, 0, 0),  # the rest of today takes it all
        (101, 0, 1),
        (199, 0, 1),
        (200, 0, 2),
        (200, 100, 3),
        (899, 0, 8),
        (999, 0, 9),  # the last day of the period
        (1_000, 0, None),
        (10_000, 0, None),
    ],
)
def test_the_run_out_is_the_day_on_which_available_reaches_zero(
    available: int, so_far: int, after_days: int | None
) -> None:
    today = FIRST + 20

    found = told(balance(2_000 + available, charged=2_000), today=today, dollars=100, so_far=so_far)

    assert found.run_out_day == (None if after_days is None else today + after_days)


def test_what_is_held_runs_out_sooner() -> None:
    today = FIRST + 20

    assert told(balance(3_000, charged=2_000), today=today, dollars=100).run_out_day is None
    assert told(balance(3_000, charged=2_000, held=500), today=today, dollars=100).run_out_day == today + 5


def test_a_team_that_uses_nothing_never_runs_out_and_ends_where_it_is() -> None:
    found = told(balance(1_000, charged=400), today=FIRST + 20, dollars=0)

    assert found == Forecast(burn_nanos_per_day=0, run_out_day=None, end_nanos=400 * NANOS)


def test_on_the_last_day_only_the_rest_of_today_is_ahead() -> None:
    found = told(balance(5_000, charged=2_950), today=NOVEMBER.end_day - 1, dollars=100, so_far=40)

    assert found.end_nanos == (2_950 + 60) * NANOS


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(0, 2_000), st.integers(0, 29), st.integers(0, 300))
def test_a_forecast_never_goes_back_and_runs_out_within_the_period(
    allocated: int, charged: int, held: int, past_days: int, dollars: int
) -> None:
    found = told(balance(allocated, charged, held), today=FIRST + past_days, dollars=dollars)

    assert found.end_nanos >= charged * NANOS
    assert found.run_out_day is None or FIRST + past_days <= found.run_out_day < NOVEMBER.end_day
    if found.run_out_day is None:
        assert found.end_nanos <= (allocated - held) * NANOS


@pytest.mark.parametrize(
    ("charged", "day", "is_ahead"),
    [(100, 1, False), (101, 1, True), (1_500, 15, False), (1_501, 15, True), (3_000, 30, False), (3_001, 30, True)],
)
def test_ahead_of_pace_compares_shares_with_today_counted_whole(charged: int, day: int, is_ahead: bool) -> None:
    """3,000 for the 30 days of November are 100 a day."""
    assert ahead_of_pace(balance(3_000, charged=charged), today=FIRST + day - 1, period=NOVEMBER) is is_ahead
