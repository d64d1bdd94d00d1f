"""Spans: their days and the days they are compared with, at any day of the calendar."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.periods import Calendar, date_of, day_number, period_of
from bot.reporting.spans import Span, SpanKind, days_span, month_span, span_of, week_span

ROLLING: tuple[SpanKind, ...] = ("today", "7d", "30d", "this_week", "last_week", "month", "last_month")


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def span(kind: SpanKind, today: str | int, calendar: Calendar | None = None) -> Span:
    now, used = today if isinstance(today, int) else day(today), calendar or Calendar()
    return span_of(kind, today=now, period=used.period_of(now), calendar=used, zone="Europe/London")


def dates(of: Span) -> tuple[str, ...]:
    """The first and last day, and the first and last compared one."""
    ends = (of.first_day, of.end_day - 1, of.before_day, of.before_end - 1)
    return tuple(date_of(at).isoformat() for at in ends)


@pytest.mark.parametrize(
    ("kind", "today", "expected"),
    [
        ("today", "2026-11-23", ("2026-11-23", "2026-11-23", "2026-11-22", "2026-11-22")),
        ("7d", "2026-11-23", ("2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15")),
        ("30d", "2026-11-23", ("2026-10-24", "2026-11-22", "2026-09-24", "2026-10-23")),
        ("this_week", "2026-11-25", ("2026-11-23", "2026-11-25", "2026-11-16", "2026-11-18")),
        ("last_week", "2026-11-23", ("2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15")),
        ("last_week", "2026-11-22", ("2026-11-09", "2026-11-15", "2026-11-02", "2026-11-08")),
        ("week", "2026-11-23", ("2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15")),
        ("month", "2026-11-23", ("2026-11-01", "2026-11-30", "2026-10-01", "2026-10-23")),
        ("month", "2026-11-01", ("2026-11-01", "2026-11-30", "2026-10-01", "2026-10-01")),
        ("month", "2026-03-31", ("2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28")),
        ("month", "2027-01-15", ("2027-01-01", "2027-01-31", "2026-12-01", "2026-12-15")),
        ("last_month", "2026-11-23", ("2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30")),
    ],
)
def test_a_spans_days_and_those_before(kind: SpanKind, today: str, expected: tuple[str, ...]) -> None:
    assert dates(span(kind, today)) == expected


def test_budget_periods_follow_the_companys_calendar_and_months_do_not() -> None:
    fiscal = Calendar(kind="quarter", starts=(2, 1))
    found = span("period", "2026-11-23", fiscal)

    assert dates(found) == ("2026-11-01", "2027-01-31", "2026-08-01", "2026-08-23")
    assert (found.name, found.before_name) == ("FY2027-Q4", "FY2027-Q3")
    assert dates(span("last_period", "2026-11-23", fiscal)) == ("2026-08-01", "2026-10-31", "2026-05-01", "2026-07-31")
    assert span("month", "2026-11-23", fiscal).name == "2026-11"


@given(st.integers(day("2024-01-01"), day("2030-12-31")), st.sampled_from(ROLLING))
def test_the_days_before_end_before_the_span_and_are_never_more(today: int, kind: SpanKind) -> None:
    found = span(kind, today)

    assert found.before_day < found.before_end <= found.first_day < found.end_day
    assert kind == "last_month" or found.before_end - found.before_day <= found.days
    assert found.is_open == (found.first_day <= today < found.end_day)


def test_given_days_and_weeks_are_the_same_in_every_zone() -> None:
    assert week_span(day("2026-11-16"), zone="UTC").is_fixed
    assert days_span(day("2026-11-16"), day("2026-11-19"), zone="UTC").before_day == day("2026-11-13")
    assert not span("last_week", "2026-11-23").is_fixed
    with pytest.raises(ValueError, match="at least one day"):
        days_span(5, 5, zone="UTC")
    with pytest.raises(ValueError, match="days_span"):
        span("days", "2026-11-23")


def test_a_whole_month_is_compared_with_the_one_before() -> None:
    october = month_span(day("2026-10-09"), zone="UTC")

    assert dates(october) == ("2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30")
    assert october.name == period_of(day("2026-10-09")).name
