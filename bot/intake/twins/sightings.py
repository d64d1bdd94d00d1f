"""Sightings: where and when records of calls were made, and which of them are of one call.

Nothing but independent evidence makes twins: a span inside the other, the same response, or the same whole counts in the
same process, one within the other's time, told by another instrumentation.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

from bot.costs.model_names import plain_model
from bot.periods import MICROS
from bot.sources.twin_hints import hash_of, have_different_responses
from bot.usage import UsageEvent

MOST_RESPONSE_GAP_MICROS = 5 * MICROS
"""Between two records of a response: clocks of two machines differ a little, and a stream may end for one of them early."""
MOST_START_GAP_MICROS = 5 * MICROS
"""Between the starts of two records without a common id: a wrapper may load its modules first."""
MOST_END_GAP_MICROS = MICROS
SLACK_MICROS = 10_000
"""By how much an inner record may exceed the outer one: some programs take their times in milliseconds."""
_FAR_START_MICROS = 100_000
MIN_TOKENS = 20
"""Calls with fewer tokens need a common id or a parent: many are alike."""
PACKED = Struct("<16s14q")
_pack = PACKED.pack
_blake2b_of_16 = blake2b(digest_size=16).copy


class Sighting(NamedTuple):
    """One record of a call. `key` is that of its event, `at` the event's moment; the rest is of its hint and counts."""

    key: bytes
    source: int
    at: int
    scope: int
    process: int
    trace: int
    span: int
    parent: int
    response: int
    start: int
    end: int
    tokens_in: int
    tokens_out: int
    model: int
    unmetered: int = 0

    @property
    def id(self) -> tuple[int, bytes]:
        return self.source, self.key

    @property
    def packed(self) -> bytes:
        return PACKED.pack(*self)


def sighting_of(source_id: int, event: UsageEvent) -> Sighting | None:
    """Returns the sighting of an event; None if nothing tells its twins."""
    packed = packed_sighting(source_id, event)
    return Sighting._make(PACKED.unpack(packed)) if packed else None


def packed_sighting(source_id: int, event: UsageEvent) -> bytes:
    """Returns the sighting of an event, packed; nothing if nothing tells its twins."""
    hint = event.twin_hint
    if hint is None or not hint.end:
        return b""
    return _pack(
        event.key if len(event.key) == 16 else _shortened(event.key),
        source_id,
        event.occurred_at,
        hint.scope,
        hint.process,
        hint.trace,
        hint.span,
        hint.parent,
        hint.response,
        hint.start,
        hint.end,
        event.uncached_input + event.cache_read + event.cache_write_5m + event.cache_write_1h,
        event.output,
        model_hash(event.labels.model),
        event.unmetered,
    )


@lru_cache(maxsize=1_000)
def model_hash(name: str) -> int:
    """Returns the hash of a model without vendor, region and date."""
    return hash_of(plain_model(name))


def unpacked(body: bytes) -> list[Sighting]:
    """Returns sightings that were packed one after another."""
    return [Sighting._make(found) for found in PACKED.iter_unpack(body)]


def _shortened(key: bytes) -> bytes:
    hashed = _blake2b_of_16()
    hashed.update(key)
    return hashed.digest()


def is_linked(a: Sighting, b: Sighting) -> bool:
    """Returns True if one span is the parent of the other."""
    return a.trace == b.trace and bool(a.trace) and (a.parent == b.span != 0 or b.parent == a.span != 0)


def are_twins(a: Sighting, b: Sighting) -> bool:
    """Returns True if two records are of one call."""
    if a.source != b.source or have_different_responses(a.response, b.response):
        return False
    is_one_response = a.response == b.response != 0
    has_same_counts = (a.tokens_in, a.tokens_out) == (b.tokens_in, b.tokens_out)
    if is_linked(a, b):  # a span repeats its child's usage, or has none of its own
        return has_same_counts or is_one_response or bool(a.unmetered or b.unmetered)
    if a.scope == b.scope:
        return False
    if is_one_response:
        return _gap(a, b) <= MOST_RESPONSE_GAP_MICROS
    return (
        has_same_counts
        and a.tokens_in + a.tokens_out >= MIN_TOKENS
        and a.model == b.model
        and a.process == b.process
        and _is_within(a, b)
    )


def distance(a: Sighting, b: Sighting) -> tuple[bool, int]:
    """Returns how far two records of a call are from each other: linked ones first, then by their times.

    A wrapper ends soon after its call, and may begin long before it: a start that is farther away than most says no more.
    """
    return not is_linked(a, b), min(abs(a.start - b.start), _FAR_START_MICROS) + abs(a.end - b.end)


def may_be_one(these: Sequence[Sighting], those: Sequence[Sighting]) -> bool:
    """Returns True if no instrumentation would have told the call of both twice, nor under two response ids."""
    return not any(
        have_different_responses(a.response, b.response) or (a.scope == b.scope and not is_linked(a, b))
        for a in these
        for b in those
    )


def _gap(a: Sighting, b: Sighting) -> int:
    """Returns the time between two records; 0 if they overlap."""
    return max(0, max(a.start, b.start) - min(a.end, b.end))


def _is_within(a: Sighting, b: Sighting) -> bool:
    """Returns True if one record is within the time of the other, and both start and end close together."""
    outer, inner = (a, b) if (a.start, -a.end) <= (b.start, -b.end) else (b, a)
    return (
        -SLACK_MICROS <= inner.start - outer.start <= MOST_START_GAP_MICROS
        and -SLACK_MICROS <= outer.end - inner.end <= MOST_END_GAP_MICROS
    )
