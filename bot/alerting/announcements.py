"""The text that announces spend ahead: `launch 2 days from monday up to $500`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.alerting.expectations import Expectation
from bot.books.typed_days import read_day
from bot.money import parse_amount
from bot.periods import (
    DAY_MICROS,
    HOUR_MICROS,
    MICROS,
    date_of,
    day_number,
    day_start,
    day_text,
    local_day,
    long_day_text,
    micros,
    zone,
)
from bot.refusals import Refusal

MAX_WHAT_CHARACTERS = 60
MAX_DAYS_LONG, MAX_DAYS_AHEAD = 31, 90

_UNITS = {"h": HOUR_MICROS, "d": DAY_MICROS, "w": 7 * DAY_MICROS}
_LONG = r"(?P<count>\d{1,4}|an?|one|two|three)\s*(?P<unit>h|hours?|hrs?|d|days?|w|weeks?)"
_LENGTH = re.compile(rf"(?:(?P<what>\S.*?)\s+)?(?:for\s+)?{_LONG}", re.IGNORECASE)
_CLAUSE = re.compile(r"(?P<head>.*\S)\s+(?P<word>from|until|till|through|up\s+to)\s+(?P<said>\S.*)", re.IGNORECASE)
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


@dataclass(frozen=True, kw_only=True)
class AnnouncementDraft:
    """What is understood of a typed announcement: its first and last day, and the limit as it was typed."""

    what: str
    first_day: int
    last_day: int
    limit: str


class UnclearAnnouncement(Refusal):
    """A typed announcement that is not understood as a whole; a form shows what is, with a note of what is not."""

    def __init__(self, note: str, draft: AnnouncementDraft, *, example: str) -> None:
        super().__init__(f"{note} {example}".strip())
        self.note = note
        self.draft = draft


def parse_announcement(text: str, *, now: datetime, zone_name: str, command: str) -> Announcement:
    """Parses `launch 2 days from monday up to $500`, or `launch until friday`. Raises UnclearAnnouncement with an example."""
    typed = " ".join(text.replace("\x00", "").split())
    what, clauses = _clauses(typed)
    length = _LENGTH.fullmatch(what)
    if length is not None:
        what = length["what"] or ""
    today = day_number(now.astimezone(zone(zone_name)).date())
    faults: list[str] = []
    from_at, first_day = _start(clauses.get("from"), now=now, today=today, zone_name=zone_name, faults=faults)
    until_at = _end(length, clauses.get("until"), from_at, first_day=first_day, zone_name=zone_name, faults=faults)
    limit = _limit(clauses.get("up to"), faults)
    if not what or (length is None and "until" not in clauses):
        faults.insert(0, "Say what to expect and for how long; from when and up to how much may follow.")
    elif len(what) > MAX_WHAT_CHARACTERS:
        faults.insert(0, f"Say what to expect in at most {MAX_WHAT_CHARACTERS} characters.")
    if faults:
        last_day = max(first_day, local_day(until_at - 1, zone_name))
        draft = AnnouncementDraft(
            what=what[:MAX_WHAT_CHARACTERS],
            first_day=first_day,
            last_day=min(last_day, first_day + MAX_DAYS_LONG - 1),
            limit=clauses.get("up to", "")[:40],
        )
        example = f"Write it like `{command} expect launch 2 days from monday up to $500`."
        raise UnclearAnnouncement(faults[0], draft, example=example)
    return Announcement(what=what, from_at=from_at, until_at=until_at, limit_nanos=limit)


def announce_days(
    *, what: str, first_day: int, last_day: int, limit_nanos: int | None, now: datetime, zone_name: str
) -> Announcement:
    """Returns the announcement of whole days, as a form has them. Raises Refusal for days that can't be."""
    today = day_number(now.astimezone(zone(zone_name)).date())
    if first_day < today:
        raise Refusal(_past_words(first_day))
    if first_day > today + MAX_DAYS_AHEAD:
        raise Refusal(_too_far_words(first_day))
    if not first_day <= last_day < first_day + MAX_DAYS_LONG:
        raise Refusal(f"The last day is before the first, or more than {MAX_DAYS_LONG} days later. Choose another one.")
    return Announcement(
        what=what,
        from_at=max(micros(now), micros(day_start(first_day, zone_name))),
        until_at=micros(day_start(last_day + 1, zone_name)),
        limit_nanos=limit_nanos,
    )


def _clauses(text: str) -> tuple[str, dict[str, str]]:
    """Returns what was typed before the clauses, and what follows `from`, `until` and `up to`, read from the end. A name may
    have such a word: what does not read as a day or an amount may be part of it, unless it ends the text."""
    found: dict[str, str] = {}
    while (clause := _CLAUSE.fullmatch(text)) is not None:
        word = " ".join(clause["word"].casefold().split())
        key = "until" if word in ("till", "through") else word
        is_day = key != "up to" and read_day(clause["said"], _ANY_DAY) is not None
        is_name = not is_day and (_LENGTH.fullmatch(clause["said"]) or (found and key == "from"))
        if key in found or is_name:
            break
        found[key], text = clause["said"], clause["head"]
    return text, found


_ANY_DAY = date(2026, 1, 1)


def _start(typed: str | None, *, now: datetime, today: int, zone_name: str, faults: list[str]) -> tuple[int, int]:
    """Returns the start, and its day: of the typed day or moment, or now for today."""
    if typed is None:
        return micros(now), today
    found = read_day(typed, date_of(today))
    if found is None:
        faults.append("From when? Write a day like tomorrow, monday, next week, in 3 days, 1 Dec or 2026-12-01.")
        return micros(now), today
    day = day_number(found.day)
    if day < today:
        faults.append(_past_words(day))
        return micros(now), today
    if day > today + MAX_DAYS_AHEAD:
        faults.append(_too_far_words(day))
        return micros(now), today
    if found.is_vague:
        faults.append(f"Does it begin on {day_text(day)}?")
    begins = _moment(day, found.minute or 0, zone_name)
    return max(begins, micros(now)), day


def _end(
    length: re.Match[str] | None,
    until: str | None,
    from_at: int,
    *,
    first_day: int,
    zone_name: str,
    faults: list[str],
) -> int:
    """Returns the end: after the typed length, or with the typed day or at its time."""
    if until is not None:
        found = read_day(until, date_of(first_day), is_end=True)
        if found is None or length is not None:
            faults.append("Until when? Write a day like friday, end of month, in 3 days, 1 Dec or 2026-12-01.")
            return from_at + DAY_MICROS
        day = day_number(found.day)
        end = _moment(day + 1, 0, zone_name) if found.minute is None else _moment(day, found.minute, zone_name)
        if end <= from_at:
            faults.append(f"{long_day_text(day)} is past. Spend is announced ahead.")
        elif end > from_at + MAX_DAYS_LONG * DAY_MICROS:
            faults.append(f"For how long? At least 1 hour, and at most {MAX_DAYS_LONG} days.")
        elif found.is_vague:
            faults.append(f"Is {day_text(day)} the last day?")
        return min(max(end, from_at + HOUR_MICROS), from_at + MAX_DAYS_LONG * DAY_MICROS)
    if length is None:
        return from_at + DAY_MICROS
    count = _WORDS.get(length["count"].casefold()) or (int(length["count"]) if length["count"].isdigit() else 0)
    long = count * _UNITS[length["unit"][0].casefold()]
    if not 0 < long <= MAX_DAYS_LONG * DAY_MICROS:
        faults.append(f"For how long? At least 1 hour, and at most {MAX_DAYS_LONG} days.")
        return from_at + DAY_MICROS
    return from_at + long


def _moment(day: int, minute: int, zone_name: str) -> int:
    midnight = day_start(day, zone_name).astimezone(zone(zone_name))
    return micros(midnight.replace(hour=minute // 60, minute=minute % 60).astimezone(UTC))


def _limit(typed: str | None, faults: list[str]) -> int | None:
    if typed is None:
        return None
    try:
        return parse_amount(typed)
    except Refusal as refusal:
        faults.append(f"Up to how much? {refusal.sentence}")
        return None


def _past_words(day: int) -> str:
    return f"{long_day_text(day)} is past. Spend is announced ahead; a spike that was planned has a button of its own."


def _too_far_words(day: int) -> str:
    return f"{long_day_text(day)} is more than {MAX_DAYS_AHEAD} days ahead. Announce it nearer to then."
