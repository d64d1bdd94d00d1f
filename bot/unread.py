"""What senders tell beside booked calls: rows with usage that are not booked, who made them, and why; a gateway's view of a
team, and calls that it blocked.
"""

from typing import Literal, NamedTuple

import msgspec

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


class GatewayView(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway's view of one of its teams: its spend in the current period at the time of a call, its cap, its next
    reset.
    """

    gateway_team: str
    alias: str
    spend_nanos: int
    cap_nanos: int | None
    resets_at: int | None
    at: int


class BudgetBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A call that a gateway refused because a budget was spent: the budget, its cap and counter, and the blocked
    person.

    `entity` is the gateway's word for the owner of the budget (`team`, `key`, `user`, `end_user`, …), `entity_id` its
    id.
    """

    user: str
    credential: str
    gateway_team: str
    entity: str
    entity_id: str
    limit_nanos: int
    spend_nanos: int
    resets_at: int | None
    at: int
