"""Checks of an event's fields, for all senders: names, moments, counts, money. Faults name the sender's own field."""

import re
from datetime import datetime, timedelta

from bot.money import nanos_from_decimal
from bot.periods import MICROS, micros
from bot.refusals import SourceError
from bot.usage import MAX_COST_NANOS, MAX_NAME_CHARACTERS, MAX_TOKENS

EARLIEST = 1_577_836_800 * MICROS  # 2020-01-01
MAX_AHEAD = timedelta(hours=24) // timedelta(microseconds=1)
UNSTORABLE_FAULT = "holds a NUL character, half of a surrogate pair or invalid UTF-8, which can't be stored"
TIERS = frozenset({"batch", "flex", "priority", "fast"})
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


def cut_name(field: str, value: str | None) -> str:
    """Returns a name that is cut to the limit, for text of any length from clients."""
    return name(field, value[:MAX_NAME_CHARACTERS]) if value else ""


def moment_within(field: str, at: int, latest: int) -> int:
    """Returns a moment in microseconds since 1970. Raises SourceError if no call can have happened then."""
    if at < EARLIEST:
        raise SourceError(f"{field} is before 2020")
    if at > latest:
        raise SourceError(f"{field} is more than 24 hours ahead")
    return at


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
    try:
        nanos = nanos_from_decimal(dollars.strip() if isinstance(dollars, str) else repr(dollars))
    except ValueError as error:
        raise SourceError(f"{field} {error}") from error
    if nanos < 0:
        raise SourceError(f"{field} is negative")
    if nanos > MAX_COST_NANOS:
        raise SourceError(f"{field} is over ten million dollars, more than one call can cost")
    return nanos


def tier(value: str | None) -> str:
    """Returns the processing tier if it changes the price; "" for the standard and for unknown tiers."""
    folded = (value or "").strip().casefold()
    return folded if folded in TIERS else ""


def address(value: str | None) -> str:
    """Returns an address without its secrets: the user and the query."""
    text = (value or "").partition("?")[0].partition("#")[0]
    scheme, separator, rest = text.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"[:MAX_NAME_CHARACTERS]
