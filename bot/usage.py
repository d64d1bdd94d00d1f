"""A metered call: what every sender's report is turned into, and what may be in it."""

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import Literal

import msgspec

from bot.money import NANOS

COUNTERS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")
"""The six counters. The first five are disjoint; `reasoning` is a part of `output`, kept for information."""

MAX_TOKENS = 10**11
"""More tokens than any one call can have. A larger figure is a fault of the sender, and would end in overflowing sums."""
MAX_COST_NANOS = 10**7 * NANOS
MAX_NAME_CHARACTERS = 256
MAX_TAGS = 64
_packed = msgspec.msgpack.Encoder().encode
_blake2b_of_16 = partial(blake2b, digest_size=16)


class Labels(msgspec.Struct, frozen=True, kw_only=True, gc=False, cache_hash=True):
    """All that a sender says of a call in words. Calls share theirs with many others, so what is decided about a call's team,
    tool and price is remembered by them; `""` stands for what was not said.

    `api_base` is the address that was called, without its query; `tier` how it was processed where that changes the price:
    `batch`, `flex`, `priority` or `fast`.
    """

    model: str
    provider: str = ""
    tool: str = ""
    workflow: str = ""
    user: str = ""
    credential: str = ""
    gateway_team: str = ""
    declared_team: str = ""
    user_agent: str = ""
    tags: tuple[str, ...] = ()
    api_base: str = ""
    tier: str = ""

    @property
    def characters(self) -> int:
        """About how much of memory they take: any of them may be made up, and many short tags are many objects."""
        names = (self.model, self.provider, self.tool, self.workflow, self.user, self.credential, self.gateway_team)
        others = (self.declared_team, self.user_agent, self.api_base)
        return sum(map(len, names + others)) + sum(map(len, self.tags)) + 50 * len(self.tags)


class UsageEvent(msgspec.Struct, frozen=True, gc=False):
    """One metered call, with disjoint token counters. None stands for what the sender did not say. Name its fields when you
    make one; only the hottest path gives them in order, which takes a fifth of the time.

    `key` tells the event from all others of its source, `fingerprint` its content: the same key with the same
    fingerprint is a duplicate, with another one a conflict. `occurred_at` is microseconds since 1970. An `unmetered` call is
    one whose sender said neither tokens nor cost: it counts as a call, never as one of nothing.
    """

    key: bytes
    fingerprint: bytes
    event_id: str
    occurred_at: int
    labels: Labels
    uncached_input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int
    reported_nanos: int | None
    failed: bool
    gateway_cache: bool
    notional: bool
    unmetered: bool = False

    @property
    def tokens(self) -> int:
        return self.uncached_input + self.cache_read + self.cache_write_5m + self.cache_write_1h + self.output


class UnusableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could not be used: where it stood in the body, why, and what is kept of it (never prompts or headers)."""

    index: int
    reason: str
    kept: bytes
    key: bytes


class GatewayView(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of one of its own teams: its spend in the running period as of a call, its cap, the next reset."""

    gateway_team: str
    alias: str
    spend_nanos: int
    cap_nanos: int | None
    resets_at: int | None
    at: int


class BudgetBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A call that the gateway refused because a budget was spent: whose budget, its cap and counter, and who was blocked.

    `entity` is the gateway's word for what is capped (`team`, `key`, `user`, `end_user`, …), `entity_id` which one.
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


class Parsed(msgspec.Struct, kw_only=True):
    """What a parser made of a body: the events with their places in it, the rows that could not be used, how many it left
    out on purpose (they are no rows), and what a gateway said beside its calls."""

    rows: int
    events: list[tuple[int, UsageEvent]]
    unusable: list[UnusableRow]
    ignored: int = 0
    views: list[GatewayView] = []
    blocks: list[BudgetBlock] = []


def digest(parts: Sequence[object]) -> bytes:
    """16 bytes that stand for a sequence of texts, bytes, integers, None and tuples of these.

    It hashes their MessagePack, which says every part's kind and length, so that no two sequences meet.
    """
    return _blake2b_of_16(_packed(parts)).digest()


class Booking(msgspec.Struct, frozen=True, gc=False):
    """An event with all that was decided about it: its team and why, its tool, its day there, its price. Name its fields, as
    with UsageEvent."""

    source_id: int
    event: UsageEvent
    team_id: int
    rule: str
    local_day: int
    tool: str
    cost_nanos: int
    basis: str
    book: str
    book_nanos: int | None
    notional_nanos: int


BookingOutcome = Literal["accepted", "duplicate", "conflict"]
"""What became of an event at the door: booked, known already, or known with another content."""
