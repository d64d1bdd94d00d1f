"""The text that announces spend ahead: `launch 2 days from monday up to $500`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.alerting.expectations import Expectation
from bot.books.typed_days import parse_day
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
    day = parse_day(typed, today)
    if day is None:
        raise Refusal(f"From when? Write today, tomorrow, a weekday, or a date like 2026-12-01 or 1 Dec. {example}")
    if day < today:
        raise Refusal(f"{day} is past. Spend is announced ahead; a spike that was planned has a button of its own.")
    if day > today + timedelta(days=MAX_DAYS_AHEAD):
        raise Refusal(f"{day} is more than {MAX_DAYS_AHEAD} days ahead. Announce it nearer to then.")
    return micros(now) if day == today else micros(day_start(day_number(day), zone_name).astimezone(UTC))
