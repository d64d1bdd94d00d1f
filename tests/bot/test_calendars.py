"""Budget periods of a fiscal calendar: their names, their ends, and days in zones that change their clocks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.periods import Calendar, PeriodKind, date_of, day_number, day_start, local_day, micros, zone

FEBRUARY = (2, 1)
APRIL_SIX = (4, 6)
KINDS: tuple[PeriodKind, ...] = ("month", "quarter", "year")
starts = st.tuples(st.integers(1, 12), st.integers(1, 28))
days = st.integers(day_number(date(1999, 1, 1)), day_number(date(2060, 1, 1)))


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


@pytest.mark.parametrize(
    ("of", "calendar", "name", "first", "end"),
    [
        ("2026-11-30", Calendar(kind="month", starts=(1, 1)), "2026-11", "2026-11-01", "2026-12-01"),
        ("2026-12-31", Calendar(kind="quarter", starts=(1, 1)), "2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-12-31", Calendar(kind="year", starts=(1, 1)), "2026", "2026-01-01", "2027-01-01"),
        ("2026-11-30", Calendar(kind="month", starts=FEBRUARY), "2026-11", "2026-11-01", "2026-12-01"),
        ("2026-02-01", Calendar(kind="year", starts=FEBRUARY), "FY2027", "2026-02-01", "2027-02-01"),
        ("2027-01-31", Calendar(kind="year", starts=FEBRUARY), "FY2027", "2026-02-01", "2027-02-01"),
        ("2027-01-31", Calendar(kind="quarter", starts=FEBRUARY), "FY2027-Q4", "2026-11-01", "2027-02-01"),
        ("2027-02-01", Calendar(kind="quarter", starts=FEBRUARY), "FY2028-Q1", "2027-02-01", "2027-05-01"),
        ("2028-02-29", Calendar(kind="quarter", starts=FEBRUARY), "FY2029-Q1", "2028-02-01", "2028-05-01"),
        ("2028-02-29", Calendar(kind="month", starts=(3, 1)), "2028-02", "2028-02-01", "2028-03-01"),
        ("2028-02-29", Calendar(kind="year", starts=(3, 1)), "FY2028", "2027-03-01", "2028-03-01"),
        ("2027-04-05", Calendar(kind="year", starts=APRIL_SIX), "FY2027", "2026-04-06", "2027-04-06"),
        ("2027-04-06", Calendar(kind="year", starts=APRIL_SIX), "FY2028", "2027-04-06", "2028-04-06"),
        ("2027-04-05", Calendar(kind="month", starts=APRIL_SIX), "2027-03", "2027-03-06", "2027-04-06"),
        ("2027-01-05", Calendar(kind="month", starts=APRIL_SIX), "2026-12", "2026-12-06", "2027-01-06"),
        ("2027-01-05", Calendar(kind="quarter", starts=APRIL_SIX), "FY2027-Q3", "2026-10-06", "2027-01-06"),
        ("2027-01-14", Calendar(kind="year", starts=(1, 15)), "FY2027", "2026-01-15", "2027-01-15"),
        ("2028-02-29", Calendar(kind="month", starts=(1, 28)), "2028-02", "2028-02-28", "2028-03-28"),
    ],
)
def test_a_day_belongs_to_its_fiscal_period(of: str, calendar: Calendar, name: str, first: str, end: str) -> None:
    period = calendar.period_of(day(of))

    assert (period.name, period.first_day, period.end_day) == (name, day(first), day(end))
    assert calendar.named(name) == period


@given(starts, st.sampled_from(KINDS), days)
def test_periods_follow_each_other_without_a_gap_and_their_names_lead_back(
    begins: tuple[int, int], kind: PeriodKind, today: int
) -> None:
    calendar = Calendar(kind=kind, starts=begins)
    period = calendar.period_of(today)

    assert period.first_day <= today < period.end_day
    assert calendar.named(period.name) == period
    assert calendar.period_of(period.first_day) == calendar.period_of(period.end_day - 1) == period
    assert calendar.next(period).first_day == period.end_day
    assert calendar.before(period).end_day == period.first_day
    assert calendar.before(calendar.next(period)) == period
    assert len({period.name, calendar.next(period).name, calendar.before(period).name}) == 3


@given(starts, days)
def test_a_fiscal_year_is_four_quarters_and_a_quarter_is_three_months(begins: tuple[int, int], today: int) -> None:
    year, quarter, month = (Calendar(kind=kind, starts=begins) for kind in ("year", "quarter", "month"))
    whole = year.period_of(today)
    quarters = [quarter.period_of(whole.first_day)]
    while quarters[-1].end_day < whole.end_day:
        quarters.append(quarter.next(quarters[-1]))

    assert [q.name for q in quarters] == [f"{whole.name}-Q{n}" for n in (1, 2, 3, 4)]
    assert quarters[-1].end_day == whole.end_day
    for part in quarters:
        third = month.next(month.next(month.period_of(part.first_day)))
        assert third.end_day == part.end_day


@pytest.mark.parametrize(
    "name", ["", "2026-13", "2026-Q5", "2026-Q0", "FY2027-Q5", "FY2027-11", "FY", "26", "2026-1", "x"]
)
@pytest.mark.parametrize("begins", [(1, 1), FEBRUARY])
def test_another_name_is_an_error_that_says_how_periods_are_written(name: str, begins: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a period is written like 2026-11, "):
        Calendar(starts=begins).named(name)


def test_a_fiscal_name_means_nothing_in_a_calendar_that_starts_with_january() -> None:
    with pytest.raises(ValueError, match="2026-11, 2026-Q4 or 2026"):
        Calendar(kind="year").named("FY2027")


@pytest.mark.parametrize("begins", [(2, 29), (2, 30), (4, 31), (0, 1), (13, 1), (1, 0)])
def test_a_calendar_starts_on_a_day_that_every_month_has(begins: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="from the 1st to the 28th"):
        Calendar(starts=begins)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("begins", [(1, 1), FEBRUARY, (3, 1), APRIL_SIX])
@pytest.mark.parametrize("zone_name", ["Europe/London", "America/New_York", "Australia/Sydney", "Asia/Kathmandu"])
def test_a_period_is_half_open_in_the_zones_days_over_clock_changes_and_leap_days(
    zone_name: str, begins: tuple[int, int], kind: PeriodKind
) -> None:
    """The periods of five years, a leap year among them: a moment before midnight is still in the old one."""
    calendar = Calendar(kind=kind, starts=begins)
    period = calendar.period_of(day("2026-06-15"))
    while period.first_day < day("2031-06-15"):
        begin, end = (micros(day_start(edge, zone_name)) for edge in (period.first_day, period.end_day))
        hours = (end - begin) / 3_600_000_000
        shift = _offset(end, zone_name) - _offset(begin, zone_name)

        assert calendar.period_of(local_day(begin, zone_name)) == period
        assert calendar.period_of(local_day(begin - 1, zone_name)) == calendar.before(period)
        assert calendar.period_of(local_day(end - 1, zone_name)) == period
        assert calendar.period_of(local_day(end, zone_name)) == calendar.next(period)
        assert hours == period.days * 24 - shift / timedelta(hours=1)
        period = calendar.next(period)


def _offset(at: int, zone_name: str) -> timedelta:
    found = datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(zone(zone_name)).utcoffset()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("zone_name", "at", "today"),
    [
        ("Europe/London", "2027-03-28T00:59:59", "2027-03-28"),  # the clock goes from 1:00 to 2:00
        ("Europe/London", "2027-10-31T23:59:59", "2027-10-31"),  # the day has 25 hours; the month ends in winter time
        ("Europe/London", "2027-11-01T00:00:00", "2027-11-01"),
        ("America/New_York", "2026-11-01T03:59:59", "2026-10-31"),  # the month starts before the clock goes back
        ("America/New_York", "2026-11-01T04:00:00", "2026-11-01"),
        ("America/New_York", "2026-12-01T04:59:59", "2026-11-30"),
        ("Australia/Sydney", "2027-03-31T12:59:59", "2027-03-31"),  # summer time until 4 April
        ("Australia/Sydney", "2027-04-30T13:59:59", "2027-04-30"),
        ("Australia/Sydney", "2027-04-30T14:00:00", "2027-05-01"),
        ("Asia/Kathmandu", "2028-02-29T18:14:59", "2028-02-29"),  # 5:45 ahead, and no summer time
        ("Asia/Kathmandu", "2028-02-29T18:15:00", "2028-03-01"),
    ],
)
def test_a_moment_near_a_months_end_is_on_the_zones_own_day(zone_name: str, at: str, today: str) -> None:
    assert date_of(local_day(micros(datetime.fromisoformat(at).replace(tzinfo=UTC)), zone_name)) == date.fromisoformat(
        today
    )
