"""The quick way to read protobuf: spans and log records of a body that has nothing unusual.

A body with anything else is read by `protobuf.py`, whose generated code decodes it, and gives the same records.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from bot.sources.otlp.producers.registry import PRODUCERS, RESOURCE_READS
from bot.sources.otlp.quick.attributes import KnownAttributes, facts_of, known_attributes, process_named
from bot.sources.otlp.quick.schema import REQUESTS
from bot.sources.otlp.records import Facts, Origin, Record, origin_of
from bot.usage import Note

FINE, _ERROR = (b"", b"\x18\x01"), 2
"""The bytes of a status that is no error."""
_NEW: Any = object()
_MOST_ORIGINS, LONGEST_ORIGIN = 2_000, 4_000


class Undecoded:
    """All attributes of a record, decoded when somebody looks through them. What is no text is left out."""

    __slots__ = ("_attributes",)

    def __init__(self, attributes: Sequence[bytes]) -> None:
        self._attributes = attributes

    def __iter__(self) -> Iterator[Any]:
        for raw in self._attributes:
            with suppress(DecodeError):
                yield KeyValue.FromString(raw)


def quick_records(body: bytes, signal: str) -> list[Record]:
    """Returns the records of a body of spans or log records.

    Raises NotFields, IndexError, DecodeError or UnicodeDecodeError if something in it is unusual, or if it is no request.
    """
    records: list[Record] = []
    read = span_record if signal == "traces" else _log
    for group in REQUESTS[signal].FromString(body).listed:
        resource = b"".join(group.resource)
        for scope in group.listed:
            origin = origin_in(resource, b"".join(scope.scope))
            known = known_attributes(PRODUCERS.reads(origin.profile, signal))
            records += [read(leaf, origin, known) for leaf in scope.listed]
    return records


_origins: dict[tuple[bytes, bytes], Origin] = {}


def origin_in(resource: bytes, scope: bytes) -> Origin:
    """Returns the sender of a group by its resource and scope, which it repeats with each body."""
    origin = _origins.get((resource, scope))
    if origin is None:
        found, named = Resource.FromString(resource), InstrumentationScope.FromString(scope)
        notes: list[Note] = []
        facts = facts_of(found.attributes, notes, RESOURCE_READS)
        origin = origin_of(facts, named.name, named.version, notes, process_named(found.attributes))
        if len(resource) + len(scope) <= LONGEST_ORIGIN:
            if len(_origins) >= _MOST_ORIGINS:
                _origins.clear()
            _origins[resource, scope] = origin
    return origin


def span_record(span: Any, origin: Origin, known: KnownAttributes) -> Record:
    """Returns the record of a span whose attributes are bytes."""
    notes: list[Note] = []
    attributes, started_at, status = span.attributes[:], span.started_at, span.status
    return Record(  # in the order of its fields, as this runs for every span
        "traces",
        span.name,
        _facts(attributes, known, notes),
        origin,
        span.kind,
        span.trace_id,
        span.span_id,
        span.ended_at or started_at,
        status not in FINE and Status.FromString(status).code == _ERROR,
        None,
        tuple(notes),
        span.parent_id,
        started_at,
        Undecoded(attributes),
    )


def _log(log: Any, origin: Origin, known: KnownAttributes) -> Record:
    notes: list[Note] = []
    attributes = log.attributes[:]
    return Record(
        signal="logs",
        name=log.name,
        facts=_facts(attributes, known, notes),
        origin=origin,
        trace_id=log.trace_id,
        span_id=log.span_id,
        at=log.time or log.observed,
        notes=tuple(notes),
        attributes=Undecoded(attributes),
    )


def _facts(attributes: Sequence[bytes], known: KnownAttributes, notes: list[Note]) -> Facts:
    """Returns the facts of the attributes that are read, of each the one of the best rank."""
    facts: Facts = {}
    get = known.get
    for raw in attributes:
        found = get(raw, _NEW)
        if found is _NEW:
            found = known.read(raw, facts, notes)
        if found is not None:
            fact, given = found
            other = facts.get(fact)
            if other is None or given.rank < other.rank:
                facts[fact] = given
    return facts
