"""What differs from call to call in plain spans: their counts and the id of the response, read from bytes into slots."""

from collections.abc import Mapping

from bot.sources.otlp.counters import Counters
from bot.sources.otlp.producers.registry import Reads
from bot.sources.otlp.producers.schema import Counting
from bot.sources.otlp.wire import varint
from bot.usage import MAX_TOKENS

SLOTS = ("input", "output", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning")
RESPONSE = len(SLOTS)
"""The slot of the response id."""
SKIPPED = RESPONSE + 1
"""The slot of what says nothing of a plain span: its session and its place in it."""
_SKIPPED_FACTS = frozenset({"session", "prompt", "sequence", "timestamp"})
_NAME, _VALUE, _TEXT, _INT, _MORE = 0x0A, 0x12, 0x0A, 0x18, 0x80
_HEAD = 3
NONE_GIVEN = [0] * RESPONSE
Slots = Mapping[bytes, tuple[int, int]]
"""The slot of an attribute, and the rank of its name, by the bytes of its name."""


class NotPlain(Exception):
    """Something in a body needs more than columns."""


def slots_of(reads: Reads) -> Slots:
    """Returns the slots of the attributes that one set of names reads."""
    found = {}
    for attribute, (fact, rank) in reads.items():
        encoded = attribute.encode()
        slot = SLOTS.index(fact) if fact in SLOTS else RESPONSE if fact == "response_id" else SKIPPED
        if len(encoded) < _MORE and (slot != SKIPPED or fact in _SKIPPED_FACTS):
            found[bytes([_NAME, len(encoded)]) + encoded] = (slot, rank)
    return found


def number_in(given: bytes) -> int:
    """Returns the count of an attribute's bytes behind its name. Raises NotPlain for anything but a possible whole number."""
    size = len(given)
    if size <= _HEAD or given[0] != _VALUE or given[1] != size - 2 or given[2] != _INT:
        raise NotPlain
    if size == 5 and given[3] >= _MORE > given[4]:  # most counts have two or three bytes
        return given[3] - _MORE | given[4] << 7
    if size == 6 and given[3] >= _MORE <= given[4] and given[5] < _MORE:
        return given[3] - _MORE | given[4] - _MORE << 7 | given[5] << 14
    value, stop = varint(given, _HEAD)
    if stop != size or value > MAX_TOKENS:
        raise NotPlain
    return value


def text_in(given: bytes) -> bytes:
    """Returns the ASCII text of an attribute's bytes behind its name. Raises NotPlain for anything else."""
    size = len(given)
    if size <= 4 or given[0] != _VALUE or given[2] != _TEXT or given[1] != size - 2 or given[3] != size - 4:
        raise NotPlain
    text = given[4:]
    if not text.isascii() or 0 in text:
        raise NotPlain
    return text


def is_usual(counting: Counting) -> bool:
    """Returns whether a producer's way of counting is one that `disjoint` knows, of calls that say nothing of a stream."""
    return not (counting.beside_input or counting.beside_output or counting.output_is_rest)


def disjoint(given: list[int], counting: Counting) -> Counters:
    """Returns the six counters of the counts in slots, as `counters` does of facts.

    Raises NotPlain where a part is more than its whole, and for a call without any count.
    """
    uncached, output, read, written, write_5m, write_1h, reasoning = given
    if written or write_5m or write_1h:
        if write_5m + write_1h > written:
            write_5m += written
        else:
            write_5m = written - write_1h
    if counting.input_has_cache:
        uncached -= read + write_5m + write_1h
    if not counting.output_has_reasoning:
        output += reasoning
    if uncached < 0 or reasoning > output or not (uncached or output or read or write_5m or write_1h):
        raise NotPlain
    return Counters(uncached, read, write_5m, write_1h, output, reasoning)
