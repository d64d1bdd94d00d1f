"""The text that announces spend ahead: `launch 2 days from monday up to $500`."""

import calendar
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.alerting.expectations import Expectation
from bot.money import parse_amount
from bot.periods import DAY_MICROS, HOUR_MICROS, MICROS, day_number, day_start, micros, zone
from bot.refusals import Refusal

MAX_WHAT_CHARACTERS = 60
MAX_DAYS_LONG, MAX_DAYS_AHEAD = 31, 90

_UNITS = {"h": HOUR_MICROS, "d": DAY_MICROS, "w": 7 * DAY_MICROS}
_LONG = r"(?P<count>\d{1,4}|an?|one|two|three)\s*(?P<unit>h|hours?|hrs?|d|days?|w|weeks?)"
_FROM, _UP_TO = r"(?:\s+from\s+(?P<{}>\S+(?:\s+\S+)?))?", r"(?:\s+up\s+to\s+(?P<{}>(?:(?!\sfrom\s).)+?))?"
_TYPED = re.compile(
    rf"(?P<what>\S.*?)\s+(?:for\s+)?{_LONG}"
    + rf"(?:{_FROM.format('from_first')}{_UP_TO.format('amount_last')}"
    + rf"|{_UP_TO.format('amount_first')}{_FROM.format('from_last')})",
    re.IGNORECASE,
)
_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}
_DAYS = [name.casefold() for name in calendar.day_name]
_MONTHS = [name.casefold() for name in calendar.month_abbr]


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """Announced spend: its name, its start and end in microseconds, and its limit above the usual, None for no limit."""

    what: str
    from_at: int
    until_at: int
    limit_nanos: int | None


_SAME_MICROS = 300 * MICROS
"""Slack may repeat a signed request within this time."""


def is_repeated_announcement(announced: Announcement, known: Expectation, *, at: int) -> bool:
    """Whether an announcement repeats a known one that was made within five minutes and that nobody ended."""
    if known.alert_id is not None or known.until_at is None or known.ended_at is not None:
        return False
    same = (announced.what, announced.limit_nanos, announced.until_at - announced.from_at)
    moved = abs(announced.from_at - known.from_at)
    is_same = same == (known.what, known.limit_nanos, known.until_at - known.from_at) and moved <= _SAME_MICROS
    return is_same and abs(at - known.made_at) <= _SAME_MICROS


def parse_announcement(text: str, *, now: datetime, zone_name: str, command: str) -> Announcement:
    """Parses the text of an announcement. Raises Refusal with an example of what to type."""
    example = f"Write it like `{command} expect launch 2 days from monday up to $500`."
    found = _TYPED.fullmatch(" ".join(text.split()))
    if found is None:
        raise Refusal(f"Say what to expect and for how long; from when and up to how much may follow. {example}")
    what = found["what"]
    if len(what) > MAX_WHAT_CHARACTERS:
        raise Refusal(f"Say what to expect in at most {MAX_WHAT_CHARACTERS} characters. {example}")
    count = _WORDS.get(found["count"].casefold()) or (int(found["count"]) if found["count"].isdigit() else 0)
    long = count * _UNITS[found["unit"][0].casefold()]
    if not 0 < long <= MAX_DAYS_LONG * DAY_MICROS:
        raise Refusal(f"For how long? At least 1 hour, and at most {MAX_DAYS_LONG} days. {example}")
    typed = found["from_first"] or found["from_last"]
    from_at = micros(now) if typed is None else _parse_start(typed, now=now, zone_name=zone_name, example=example)
    amount = found["amount_last"] or found["amount_first"]
    limit = None if amount is None else _parse_limit(amount, example=example)
    return Announcement(what=what, from_at=from_at, until_at=from_at + long, limit_nanos=limit)


def _parse_limit(typed: str, *, example: str) -> int:
    try:
        return parse_amount(typed)
    except Refusal as refusal:
        raise Refusal(f"Up to how much? {refusal.sentence} {example}") from refusal


def _parse_start(typed: str, *, now: datetime, zone_name: str, example: str) -> int:
    """Returns the start of the typed day, or now for today."""
    today = now.astimezone(zone(zone_name)).date()
    day = _parse_day(typed.casefold(), today)
    if day is None:
        raise Refusal(f"From when? Write today, tomorrow, a weekday, or a date like 2026-12-01 or 1 Dec. {example}")
    if day < today:
        raise Refusal(f"{day} is past. Spend is announced ahead; a spike that was planned has a button of its own.")
    if day > today + timedelta(days=MAX_DAYS_AHEAD):
        raise Refusal(f"{day} is more than {MAX_DAYS_AHEAD} days ahead. Announce it nearer to then.")
    return micros(now) if day == today else micros(day_start(day_number(day), zone_name).astimezone(UTC))


def _parse_day(typed: str, today: date) -> date | None:
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
