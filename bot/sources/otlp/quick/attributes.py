"""Attributes of protobuf by their bytes: senders repeat most of them, so a repeated one is decoded once.

Attributes that are not read are known by their name alone; their values are skipped.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from bot.sources.otlp.producers.registry import Reads
from bot.sources.otlp.records import Facts, ReportedFact, Value, left_out
from bot.sources.otlp.wire import varint
from bot.sources.twin_hints import PROCESS_ATTRIBUTES, process_of
from bot.usage import Note

_NAME, _VALUE, _TEXT, _INT, _MORE = 0x0A, 0x12, 0x0A, 0x18, 0x80
"""Tags of an attribute's name and value, of a value's text and whole number, and the mark of a number's further bytes."""
_HEAD = 3
"""Bytes of a value before its text or number."""
_MISFIT = "is neither text nor a number: it was left out"
_CACHE_SIZE = 10_000
_LONGEST = 200
_OF_ONE_CALL = frozenset({
    *("input", "output", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning", "tool_tokens"),
    *("response_id", "session", "prompt", "sequence", "timestamp", "cost", "cost_micros", "token_type"),
})  # fmt: skip
"""Facts that differ from call to call: remembering them would only fill the cache."""
NO_FACTS: Facts = {}
Known = tuple[str, ReportedFact]
"""A fact's name and what a sender said of it."""


class _Named(NamedTuple):
    """An attribute that is read: its name, its fact, the name's rank, and whether the next call may have the same."""

    attribute: str
    fact: str
    rank: int
    repeats: bool


class KnownAttributes(dict[bytes, Known | None]):
    """The facts of the attributes that one set of names reads, by the attributes' bytes; None for one that is not read."""

    def __init__(self, reads: Reads) -> None:
        super().__init__()
        self.reads = reads  # also keeps it alive, as the cache is found by its identity
        self._by_name = {
            bytes([_NAME, len(encoded)]) + encoded: _Named(attribute, fact, rank, fact not in _OF_ONE_CALL)
            for attribute, (fact, rank) in reads.items()
            if len(encoded := attribute.encode()) < _MORE
        }

    def read(self, raw: bytes, facts: Facts, notes: list[Note]) -> Known | None:
        """Decodes an attribute that is not known yet. Returns None if it is not read or has no value; notes a value that
        does not fit.

        Raises DecodeError, UnicodeDecodeError, NotFields or IndexError if it is no attribute.
        """
        end = raw[1] + 2
        named = self._by_name.get(raw[:end])
        if named is None:
            return self._unread(raw, facts, notes)
        given = raw[end:]
        size = len(given)
        if size <= _HEAD or given[0] != _VALUE or given[1] != size - 2:
            return self._unusual(raw, facts, notes)
        value: str | int
        if given[2] == _INT:
            if size == 5 and given[3] >= _MORE > given[4]:  # most counts have two or three bytes
                value = given[3] - _MORE | given[4] << 7
            elif size == 6 and given[3] >= _MORE <= given[4] and given[5] < _MORE:
                value = given[3] - _MORE | given[4] - _MORE << 7 | given[5] << 14
            else:
                value, stop = varint(given, _HEAD)
                if stop != size or value >= 1 << 63:
                    return self._unusual(raw, facts, notes)
        elif given[2] == _TEXT and given[3] == size - 4 > 0:
            value = given[4:].decode()
        else:
            return self._unusual(raw, facts, notes)
        attribute, fact, rank, repeats = named
        found = fact, ReportedFact(rank, attribute, value)
        if repeats and len(raw) <= _LONGEST:
            self._remember(raw, found)
        return found

    def _remember(self, raw: bytes, found: Known | None) -> None:
        if len(self) >= _CACHE_SIZE:
            self.clear()
        self[raw] = found

    def _unread(self, raw: bytes, facts: Facts, notes: list[Note]) -> Known | None:
        if raw[0] != _NAME or raw[1] >= _MORE:
            return self._unusual(raw, facts, notes)
        if len(raw) <= _LONGEST:
            self._remember(raw, None)
        return None

    def _unusual(self, raw: bytes, facts: Facts, notes: list[Note]) -> Known | None:
        """Decodes an attribute of any shape. What does not fit is noted unless a better name gave its fact."""
        pair = KeyValue.FromString(raw)
        found = facts_of([pair], notes, self.reads, facts)
        return next(iter(found.items()), None)


def facts_of(attributes: Iterable[Any], notes: list[Note], reads: Reads, others: Facts = NO_FACTS) -> Facts:
    """Returns the facts of decoded attributes that are read, and notes those that do not fit. One that is among the others by
    as good a name is left as it is.
    """
    facts: Facts = {}
    for pair in attributes:
        fact = reads.get(pair.key)
        if fact is None:
            continue
        known = facts.get(fact.fact) or others.get(fact.fact)
        if known is not None and known.rank <= fact.rank:
            continue
        value = _value_of(pair.value)
        if value is None:
            if pair.value.WhichOneof("value") and (note := left_out(pair.key, fact.fact, _MISFIT)):
                notes.append(note)
        elif value != "":
            facts[fact.fact] = ReportedFact(fact.rank, pair.key, value)
    return facts


def process_named(attributes: Iterable[Any]) -> int:
    """Returns the hash of what a resource says of its process."""
    return process_of((pair.key, _value_of(pair.value)) for pair in attributes if pair.key in PROCESS_ATTRIBUTES)


def _value_of(value: Any) -> Value | None:
    """Returns the value of a decoded attribute: text, a number, or the texts of a list; None for any other value."""
    which = value.WhichOneof("value")
    if which == "array_value":
        return ",".join(item.string_value for item in value.array_value.values if item.string_value)
    if which in ("string_value", "int_value", "double_value", "bool_value"):
        found: Value = getattr(value, which)
        return found
    return None


_known: dict[int, KnownAttributes] = {}


def known_attributes(reads: Reads) -> KnownAttributes:
    """Returns the known attributes of a set of names, which a process keeps."""
    found = _known.get(id(reads))
    if found is None:
        found = _known[id(reads)] = KnownAttributes(reads)
    return found
