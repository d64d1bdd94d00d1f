"""The days that typed spans mean: which they are, what they are compared with, and how both are called."""

from datetime import date

import pytest

from bot.periods import Calendar, day_number
from bot.reporting.asking.asked_days import AskedDays, Days, days_asked
from bot.reporting.asking.asked_spans import read_span
from bot.views.wording import before_words, in_span_words


def asked(typed: str, *, today: date, calendar: Calendar | None = None) -> AskedDays:
    calendar, now = calendar or Calendar(), day_number(today)
    span = read_span(typed)
    assert span is not None
    return days_asked(span, Days(today=now, period=calendar.period_of(now), calendar=calendar, zone="UTC"))


@pytest.mark.parametrize(
    ("typed", "calendar", "before"),
    [
        ("this quarter", Calendar(), "the same days of Q3 2026"),
        ("q4", Calendar(), "the same days of Q3 2026"),
        ("ytd", Calendar(), "the same days of 2025"),
        ("this year", Calendar(kind="quarter", starts=(4, 1)), "the same days of FY2026"),
        ("last quarter", Calendar(), "Q2 2026"),
        ("since 1 nov", Calendar(), "the 30 days before"),
    ],
)
def test_a_running_quarter_or_year_is_compared_with_the_same_days_and_says_so(
    typed: str, calendar: Calendar, before: str
) -> None:
    assert before_words(asked(typed, today=date(2026, 11, 30), calendar=calendar).span) == before


@pytest.mark.parametrize(
    ("typed", "first", "end", "words"),
    [
        ("this month", date(2026, 10, 15), date(2026, 11, 15), "in October 2026 so far"),
        ("october", date(2026, 10, 15), date(2026, 11, 15), "in October 2026 so far"),
        ("last month", date(2026, 9, 15), date(2026, 10, 15), "in September 2026"),
        ("september", date(2026, 9, 15), date(2026, 10, 15), "in September 2026"),
        ("november", date(2025, 11, 15), date(2025, 12, 15), "in November 2025"),
        ("last november", date(2025, 11, 15), date(2025, 12, 15), "in November 2025"),
        ("last october", date(2025, 10, 15), date(2025, 11, 15), "in October 2025"),
    ],
)
def test_months_of_budgets_that_begin_later_are_the_same_however_they_are_asked_for(
    typed: str, first: date, end: date, words: str
) -> None:
    span = asked(typed, today=date(2026, 11, 10), calendar=Calendar(kind="month", starts=(1, 15))).span

    assert (span.first_day, span.end_day) == (day_number(first), day_number(end))
    assert in_span_words(span) == words
