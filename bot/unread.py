"""Rows with usage that are not booked: who made them, and why. What nobody knows is told apart from what is left out on
purpose.
"""

from typing import Literal, NamedTuple

UnreadKind = Literal["unknown", "other_signal", "repeat"]
"""`unknown`: no rule books it. `other_signal`: the source is metered by another signal, so it is a repeat if that one
books the producer's calls, and lost if it does not. `repeat`: it repeats booked calls, and is left out on purpose.
"""

MAX_PRODUCER_CHARACTERS = 100
MAX_VERSION_CHARACTERS = 40
MAX_UNREAD = 50
"""The most producers and reasons that are told apart in one body; a flood of further ones counts as one."""
MAX_UNREAD_KEPT = 500
"""The most rows of one producer and reason that quarantine keeps; all are counted."""


class Producer(NamedTuple):
    """The program that made a row: its own name or its library's, its version, and the service that uses it."""

    name: str
    version: str = ""
    service: str = ""


OTHERS = Producer("other producers")


class Unread(NamedTuple):
    """A producer's rows with usage that are not booked, for one reason."""

    producer: Producer
    kind: UnreadKind
    reason: str


def producer(name: str, version: str = "", service: str = "") -> Producer:
    """Returns a producer whose texts are short and printable, because a sender chose them."""
    return Producer(
        _short(name, MAX_PRODUCER_CHARACTERS) or "unnamed",
        _short(version, MAX_VERSION_CHARACTERS),
        _short(service, MAX_PRODUCER_CHARACTERS),
    )


def _short(text: str, most: int) -> str:
    cut = text[:most]
    return cut if cut.isprintable() else "".join(char for char in cut if char.isprintable())
