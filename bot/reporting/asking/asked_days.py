"""The days that an asked span means for a team, as a span to compute figures of."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from bot.periods import Calendar, Period, PeriodKind, date_of, day_number, monday_of, period_of, week_of
from bot.refusals import Refusal
from bot.reporting.asking.asked_spans import MONTH, MONTHS, WEEKDAY, WEEKDAYS, AskedSpan
from bot.reporting.spans import Span, SpanKind, days_span, span_of, week_span

MOST_DAYS = 750
"""The longest span that is answered: two years and some days."""


@dataclass(frozen=True, kw_only=True)
class AskedDays:
    """A span, with the budget period that has its days, if one has."""

    span: Span
    period: Period | None = None


@dataclass(frozen=True, kw_only=True)
class Days:
    """The days of a team: its today, its budget period now, the calendar of periods, and its zone."""

    today: int
    period: Period
    calendar: Calendar
    zone: str

    def span(self, kind: SpanKind) -> AskedDays:
        """Returns a span that follows the team's today."""
        found = span_of(kind, today=self.today, period=self.period, calendar=self.calendar, zone=self.zone)
        return AskedDays(span=found, period=self._budget(found.first_day, found.name))

    def _budget(self, first_day: int, name: str) -> Period | None:
        """Returns the budget period with this name that begins on a day; None if budgets have other periods."""
        if not name or first_day > self.today:
            return None
        found = self.calendar.period_of(first_day)
        return found if (found.name, found.first_day) == (name, first_day) else None

    def named(self, period: Period, kinds: Calendar) -> AskedDays:
        """Returns a month, quarter or year by its name, up to today if it still runs."""
        if period.first_day <= self.today < period.end_day:
            if kinds == self.calendar:
                return self.span("period")
            if kinds.kind == "month":
                return self.span("month")
        before = kinds.before(period)
        end = min(period.end_day, self.today + 1)
        is_running = end < period.end_day
        length = end - period.first_day
        span = Span(
            kind="days",
            first_day=period.first_day,
            end_day=end,
            before_day=before.first_day,
            before_end=min(before.first_day + length, before.end_day) if is_running else before.end_day,
            zone=self.zone,
            name="" if is_running else period.name,
            before_name=before.name,
        )
        return AskedDays(span=span, period=self._budget(period.first_day, period.name))

    def fixed(self, first_day: int, end_day: int) -> AskedDays:
        return AskedDays(span=days_span(first_day, end_day, zone=self.zone))


def days_asked(asked: AskedSpan, days: Days) -> AskedDays:
    """Returns the span that somebody asks for. Raises Refusal for days that are still to come, that are in no calendar, or
    that are too many."""
    first, end = _bounds(asked, days)
    if first > days.today:
        raise Refusal(f"“{asked.typed}” has not begun yet. Nothing is spent in it so far.")
    if end <= first:
        raise Refusal(f"“{asked.typed}” ends before it begins. Write the first day first.")
    if end - first > MOST_DAYS:
        raise Refusal(f"“{asked.typed}” is more than two years. Ask for fewer days.")
    return _span(asked, days, first, end)


_FOLLOWING: dict[tuple[str, str], SpanKind] = {
    ("this", "week"): "this_week",
    ("last", "week"): "last_week",
    ("this", "month"): "month",
    ("last", "month"): "last_month",
    ("this", "period"): "period",
    ("last", "period"): "last_period",
}
_ROLLING: dict[int, SpanKind] = {7: "7d", 30: "30d"}


def _span(asked: AskedSpan, days: Days, first: int, end: int) -> AskedDays:
    unit = "period" if asked.unit == days.calendar.kind else asked.unit
    kind = "today" if asked.kind == "today" else _FOLLOWING.get((asked.kind, unit))
    if asked.kind == "days":
        kind = _ROLLING.get(asked.count)
    if kind is not None:
        return days.span(kind)
    kinds = _kinds(asked, days.calendar)
    if kinds is not None:
        return days.named(kinds.period_of(first), kinds)
    monday, following = week_of(first)
    if asked.is_week and (first, end) == (monday, following):
        return AskedDays(span=week_span(monday, zone=days.zone))
    return days.fixed(first, end)


def _bounds(asked: AskedSpan, days: Days) -> tuple[int, int]:
    """Returns the first day, and the first day after the last one; what still runs ends with today."""
    today = days.today
    if asked.kind in ("today", "yesterday"):
        day = today - (asked.kind == "yesterday")
        return day, day + 1
    if asked.kind == "days":
        return today - asked.count, today
    if asked.kind == "weekday":
        day = _weekday(asked.name, today)
        return day, day + 1
    if asked.kind == "between":
        last = _day(asked.end_name, today) if asked.end_name else today
        return _day(asked.name, today), min(last, today) + 1
    if asked.kind == "months":
        return _months_back(min(asked.count, 36), today), period_of(today).first_day
    return _named_bounds(asked, days)


def _named_bounds(asked: AskedSpan, days: Days) -> tuple[int, int]:
    today = days.today
    if asked.unit == "week" and asked.kind != "named":
        monday, following = week_of(today if asked.kind == "this" else today - 7)
        return monday, min(following, today + 1)
    if asked.is_week:
        monday = _iso_week(asked, today)
        return monday, max(monday, min(monday + 7, today + 1))
    kinds = _kinds(asked, days.calendar)
    if kinds is None:
        day = _day(asked.name, today)
        return day, day + 1
    if asked.kind != "named":
        period = kinds.period_of(today)
        period = period if asked.kind == "this" else kinds.before(period)
    else:
        period = _period(asked, kinds, today)
    return period.first_day, max(period.first_day + 1, min(period.end_day, today + 1))


def _kinds(asked: AskedSpan, calendar: Calendar) -> Calendar | None:
    """Returns the calendar of an asked month, quarter, year or period; None for other spans. Months are those of the wall
    calendar, unless budgets have months of their own."""
    kind: PeriodKind | None = None
    if asked.kind in ("this", "last"):
        if asked.unit in ("period", calendar.kind):
            return calendar
        kind = "month" if asked.unit == "month" else "quarter" if asked.unit == "quarter" else "year"
    elif asked.kind == "named" and not asked.is_week:
        if re.search(r"q[1-4]", asked.name):
            kind = "quarter"
        elif re.fullmatch(r"(?:fy)?\d{4}", asked.name):
            kind = "year"
        elif _MONTH_NAME.fullmatch(asked.name):
            kind = "month"
    if kind is None or kind == calendar.kind:
        return None if kind is None else calendar
    return Calendar(kind=kind) if kind == "month" else Calendar(kind=kind, starts=calendar.starts)


_MONTH_NAME = re.compile(
    rf"(?:last )?(?P<first>{MONTH})(?:,? \d{{4}})?|\d{{4}} (?P<last>{MONTH})|\d{{4}}-(?P<number>\d\d)"
)


def _period(asked: AskedSpan, kinds: Calendar, today: int) -> Period:
    """Returns the month, quarter or year of a name; without a year, the latest that has begun. Raises Refusal if no calendar
    has it."""
    text, year = asked.name, re.search(r"\d{4}", asked.name)
    fiscal = "" if kinds.starts == (1, 1) or kinds.kind == "month" else "FY"
    quarter, month = re.search(r"q([1-4])", text), _MONTH_NAME.fullmatch(text)
    try:
        if quarter is not None and year is not None:
            return kinds.named(f"{fiscal}{year[0]}-Q{quarter[1]}")
        if quarter is not None:
            period = kinds.period_of(today)
            while not period.name.endswith(f"Q{quarter[1]}"):
                period = kinds.before(period)
            return period
        if month is None:
            return kinds.named(f"{fiscal}{text.removeprefix('fy')}")
        number = int(month["number"]) if month["number"] else _month_number(month["first"] or month["last"])
        if year is not None:
            return kinds.named(f"{int(year[0]):04d}-{number:02d}")
        period = kinds.period_of(today)
        if text.startswith("last "):
            period = kinds.before(period)
        while not period.name.endswith(f"-{number:02d}"):
            period = kinds.before(period)
        return period
    except ValueError as error:
        raise Refusal(f"“{asked.typed}” is in no calendar. Write a period like {kinds.examples}.") from error


def _iso_week(asked: AskedSpan, today: int) -> int:
    """Returns the Monday of an ISO week; without a year, of the latest that has begun. Raises Refusal if there is none."""
    found = re.fullmatch(r"(?:(\d{4})-?)?(?:week |w)(\d{1,2})", asked.name)
    assert found is not None, "only such names are of weeks"
    now = date_of(today).isocalendar().year
    for year in (int(found[1]),) if found[1] else (now, now - 1):
        with suppress(ValueError):
            monday = monday_of(f"{year:04d}-W{int(found[2]):02d}")
            if found[1] or monday <= today:
                return monday
    raise Refusal(f"“{asked.typed}” is in no calendar. Write a week like 2026-W47.")


def _months_back(count: int, today: int) -> int:
    first = period_of(today).first_day
    for _ in range(count):
        first = period_of(first - 1).first_day
    return first


def _month_number(word: str) -> int:
    return next(number for number, name in enumerate(MONTHS) if number and name.startswith(word[:3]))


def _weekday(word: str, today: int) -> int:
    """Returns the latest such day, today included."""
    number = next(n for n, name in enumerate(WEEKDAYS) if name.startswith(word[:3]))
    return today - (date_of(today).weekday() - number) % 7


def _day(text: str, today: int) -> int:
    """Returns the day that a text names; without a year, the latest such day. Raises Refusal if there is none."""
    if text in ("today", "yesterday"):
        return today - (text == "yesterday")
    if re.fullmatch(WEEKDAY, text):
        return _weekday(text, today)
    with suppress(ValueError, StopIteration):
        if found := re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)", text):
            return day_number(date(int(found[1]), int(found[2]), int(found[3])))
        words = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b| of\b|,", "", text).split()
        month = next(_month_number(word) for word in words if re.fullmatch(MONTH, word))
        numbers = [int(word) for word in words if word.isdigit()]
        if len(numbers) == 2:
            year = max(numbers, key=lambda number: number > 31)
            return day_number(date(year, month, numbers[0] if numbers[1] == year else numbers[1]))
        return _latest(numbers[0], month, today)
    raise Refusal(f"“{text}” is in no calendar. Write a day like 20 Nov or 2026-11-20.")


def _latest(day: int, month: int, today: int) -> int:
    """Returns the latest such day up to today. 29 February is eight years back at most. Raises ValueError if no year has
    it."""
    now = date_of(today)
    for year in range(now.year, now.year - 9, -1):
        with suppress(ValueError):
            if (found := date(year, month, day)) <= now:
                return day_number(found)
    raise ValueError("no year has this day")
