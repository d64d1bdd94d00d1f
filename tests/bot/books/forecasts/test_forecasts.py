"""The usual day, the run-out and the period's end, by hand-made weeks."""

from datetime import UTC, date, datetime
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.books.forecasts import Forecast, SpendRate, ahead_of_pace, forecast, planned_by_day, share_of_day_left
from bot.books.ledger import Balance
from bot.money import NANOS
from bot.periods import HOUR_MICROS, date_of, day_number, day_start, micros, period_of
from tests.bot.acme import balance

NOVEMBER = period_of(day_number(date(2026, 11, 1)))
FIRST = NOVEMBER.first_day
TODAY = FIRST + 20
"""Saturday 21 November."""


def weeks(*, weekday: float, weekend: float, known: int = 28, until: int = TODAY) -> dict[int, int]:
    """Spend per day before a day, with different working days and weekends."""
    return {day: round((weekend if (day + 3) % 7 >= 5 else weekday) * NANOS) for day in range(until - known, until)}


def forecast_of(
    stands: Balance, *, dollars: float = 100, today: int = TODAY, day_left: float = 1.0, so_far: float = 0
) -> Forecast:
    """The forecast of a team that spent so many dollars on each of the last 28 days."""
    spent = weeks(weekday=dollars, weekend=dollars, until=today) | {today: round(so_far * NANOS)}
    return forecast(stands, spent_by_day=spent, today=today, period=NOVEMBER, day_left=day_left)


def test_the_end_is_what_is_charged_with_the_usual_days_ahead() -> None:
    """On the 21st nine days are ahead, and today's whole, half or last hour."""
    for day_left, ahead in ((1.0, 1_000), (0.5, 950), (1 / 24, 904.1666667), (0.0, 900)):
        found = forecast_of(balance(5_000, charged=2_010), day_left=day_left)
        assert found.end_nanos == pytest.approx((2_010 + ahead) * NANOS, abs=NANOS // 100)
        assert found.usual_nanos_per_day == 100 * NANOS


def test_four_hours_and_a_day_are_ahead_at_eight_on_the_last_evening_but_one() -> None:
    """$249 a day × 28 h is $290.50, whatever today costs so far."""
    at = micros(datetime(2026, 11, 29, 20, 0, tzinfo=UTC))
    today = FIRST + 28
    left = share_of_day_left(at, today=today, zone="UTC")
    for so_far in (0, 55, 400):
        found = forecast_of(balance(9_000, charged=5_171), dollars=249, today=today, day_left=left, so_far=so_far)
        assert found.end_nanos == pytest.approx(5_461.5 * NANOS, abs=NANOS // 100)


@pytest.mark.parametrize(
    ("day", "hour", "left"),
    [
        ("2026-03-29", 12, 11 / 23),
        ("2026-10-25", 12, 13 / 25 - 1 / 25),
        ("2026-06-01", 23, 0.0),
        ("2026-01-01", 0, 1.0),
    ],
)
def test_a_day_of_a_clock_change_has_23_or_25_hours(day: str, hour: int, left: float) -> None:
    """London at some hour of UTC: noon on the days of a change is 13:00 in summer and 12:00 in winter."""
    local = day_number(date.fromisoformat(day))
    at = micros(datetime.fromisoformat(f"{day}T{hour:02d}:00+00:00"))

    assert share_of_day_left(at, today=local, zone="Europe/London") == pytest.approx(left)


def test_moments_outside_the_day_leave_all_or_nothing_of_it() -> None:
    noon = micros(datetime(2026, 11, 21, 12, tzinfo=UTC))

    assert share_of_day_left(noon, today=TODAY + 1, zone="UTC") == 1.0
    assert share_of_day_left(noon, today=TODAY - 1, zone="UTC") == 0.0


@pytest.mark.parametrize(
    ("available", "day_left", "after_days"),
    [
        (0, 1, 0),
        (-50, 1, 0),
        (100, 1, 0),  # today takes it all
        (101, 1, 1),
        (100, 0.5, 1),
        (200, 1, 1),
        (201, 1, 2),
        (999, 1, 9),  # the last day of the period
        (1_000, 1, 9),
        (1_001, 1, None),
        (10_000, 1, None),
    ],
)
def test_the_run_out_is_the_day_on_which_available_reaches_zero(
    available: int, day_left: float, after_days: int | None
) -> None:
    found = forecast_of(balance(2_000 + available, charged=2_000), day_left=day_left)

    assert found.run_out_day == (None if after_days is None else TODAY + after_days)


def test_a_hold_brings_the_run_out_forward() -> None:
    assert forecast_of(balance(3_001, charged=2_000)).run_out_day is None
    assert forecast_of(balance(3_001, charged=2_000, held=500)).run_out_day == TODAY + 5


def test_a_team_that_uses_nothing_never_runs_out_and_ends_where_it_is() -> None:
    found = forecast_of(balance(1_000, charged=400), dollars=0)

    assert (found.usual_nanos_per_day, found.run_out_day, found.chance) == (0, None, 0.0)
    assert (found.low_nanos, found.end_nanos, found.high_nanos) == (400 * NANOS,) * 3


def test_a_budget_that_is_not_there_runs_out_never() -> None:
    spent = weeks(weekday=100, weekend=100)
    none = Balance(allocated_nanos=0, charged_nanos=500 * NANOS, held_nanos=0, budget="none")

    found = forecast(none, spent_by_day=spent, today=TODAY, period=NOVEMBER)
    assert (found.run_out_day, found.chance, found.early_day) == (None, 0.0, None)


def test_corrections_are_no_usage_and_nothing_lies_ahead_after_the_period() -> None:
    taken_back = dict.fromkeys(range(TODAY - 7, TODAY), -NANOS)
    stands = balance(100, charged=40)

    assert forecast(stands, spent_by_day=taken_back, today=TODAY, period=NOVEMBER).end_nanos == 40 * NANOS
    after = forecast_of(stands, today=NOVEMBER.end_day + 3, dollars=10, so_far=10)
    assert (after.end_nanos, after.low_nanos, after.high_nanos, after.chance) == (*(40 * NANOS,) * 3, 0.0)


def test_a_run_out_follows_the_weekdays_and_not_their_mean() -> None:
    """On Thursday 19 November 290 of 1,000 are left: 100 on Thursday and on Friday, nothing on the weekend, so Monday."""
    today = FIRST + 18
    found = forecast(
        balance(1_000, charged=710),
        spent_by_day=weeks(weekday=100, weekend=0, until=today),
        today=today,
        period=NOVEMBER,
    )

    assert date_of(found.run_out_day or 0) == date(2026, 11, 23)
    assert found.chance > 0.95
    assert found.early_day is not None
    assert found.late_day is not None
    assert found.early_day <= (found.run_out_day or 0) <= found.late_day
    assert found.weekday_nanos[5:] == (0, 0)
    assert found.usual_nanos_per_day == pytest.approx(500 / 7 * NANOS, rel=1e-6)


def test_one_extraordinary_day_forecasts_nothing_and_a_new_level_does() -> None:
    today = FIRST + 18
    usual = weeks(weekday=20, weekend=20, until=today)
    one_day = {**usual, today - 3: 900 * NANOS}
    new_level = {**usual, **dict.fromkeys(range(today - 4, today), 80 * NANOS)}
    left = balance(1_000, charged=600)

    result = forecast(left, spent_by_day=one_day, today=today, period=NOVEMBER)
    risen = forecast(left, spent_by_day=new_level, today=today, period=NOVEMBER)

    assert result.chance < 0.5
    assert risen.chance > result.chance + 0.2
    assert result.high_nanos > risen.high_nanos / 2, "such a day may come again, so the range is wide"


@pytest.mark.parametrize(("days_known", "is_known"), [(0, False), (6, False), (7, True), (28, True)])
def test_there_is_no_verdict_before_a_week_is_known(days_known: int, is_known: bool) -> None:
    spent = weeks(weekday=100, weekend=100, known=days_known) | {TODAY: 5 * NANOS}
    found = forecast(balance(1_000, charged=700), spent_by_day=spent, today=TODAY, period=NOVEMBER)

    assert (found.is_known, found.known_days, found.first_day) == (is_known, days_known, TODAY - days_known)
    assert (found.chance > 0) is is_known
    assert (found.low_nanos < found.end_nanos < found.high_nanos) is is_known
    assert found.is_expected_to_run_out == (is_known and found.run_out_day is not None)


def test_a_young_team_counts_the_mean_of_its_days_and_the_first_day_for_itself() -> None:
    young = {TODAY - 3: 30 * NANOS, TODAY - 2: 60 * NANOS, TODAY - 1: 90 * NANOS, TODAY: 7 * NANOS}
    first = {TODAY: 5 * NANOS}

    assert forecast(balance(1), spent_by_day=young, today=TODAY, period=NOVEMBER).usual_nanos_per_day == 60 * NANOS
    assert forecast(balance(1), spent_by_day=first, today=TODAY, period=NOVEMBER).usual_nanos_per_day == 5 * NANOS
    assert forecast(balance(1), spent_by_day={}, today=TODAY, period=NOVEMBER).usual_nanos_per_day == 0


def test_the_range_of_a_steady_team_grows_with_the_days_ahead() -> None:
    """A young team's is wider, and one with an outlier may rise by as much again."""

    def width(known: int = 28, today: int = TODAY, lump: int = 0) -> float:
        spent = weeks(weekday=100, weekend=100, known=known, until=today)
        spent[today - 2] += lump * NANOS
        found = forecast(balance(10_000), spent_by_day=spent, today=today, period=NOVEMBER)
        return found.high_nanos / found.low_nanos

    assert exp(0.2) < width() < exp(0.8)
    assert width() < width(today=FIRST + 1) < width(today=FIRST + 1, known=8)
    assert width(lump=2_800) > 1.5 * width()


def rate(dollars_an_hour: float, *, hour: int = 12) -> SpendRate:
    at = micros(day_start(TODAY, "Europe/London")) + hour * HOUR_MICROS
    return SpendRate(nanos_per_hour=round(dollars_an_hour * NANOS), at=at, zone="Europe/London")


@pytest.mark.parametrize(
    ("left", "an_hour", "hours"),
    [
        (5_000, 460, 5_000 / 460),  # at 22:52 today; at the usual pace it lasts
        (600, 460, 600 / 460),
        (90_000, 460, 90_000 / 460),
        (120_000, 460, None),  # after the period
        (5_000, 16.6, None),  # below four times the usual hour: no racing
        (700, 16.7, 700 / 16.7),
    ],
)
def test_a_racing_team_runs_out_at_the_pace_of_its_last_hours(left: int, an_hour: float, hours: float | None) -> None:
    spent = weeks(weekday=100, weekend=100)
    moment = rate(an_hour)
    found = forecast(
        balance(left + 2_000, charged=2_000), spent_by_day=spent, today=TODAY, period=NOVEMBER, rate=moment
    )
    run_out_at = found.pace.run_out_at if found.pace else None

    assert (found.pace is not None) is (an_hour > 16.6)
    if hours is None:
        assert run_out_at is None
    else:
        assert run_out_at == pytest.approx(moment.at + hours * HOUR_MICROS, abs=1_000_000)


def test_a_pace_says_nothing_of_a_budget_that_is_used_up_or_of_a_team_just_begun() -> None:
    spent = weeks(weekday=100, weekend=100)
    gone = forecast(balance(100, charged=100), spent_by_day=spent, today=TODAY, period=NOVEMBER, rate=rate(460))
    young = forecast(balance(900), spent_by_day={TODAY: 5 * NANOS}, today=TODAY, period=NOVEMBER, rate=rate(460))

    assert gone.pace is not None
    assert gone.pace.run_out_at is None
    assert young.pace is None


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(0, 2_000), st.integers(0, 29), st.integers(0, 300))
def test_a_forecast_never_goes_back_and_runs_out_within_the_period(
    allocated: int, charged: int, held: int, past_days: int, dollars: int
) -> None:
    found = forecast_of(balance(allocated, charged, held), today=FIRST + past_days, dollars=dollars)

    assert charged * NANOS <= found.low_nanos <= found.end_nanos <= found.high_nanos
    assert found.run_out_day is None or FIRST + past_days <= found.run_out_day < NOVEMBER.end_day
    assert (found.run_out_day is None) == (found.end_nanos < (allocated - held) * NANOS and charged + held < allocated)


@given(st.integers(1, 5_000), st.integers(0, 29), st.lists(st.integers(-50, 500), min_size=28, max_size=28))
def test_dates_come_in_order_within_the_period_and_more_left_is_never_less_safe(
    left: int, past_days: int, costs: list[int]
) -> None:
    today = FIRST + past_days
    spent = {today - 28 + at: cost * NANOS for at, cost in enumerate(costs)}
    found = forecast(balance(left), spent_by_day=spent, today=today, period=NOVEMBER)
    richer = forecast(balance(left + 500), spent_by_day=spent, today=today, period=NOVEMBER)

    if not found.is_known:
        assert min((day for day, nanos in spent.items() if nanos > 0), default=today) > today - 7
        return
    known = [day for day in (found.early_day, found.run_out_day, found.late_day) if day is not None]
    assert known == sorted(known)
    assert all(today <= day < NOVEMBER.end_day for day in known)
    assert 0 <= richer.chance <= found.chance <= 1
    assert (found.chance >= 0.5) == (found.run_out_day is not None)


@pytest.mark.parametrize(
    ("charged", "day", "is_ahead"),
    [(100, 1, False), (101, 1, True), (1_500, 15, False), (1_501, 15, True), (3_000, 30, False), (3_001, 30, True)],
)
def test_ahead_of_pace_compares_shares_with_today_counted_whole(charged: int, day: int, is_ahead: bool) -> None:
    """A budget of 3,000 for the 30 days of November is 100 per day."""
    assert ahead_of_pace(balance(3_000, charged=charged), today=FIRST + day - 1, period=NOVEMBER) is is_ahead


def test_a_team_on_plan_is_on_no_weekday_above_it() -> None:
    """2,100 for November's 21 working days: 100 on each of them, and nothing on weekends."""
    usual = (100 * NANOS,) * 5 + (0, 0)
    plan = planned_by_day(balance(2_100), period=NOVEMBER, weekday_nanos=usual)

    assert sum(plan.values()) == 2_100 * NANOS
    assert {nanos for day, nanos in plan.items() if (day + 3) % 7 < 5} == {100 * NANOS}
    charged = 0
    for day in range(FIRST, NOVEMBER.end_day):
        charged += 100 if (day + 3) % 7 < 5 else 0
        for more in (0, 1):
            stands = balance(2_100, charged=charged + more)
            assert ahead_of_pace(stands, today=day, period=NOVEMBER, weekday_nanos=usual) is bool(more)


@given(st.integers(0, 10**14), st.lists(st.integers(0, 10**12), min_size=7, max_size=7))
def test_the_plan_adds_up_to_the_budget(allocated: int, usual: list[int]) -> None:
    stands = Balance(allocated_nanos=allocated, charged_nanos=0, held_nanos=0)
    plan = planned_by_day(stands, period=NOVEMBER, weekday_nanos=usual)

    assert sum(plan.values()) == allocated
    assert min(plan.values()) >= 0
    assert list(plan) == list(range(FIRST, NOVEMBER.end_day))
