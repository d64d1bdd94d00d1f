"""Burn rate, run-out and the period's end, by hand-made weeks."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.forecasts import Forecast, ahead_of_pace, burn_rate, forecast, forecast_run_out
from bot.books.ledger import Balance
from bot.money import NANOS
from bot.periods import date_of, day_number, period_of
from tests.bot.acme import balance

NOVEMBER = period_of(day_number(date(2026, 11, 1)))
FIRST = NOVEMBER.first_day


def days(*dollars: int, until: int) -> dict[int, int]:
    """Returns dollars per day, the last of them on `until`."""
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
    assert burn_rate({}, today=FIRST, first_day=FIRST) == 0
    assert burn_rate({FIRST: 5 * NANOS, FIRST + 1: NANOS}, today=FIRST + 1, first_day=FIRST) == 5 * NANOS
    assert burn_rate({}, today=FIRST + 1, first_day=FIRST) == 0


def forecast_of(stands: Balance, *, today: int, dollars: int, so_far: int = 0) -> Forecast:
    """Returns the forecast for a burn rate in dollars per day and today's spend."""
    spent = dict.fromkeys(range(today - 7, today), dollars * NANOS) | {today: so_far * NANOS}
    return forecast(stands, spent_by_day=spent, today=today, period=NOVEMBER, first_day=FIRST - 30)


def test_the_end_is_what_is_charged_with_the_burn_rate_carried_on() -> None:
    """On the 21st 10 of 100 are spent: 90 more today, and 100 on each of the nine days after it."""
    result = forecast_of(balance(5_000, charged=2_010), today=FIRST + 20, dollars=100, so_far=10)

    assert result == Forecast(burn_nanos_per_day=100 * NANOS, run_out_day=None, end_nanos=(2_010 + 90 + 900) * NANOS)


def test_a_day_dearer_than_usual_is_not_taken_back() -> None:
    result = forecast_of(balance(5_000, charged=2_400), today=FIRST + 20, dollars=100, so_far=400)

    assert result.end_nanos == (2_400 + 900) * NANOS


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

    result = forecast_of(balance(2_000 + available, charged=2_000), today=today, dollars=100, so_far=so_far)

    assert result.run_out_day == (None if after_days is None else today + after_days)


def test_a_hold_brings_the_run_out_forward() -> None:
    today = FIRST + 20

    assert forecast_of(balance(3_000, charged=2_000), today=today, dollars=100).run_out_day is None
    assert forecast_of(balance(3_000, charged=2_000, held=500), today=today, dollars=100).run_out_day == today + 5


def test_a_team_that_uses_nothing_never_runs_out_and_ends_where_it_is() -> None:
    result = forecast_of(balance(1_000, charged=400), today=FIRST + 20, dollars=0)

    assert result == Forecast(burn_nanos_per_day=0, run_out_day=None, end_nanos=400 * NANOS)


@pytest.mark.parametrize(
    ("available", "nanos_a_day", "after_days"),
    [(0, 0, 0), (-1, 0, 0), (1, 0, None), (1, 1, 0), (2, 1, 2), (1, 2, 0)],
)
def test_the_run_out_is_exact_to_the_nano_dollar(available: int, nanos_a_day: int, after_days: int | None) -> None:
    today = FIRST + 20
    stands = Balance(allocated_nanos=available, charged_nanos=0, held_nanos=0)
    spent = dict.fromkeys(range(today - 7, today), nanos_a_day)
    result = forecast(stands, spent_by_day=spent, today=today, period=NOVEMBER, first_day=FIRST)

    assert result.run_out_day == (None if after_days is None else today + after_days)
    assert result.end_nanos == nanos_a_day * 10


def test_corrections_burn_nothing_and_usage_after_the_period_changes_nothing_of_its_end() -> None:
    today = FIRST + 20
    taken_back = dict.fromkeys(range(today - 7, today), -NANOS)
    stands = balance(100, charged=40)

    assert forecast(stands, spent_by_day=taken_back, today=today, period=NOVEMBER, first_day=FIRST) == Forecast(
        burn_nanos_per_day=0, run_out_day=None, end_nanos=40 * NANOS
    )
    assert forecast_of(stands, today=NOVEMBER.end_day + 3, dollars=10, so_far=10).end_nanos == 40 * NANOS


def test_on_the_last_day_only_the_rest_of_today_is_ahead() -> None:
    result = forecast_of(balance(5_000, charged=2_950), today=NOVEMBER.end_day - 1, dollars=100, so_far=40)

    assert result.end_nanos == (2_950 + 60) * NANOS


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(0, 2_000), st.integers(0, 29), st.integers(0, 300))
def test_a_forecast_never_goes_back_and_runs_out_within_the_period(
    allocated: int, charged: int, held: int, past_days: int, dollars: int
) -> None:
    result = forecast_of(balance(allocated, charged, held), today=FIRST + past_days, dollars=dollars)

    assert result.end_nanos >= charged * NANOS
    assert result.run_out_day is None or FIRST + past_days <= result.run_out_day < NOVEMBER.end_day
    if result.run_out_day is None:
        assert result.end_nanos <= (allocated - held) * NANOS


@pytest.mark.parametrize(
    ("charged", "day", "is_ahead"),
    [(100, 1, False), (101, 1, True), (1_500, 15, False), (1_501, 15, True), (3_000, 30, False), (3_001, 30, True)],
)
def test_ahead_of_pace_compares_shares_with_today_counted_whole(charged: int, day: int, is_ahead: bool) -> None:
    """A budget of 3,000 for the 30 days of November is 100 per day."""
    assert ahead_of_pace(balance(3_000, charged=charged), today=FIRST + day - 1, period=NOVEMBER) is is_ahead


def month(*, weekday: int, weekend: int, days_before: int, until: int, noise: int = 0, seed: int = 1) -> dict[int, int]:
    """Returns spend per day before a day, with different working days and weekends."""
    dice = random.Random(seed)
    return {
        day: round((weekend if (day + 3) % 7 >= 5 else weekday) * NANOS * (1 + noise * dice.uniform(-1, 1) / 100))
        for day in range(until - days_before, until)
    }


def test_a_run_out_follows_the_weekdays_and_not_their_mean() -> None:
    """On Thursday 19 November 290 of 1,000 are left: 100 on Thursday and on Friday, nothing on the weekend, so Monday."""
    today = FIRST + 18
    result = forecast_run_out(
        balance(1_000, charged=710),
        spent_by_day=month(weekday=100, weekend=0, days_before=28, until=today),
        today=today,
        period=NOVEMBER,
    )

    assert result is not None
    assert date_of(result.middle_day or 0) == date(2026, 11, 23)
    assert result.chance > 0.95
    assert result.early_day is not None
    assert result.late_day is not None
    assert result.early_day <= (result.middle_day or 0) <= result.late_day


def test_one_extraordinary_day_forecasts_nothing_and_a_new_level_does() -> None:
    today = FIRST + 18
    usual = month(weekday=20, weekend=20, days_before=28, until=today)
    one_day = {**usual, today - 3: 900 * NANOS}
    new_level = {**usual, **dict.fromkeys(range(today - 4, today), 80 * NANOS)}
    left = balance(1_000, charged=600)

    result = forecast_run_out(left, spent_by_day=one_day, today=today, period=NOVEMBER)
    risen = forecast_run_out(left, spent_by_day=new_level, today=today, period=NOVEMBER)

    assert result is not None
    assert risen is not None
    assert result.chance < 0.5
    assert risen.chance > result.chance + 0.3


@pytest.mark.parametrize(("days_known", "is_forecast"), [(0, False), (6, False), (7, True), (28, True)])
def test_nothing_is_forecast_before_a_week_is_known(days_known: int, is_forecast: bool) -> None:
    today = FIRST + 18
    spent = month(weekday=100, weekend=100, days_before=days_known, until=today) | {today: 5 * NANOS}

    assert (
        forecast_run_out(balance(1_000, charged=700), spent_by_day=spent, today=today, period=NOVEMBER) is not None
    ) is is_forecast


def test_where_nothing_is_left_or_the_clock_is_past_the_period_nothing_is_forecast() -> None:
    today = FIRST + 18
    spent = month(weekday=100, weekend=100, days_before=28, until=today)

    assert forecast_run_out(balance(1_000, charged=1_000), spent_by_day=spent, today=today, period=NOVEMBER) is None
    after = NOVEMBER.end_day
    assert forecast_run_out(balance(1_000, charged=500), spent_by_day=spent, today=after, period=NOVEMBER) is None


def test_a_team_that_stopped_spending_is_not_expected_to_run_out() -> None:
    today = FIRST + 18
    spent = {today - 30: 500 * NANOS}
    result = forecast_run_out(balance(1_000, charged=900), spent_by_day=spent, today=today, period=NOVEMBER)

    assert result is not None
    assert (result.chance, result.middle_day) == (0.0, None)


@given(st.integers(1, 5_000), st.integers(0, 29), st.lists(st.integers(-50, 500), min_size=28, max_size=28))
def test_dates_come_in_order_within_the_period_and_more_left_is_never_less_safe(
    left: int, past_days: int, costs: list[int]
) -> None:
    today = FIRST + past_days
    spent = days(*costs, until=today - 1)
    result = forecast_run_out(balance(left), spent_by_day=spent, today=today, period=NOVEMBER)
    richer = forecast_run_out(balance(left + 500), spent_by_day=spent, today=today, period=NOVEMBER)

    if result is None or richer is None:
        assert min((day for day, nanos in spent.items() if nanos > 0), default=today) > today - 7
        return
    known = [day for day in (result.early_day, result.middle_day, result.late_day) if day is not None]
    assert known == sorted(known)
    assert all(today <= day < NOVEMBER.end_day for day in known)
    assert 0 <= richer.chance <= result.chance <= 1
