"""Days as people type them: `today`, `friday`, `2026-12-01`, `1 Dec`."""

import calendar
import re
from contextlib import suppress
from datetime import date, timedelta

_DAYS = [name.casefold() for name in calendar.day_name]
_MONTHS = [name.casefold() for name in calendar.month_abbr]


def parse_day(text: str, today: date) -> date | None:
    """Returns the day that a text names, None if it names none. A weekday is the next one, today included; a date without
    a year is the next such day."""
    typed = text.casefold().strip()
    if typed in ("today", "now", "tomorrow"):
        return today + timedelta(days=typed == "tomorrow")
    for number, name in enumerate(_DAYS):
        if typed in (name, name[:3]):
            return today + timedelta(days=(number - today.weekday()) % 7)
    try:
        return (
            date.fromisoformat(typed) if re.fullmatch(r"\d{4}-\d\d-\d\d", typed) else _parse_day_and_month(typed, today)
        )
    except ValueError:
        return None


def _parse_day_and_month(typed: str, today: date) -> date | None:
    """Returns the next day that `1 dec` or `dec 1` names."""
    words = re.fullmatch(
        r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)? (?P<month>[a-z]+)|(?P<named>[a-z]+) (?P<number>\d{1,2}))", typed
    )
    if words is None:
        return None
    month = (words["month"] or words["named"])[:3]
    if month not in _MONTHS[1:]:
        return None
    return _coming(today, _MONTHS.index(month), int(words["day"] or words["number"]))


def _coming(today: date, month: int, day: int) -> date | None:
    """Returns the next such day from today on, None if no year has it. 29 February comes after eight years at most."""
    for year in range(today.year, today.year + 9):
        with suppress(ValueError):
            if (found := date(year, month, day)) >= today:
                return found
    return None
