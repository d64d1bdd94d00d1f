"""Spans: the days that a figure covers and the days that it is compared with, in a team's zone."""

from dataclasses import dataclass
from typing import Literal

from bot.periods import Calendar, Period, period_of, week_of

SpanKind = Literal[
    "today",
    "7d",
    "30d",
    "this_week",
    "week",
    "last_week",
    "month",
    "last_month",
    "period",
    "last_period",
    "days",
]
_ROLLING_DAYS: dict[SpanKind, int] = {"7d": 7, "30d": 30}
_OPEN: frozenset[SpanKind] = frozenset({"today", "this_week", "month", "period"})
_FIXED: frozenset[SpanKind] = frozenset({"week", "days"})


@dataclass(frozen=True, kw_only=True)
class Span:
    """The local days [first_day, end_day) of a zone, compared with [before_day, before_end).

    A month or period so far has all its days: what a sender dates ahead counts as well. `name` and `before_name` are those
    of months and budget periods, such as `2026-11`. One that still runs, other than these of a kind, has `before_name` alone.
    """

    kind: SpanKind
    first_day: int
    end_day: int
    before_day: int
    before_end: int
    zone: str
    name: str = ""
    before_name: str = ""

    @property
    def days(self) -> int:
        return self.end_day - self.first_day

    @property
    def is_open(self) -> bool:
        """Returns whether the span includes today, so that it still grows."""
        return self.kind in _OPEN

    @property
    def is_fixed(self) -> bool:
        """Returns whether the span has the same days in every zone. Other spans follow each team's own today."""
        return self.kind in _FIXED


def span_of(kind: SpanKind, *, today: int, period: Period, calendar: Calendar, zone: str) -> Span:
    """Returns the span of a kind as of a local day.

    `7d` and `30d` are full days, so they end before today. `week` and `last_week` are the last closed Monday to Sunday.
    A month or period so far includes today and is compared with the same days of the one before, or with all of it if
    that is shorter.
    """
    if kind in _ROLLING_DAYS:
        first = today - _ROLLING_DAYS[kind]
        return _compared(kind, first, today, before_day=first - _ROLLING_DAYS[kind], zone=zone)
    if kind == "today":
        return _compared(kind, today, today + 1, before_day=today - 1, zone=zone)
    monday, _ = week_of(today)
    if kind == "this_week":
        days = today + 1 - monday
        return Span(
            kind=kind,
            first_day=monday,
            end_day=today + 1,
            before_day=monday - 7,
            before_end=monday - 7 + days,
            zone=zone,
        )
    if kind in ("week", "last_week"):
        return _compared(kind, monday - 7, monday, before_day=monday - 14, zone=zone)
    if kind == "days":
        raise ValueError("a span of given days comes from days_span")
    calendar = calendar if kind in ("period", "last_period") else Calendar()
    now = period if kind in ("period", "last_period") else period_of(today)
    last = calendar.before(now)
    if kind in ("period", "month"):
        return _so_far(kind, now, last, today=today, zone=zone)
    earlier = calendar.before(last)
    return Span(
        kind=kind,
        first_day=last.first_day,
        end_day=last.end_day,
        before_day=earlier.first_day,
        before_end=earlier.end_day,
        zone=zone,
        name=last.name,
        before_name=earlier.name,
    )


def week_span(monday: int, *, zone: str) -> Span:
    """Returns the closed week of a Monday, compared with the week before."""
    return _compared("week", monday, monday + 7, before_day=monday - 7, zone=zone)


def days_span(first_day: int, end_day: int, *, zone: str) -> Span:
    """Returns given days, compared with as many before them."""
    if end_day <= first_day:
        raise ValueError("a span has at least one day")
    return _compared("days", first_day, end_day, before_day=2 * first_day - end_day, zone=zone)


def month_span(day: int, *, zone: str) -> Span:
    """Returns the whole calendar month of a day that is over, compared with the month before."""
    month = period_of(day)
    before = period_of(month.first_day - 1)
    return Span(
        kind="days",
        first_day=month.first_day,
        end_day=month.end_day,
        before_day=before.first_day,
        before_end=before.end_day,
        zone=zone,
        name=month.name,
        before_name=before.name,
    )


def _so_far(kind: SpanKind, now: Period, last: Period, *, today: int, zone: str) -> Span:
    gone = min(today + 1, now.end_day) - now.first_day
    return Span(
        kind=kind,
        first_day=now.first_day,
        end_day=now.end_day,
        before_day=last.first_day,
        before_end=min(last.first_day + gone, last.end_day),
        zone=zone,
        name=now.name,
        before_name=last.name,
    )


def _compared(kind: SpanKind, first_day: int, end_day: int, *, before_day: int, zone: str) -> Span:
    """Returns a span that is compared with the days from `before_day` up to its first day."""
    return Span(kind=kind, first_day=first_day, end_day=end_day, before_day=before_day, before_end=first_day, zone=zone)
