"""Days and times as people type them: `friday`, `next week`, `end of month`, `in 3 days`, `31 dec`, `tomorrow 5pm`."""

import calendar
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import NamedTuple

_DAYS = [name.casefold() for name in calendar.day_name]
_MONTHS = [name.casefold() for name in calendar.month_abbr]
_FULL_MONTHS = [name.casefold() for name in calendar.month_name]
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_COUNT = r"(?P<count>\d{1,3}|" + "|".join(_COUNTS) + ")"
_WEEKDAY = "(?P<weekday>" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _DAYS) + ")"
_UNIT = r"(?P<unit>week|month|quarter|year)"
_TIME = re.compile(
    r"(?:(?P<before>.*\S) )?(?P<time>noon|midnight|(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?"
    r" ?(?P<half>[ap]m|[ap]\.m\.?)|(?P<hour24>\d{1,2}):(?P<minute24>\d\d))",
    re.ASCII,
)
MOST_WORDS = 6
"""The longest day has this many words: `the end of the next week`."""


class TypedDay(NamedTuple):
    """A day that somebody typed. `minute` counts from midnight, if they gave a time. A `vague` one may mean another day too,
    such as `next friday`, so a person confirms it."""

    day: date
    minute: int | None = None
    is_vague: bool = False


def parse_day(text: str, today: date) -> date | None:
    """Returns the day that a text names, None if it names none, or none for sure. A weekday is the next one, today included;
    a date without a year is the next such day."""
    found = read_day(text, today)
    return None if found is None or found.is_vague or found.minute is not None else found.day


def read_day(text: str, today: date, *, is_end: bool = False) -> TypedDay | None:
    """Returns the day that a text names, with its time if it has one. `is_end` is set for the last day of something."""
    typed = " ".join(text.casefold().replace(",", " ").split()).rstrip(".?")
    timed = _TIME.fullmatch(typed)
    if timed is None:
        return _read(typed, today, is_end)
    minute = _minute(timed)
    before = re.sub(r"(?:^| )(?:at|by|@)$", "", timed["before"] or "").strip() or "today"
    day = None if minute is None else _read(before, today, is_end)
    return None if day is None else day._replace(minute=minute)


def _minute(timed: re.Match[str]) -> int | None:
    """Returns the minute of a typed time; None if clocks never show it."""
    if timed["time"] in ("noon", "midnight"):
        return 720 if timed["time"] == "noon" else 0
    if timed["half"]:
        hour, minute = int(timed["hour"]), int(timed["minute"] or 0)
        if not 1 <= hour <= 12 or minute > 59:
            return None
        return hour % 12 * 60 + minute + (720 if timed["half"].startswith("p") else 0)
    hour, minute = int(timed["hour24"]), int(timed["minute24"])
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def _read(typed: str, today: date, is_end: bool) -> TypedDay | None:
    for pattern, read in _READERS:
        found = pattern.fullmatch(typed)
        if found is not None:
            with suppress(ValueError, OverflowError):
                if (day := read(found, today, is_end)) is not None:
                    return day
    return None


def _near(found: re.Match[str], today: date, is_end: bool) -> TypedDay:
    ahead = {"tomorrow": 1, "day after tomorrow": 2}
    return TypedDay(today + timedelta(days=ahead.get(found[0].removeprefix("the "), 0)))


def _weekday(found: re.Match[str], today: date, is_end: bool) -> TypedDay:
    """Returns the coming weekday, or the one of next week. Some say `next friday` of the coming one."""
    number = next(n for n, name in enumerate(_DAYS) if name.startswith(found["weekday"]))
    if found["which"] == "next" or found.groupdict().get("week"):
        monday = today + timedelta(days=7 - today.weekday())
        return TypedDay(monday + timedelta(days=number), is_vague=found["which"] == "next")
    return TypedDay(today + timedelta(days=(number - today.weekday()) % 7))


def _ahead(found: re.Match[str], today: date, is_end: bool) -> TypedDay:
    count = _COUNTS.get(found["count"]) or int(found["count"])
    if found["unit"].startswith("month"):
        return TypedDay(_months_later(today, count))
    return TypedDay(today + timedelta(days=count * (7 if found["unit"].startswith("week") else 1)))


def _months_later(day: date, count: int) -> date:
    month = day.year * 12 + day.month - 1 + count
    last = calendar.monthrange(month // 12, month % 12 + 1)[1]
    return date(month // 12, month % 12 + 1, min(day.day, last))


def _next(found: re.Match[str], today: date, is_end: bool) -> TypedDay:
    """Returns the first day of the next week, month or year, or a day that its end may mean."""
    first = _last_day(found["unit"], today) + timedelta(days=1)
    if not is_end:
        return TypedDay(first)
    last = _last_day(found["unit"], first)
    return TypedDay(last - timedelta(days=2) if found["unit"] == "week" else last, is_vague=True)


def _end(found: re.Match[str], today: date, is_end: bool) -> TypedDay:
    last = _last_day(found["unit"], today)
    return TypedDay(_last_day(found["unit"], last + timedelta(days=1)) if found["which"] == "next" else last)


def _short_end(found: re.Match[str], today: date, is_end: bool) -> TypedDay:
    units = {"w": "week", "m": "month", "q": "quarter", "y": "year"}
    return TypedDay(_last_day(units[found[0][-1]], today))


def _end_of_month(found: re.Match[str], today: date, is_end: bool) -> TypedDay:
    month = _month(found["month"])
    year = int(found["year"]) if found["year"] else today.year + (month < today.month)
    return TypedDay(date(year, month, calendar.monthrange(year, month)[1]))


def _last_day(unit: str, day: date) -> date:
    if unit == "week":
        return day + timedelta(days=6 - day.weekday())
    month = {"month": day.month, "quarter": (day.month + 2) // 3 * 3, "year": 12}[unit]
    return date(day.year, month, calendar.monthrange(day.year, month)[1])


def _numeric(found: re.Match[str], today: date, is_end: bool) -> TypedDay:
    return TypedDay(date.fromisoformat(found[0]))


def _day_and_month(found: re.Match[str], today: date, is_end: bool) -> TypedDay | None:
    """Returns the next day that `1 dec` or `dec 1` names, or that of the year in it."""
    month, day = _month(found["month"]), int(found["day"])
    if found["year"]:
        return TypedDay(date(int(found["year"]), month, day))
    coming = _coming(today, month, day)
    return None if coming is None else TypedDay(coming)


def _day_of_month(found: re.Match[str], today: date, is_end: bool) -> TypedDay | None:
    """Returns the next day that `the 15th` names."""
    number = int(found["day"])
    for ahead in range(13):
        first = _months_later(today.replace(day=1), ahead)
        with suppress(ValueError):
            if (day := first.replace(day=number)) >= today:
                return TypedDay(day)
    return None


def _month(word: str) -> int:
    """Returns the number of a month. Raises ValueError if there is none of that name."""
    if word not in _MONTHS and word not in _FULL_MONTHS and word != "sept":
        raise ValueError("no month has this name")
    return _MONTHS.index(word[:3])


def _coming(today: date, month: int, day: int) -> date | None:
    """Returns the next such day from today on, None if no year has it. 29 February comes after eight years at most."""
    for year in range(today.year, today.year + 9):
        with suppress(ValueError):
            if (found := date(year, month, day)) >= today:
                return found
    return None


_TH = r"(?:st|nd|rd|th)?"
_Reader = Callable[[re.Match[str], date, bool], TypedDay | None]
_READERS: Sequence[tuple[re.Pattern[str], _Reader]] = [
    (re.compile(pattern, re.ASCII), read)
    for pattern, read in (
        (r"today|now|tonight|tomorrow|(?:the )?day after tomorrow", _near),
        (rf"(?:(?P<which>this|next|coming|on) )?{_WEEKDAY}", _weekday),
        (rf"(?P<which>){_WEEKDAY} (?:of )?(?P<week>next week)", _weekday),
        (rf"in {_COUNT} (?P<unit>days?|weeks?|months?)", _ahead),
        (rf"{_COUNT} (?P<unit>days?|weeks?|months?) (?:from now|from today)", _ahead),
        (rf"next {_UNIT}", _next),
        (rf"(?:the )?end of (?:the )?(?:(?P<which>this|next) )?{_UNIT}", _end),
        (rf"(?P<which>){_UNIT}(?:'s)? end", _end),
        (r"eo[wmqy]", _short_end),
        (r"(?:the )?end of (?P<month>[a-z]{3,9})(?: (?P<year>\d{4}))?", _end_of_month),
        (r"\d{4}-\d\d-\d\d", _numeric),
        (rf"(?:the )?(?P<day>\d{{1,2}}){_TH} (?:of )?(?P<month>[a-z]{{3,9}})(?: (?P<year>\d{{4}}))?", _day_and_month),
        (rf"(?P<month>[a-z]{{3,9}}) (?:the )?(?P<day>\d{{1,2}}){_TH}(?: (?P<year>\d{{4}}))?", _day_and_month),
        (r"(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)", _day_of_month),
    )
]
