"""Days, weeks and budget periods by each zone's calendar."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.periods import (
    Calendar,
    PeriodKind,
    date_of,
    day_number,
    day_start,
    day_text,
    hour_of,
    local_day,
    micros,
    moment,
    monday_of,
    period_of,
    short_day_text,
    week_name,
    week_of,
)

ZONES = ("UTC", "Europe/London", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Chatham", "Australia/Lord_Howe")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds are naive


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        micros(datetime(2026, 11, 1))  # noqa: DTZ001 -- that is the point


def test_a_moment_is_the_same_in_whatever_zone_it_was_written() -> None:
    written = datetime(2026, 11, 1, 5, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    assert micros(written) == micros(datetime(2026, 11, 1, tzinfo=UTC))
    assert hour_of(micros(written)) * 3600 == int(written.timestamp())


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_local_day_is_what_the_zones_own_calendar_shows(when: datetime, zone_name: str) -> None:
    assert moment(micros(when)) == when
    assert date_of(local_day(micros(when), zone_name)) == when.astimezone(ZoneInfo(zone_name)).date()


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_day_starts_at_its_first_moment(when: datetime, zone_name: str) -> None:
    today = local_day(micros(when), zone_name)
    start = micros(day_start(today, zone_name))

    assert local_day(start, zone_name) == today
    assert local_day(start - 1, zone_name) == today - 1


@pytest.mark.parametrize(
    ("at", "zone_name", "expected"),
    [
        ("2026-10-31T18:29:59", "Asia/Kolkata", "2026-10-31"),
        ("2026-10-31T18:30:00", "Asia/Kolkata", "2026-11-01"),
        ("2026-11-01T06:59:59", "America/Los_Angeles", "2026-10-31"),
        ("2026-11-01T07:00:00", "America/Los_Angeles", "2026-11-01"),
    ],
)
def test_a_month_begins_on_a_half_hour_in_kolkata_and_seven_hours_late_in_los_angeles(
    at: str, zone_name: str, expected: str
) -> None:
    assert local_day(micros(datetime.fromisoformat(at).replace(tzinfo=UTC)), zone_name) == day(expected)


@pytest.mark.parametrize(
    ("of", "kind", "name", "first", "end"),
    [
        ("2026-11-30", "month", "2026-11", "2026-11-01", "2026-12-01"),
        ("2026-12-31", "month", "2026-12", "2026-12-01", "2027-01-01"),
        ("2028-02-29", "month", "2028-02", "2028-02-01", "2028-03-01"),
        ("2026-01-01", "quarter", "2026-Q1", "2026-01-01", "2026-04-01"),
        ("2026-12-31", "quarter", "2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-12-31", "year", "2026", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_day_belongs_to_its_period(of: str, kind: PeriodKind, name: str, first: str, end: str) -> None:
    period = period_of(day(of), kind)

    assert (period.name, period.first_day, period.end_day) == (name, day(first), day(end))


@pytest.mark.parametrize("kind", ["month", "quarter", "year"])
def test_periods_follow_each_other_without_a_gap(kind: PeriodKind) -> None:
    period = period_of(day("2023-01-01"), kind)
    for _ in range(40):
        after = Calendar(kind=kind).next(period)

        assert after.first_day == period.end_day
        assert period_of(period.end_day - 1, kind) == period
        period = after


@given(st.integers(min_value=day("1999-01-01"), max_value=day("2050-01-01")))
def test_a_week_is_the_isos_and_its_name_leads_back_to_its_monday(today: int) -> None:
    monday, next_monday = week_of(today)

    assert date_of(monday).weekday() == 0
    assert next_monday - monday == 7
    assert monday <= today < next_monday
    assert monday_of(week_name(monday)) == monday


def test_the_iso_year_is_not_always_the_calendars() -> None:
    assert week_name(week_of(day("2027-01-01"))[0]) == "2026-W53"
    assert week_name(day("2026-11-16")) == "2026-W47"


@pytest.mark.parametrize("text", ["", "2026", "2026-47", "2026-W60", "W47", "2026-W47-1"])
def test_an_invalid_week_name_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        monday_of(text)


def test_people_read_days_without_a_year() -> None:
    assert day_text(day("2026-11-23")) == "Mon 23 Nov"
    assert short_day_text(day("2026-11-03")) == "3 Nov"
