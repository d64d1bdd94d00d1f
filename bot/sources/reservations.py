"""The id of the reservation that a call settles, as its sender gives it."""

from typing import Any

import msgspec

from bot.usage import UsageEvent

_MAX_CHARACTERS = 64


def with_reservation(event: UsageEvent, given: Any) -> UsageEvent:
    """Returns the event with its reservation's id; unchanged if it can be none. It is no part of the event's fingerprint."""
    if not isinstance(given, str) or len(given) > _MAX_CHARACTERS or not given.isascii() or not given.isprintable():
        return event
    return msgspec.structs.replace(event, reservation=given.strip())
