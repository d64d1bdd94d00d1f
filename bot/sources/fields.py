"""Checks of an event's fields, for all senders: names, moments, counts, money. Faults name the sender's own field."""

import math
import re
from datetime import datetime, timedelta
from typing import Any

from bot.money import NANOS, nanos_from_decimal
from bot.periods import MICROS, micros
from bot.refusals import SourceError
from bot.usage import MAX_COST_NANOS, MAX_NAME_CHARACTERS, MAX_TOKENS, Note

EARLIEST = 1_577_836_800 * MICROS  # 2020-01-01
MAX_AHEAD = timedelta(hours=24) // timedelta(microseconds=1)
_PLAIN_DOLLARS, _BESIDE_A_TIE = 1_000.0, 0.001
"""Below so many dollars a float's nano-dollars are off by less than 0.001, so only near a half do its digits decide."""
UNSTORABLE_FAULT = "holds a NUL character, half of a surrogate pair or invalid UTF-8, which can't be stored"
TIERS = frozenset({"batch", "flex", "priority", "fast", "provisioned"})
_OTHER_TIERS = {
    "batches": "batch",
    "on_demand_flex": "flex",
    "on_demand_priority": "priority",
    "provisioned_throughput": "provisioned",
    "scale": "provisioned",
}
"""Sellers' own words for tiers: Google's types of traffic, and OpenAI's units that are bought for a month."""
_PLACE = re.compile(r"[a-z0-9][a-z0-9 ._-]{0,62}")
_ANYWHERE = frozenset({"global", "default", "not_available", "none", "null", "unknown"})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def latest_at(now: datetime) -> int:
    """Returns the last accepted moment, in microseconds since 1970: 24 hours ahead."""
    return micros(now) + MAX_AHEAD


def name(field: str, value: str | None) -> str:
    """Returns a name, stripped; "" for none. Raises SourceError if it is too long or can't be stored."""
    if not value:
        return ""
    if len(value) > MAX_NAME_CHARACTERS:
        raise SourceError(f"{field} is longer than {MAX_NAME_CHARACTERS} characters")
    if (not value.isascii() or "\x00" in value) and _UNSTORABLE.search(value):
        raise SourceError(f"{field} {UNSTORABLE_FAULT}")
    return value.strip()


def storable(field: str, value: str | None) -> str:
    """Returns an id of any length. Raises SourceError if it can't be stored."""
    if value and (not value.isascii() or "\x00" in value) and _UNSTORABLE.search(value):
        raise SourceError(f"{field} {UNSTORABLE_FAULT}")
    return value or ""


def event_name(event_id: str) -> str:
    """Returns an id as people see it, cut to the limit; the event's key has all of it."""
    return event_id[:MAX_NAME_CHARACTERS].strip()


def moment_within(field: str, at: int, latest: int) -> int:
    """Returns a moment in microseconds since 1970. Raises SourceError if no call can have happened then."""
    if at < EARLIEST:
        raise SourceError(f"{field} is before 2020")
    if at > latest:
        raise SourceError(f"{field} is more than 24 hours ahead")
    return at


def moment_of(field: str, text: str | None, latest: int) -> int:
    """Returns a sender's RFC 3339 moment in microseconds since 1970. Raises SourceError that names the field."""
    if not text:
        raise SourceError(f"{field} is missing")
    if len(text) > 40:
        raise SourceError(f"{field} is not RFC 3339, like 2026-11-23T10:00:00Z")
    try:
        at = micros(datetime.fromisoformat(text if text[-1] != "z" and text[10:11] != "t" else text.upper()))
    except (ValueError, OverflowError) as error:
        raise SourceError(f"{field} is not RFC 3339 with its zone, like 2026-11-23T10:00:00Z") from error
    return moment_within(field, at, latest)


def count(field: str, value: int | None) -> int:
    """Returns a number of tokens; 0 for none. Raises SourceError if no call can have as many."""
    if not value:
        return 0
    if value < 0:
        raise SourceError(f"{field} is negative")
    if value > MAX_TOKENS:
        raise SourceError(f"{field} is over a hundred billion, more than one call can have")
    return value


def reported(field: str, dollars: float | int | str) -> int:
    """Returns a sender's reported cost of a call in nano-dollars. Raises SourceError if no call can cost that."""
    if type(dollars) is float and 0 <= dollars < _PLAIN_DOLLARS:
        above = dollars * NANOS + 0.5
        nanos = int(above)
        if _BESIDE_A_TIE < above - nanos < 1 - _BESIDE_A_TIE:
            return nanos
    if is_not_finite(dollars):
        raise SourceError(f"{field} is not a finite number")
    try:
        nanos = nanos_from_decimal(dollars.strip() if isinstance(dollars, str) else _spelled(dollars))
    except ValueError as error:
        raise SourceError(f"{field} {error}") from error
    if nanos < 0:
        raise SourceError(f"{field} is negative")
    if nanos > MAX_COST_NANOS:
        raise SourceError(f"{field} is over ten million dollars, more than one call can cost")
    return nanos


def is_not_finite(value: float | int | str) -> bool:
    """Returns whether a number, or its text, is NaN or an infinity."""
    if isinstance(value, str):
        return value.strip().lstrip("+-").casefold() in ("nan", "inf", "infinity")
    return isinstance(value, float) and not math.isfinite(value)


def _spelled(number: float | int) -> str:
    """Returns a number's digits. Python refuses to spell an integer of thousands of digits."""
    return repr(number) if isinstance(number, float) or abs(number) < 10**60 else "9" * 60


def reported_or_note(field: str, dollars: Any, notes: list[Note]) -> int | None:
    """Returns a sender's reported cost in nano-dollars; None, with a note, if no call can cost that."""
    if dollars is None:
        return None
    try:
        if isinstance(dollars, bool) or not isinstance(dollars, str | int | float):
            raise SourceError(f"{field} is not a number")
        return reported(field, dollars)
    except SourceError as error:
        notes.append(Note(field, str(error).removeprefix(f"{field} "), is_cost=True))
        return None


def tier(value: Any) -> str:
    """Returns the processing tier if it changes the price; "" for the standard, for unknown tiers and for no text."""
    folded = value.strip().casefold() if isinstance(value, str) else ""
    return folded if folded in TIERS else _OTHER_TIERS.get(folded, "")


def geography(value: Any) -> str:
    """Returns where a model runs, folded: a geography or a region. "" for anywhere, for no text and for what names no place."""
    folded = value.strip().casefold() if isinstance(value, str) else ""
    return folded if _PLACE.fullmatch(folded) and folded not in _ANYWHERE else ""


def address(value: str | None) -> str:
    """Returns an address without its secrets: the user and the query."""
    text = _UNSTORABLE.sub("", (value or "")[:2_000]).partition("?")[0].partition("#")[0]
    scheme, separator, rest = text.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"[:MAX_NAME_CHARACTERS]
