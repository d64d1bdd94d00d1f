"""OTLP's JSON bodies as records: ids are hexadecimal (base64 is accepted), 64-bit integers text or numbers, enums
integers, names lowerCamelCase, and unknown members are ignored. Values of unread attributes stay undecoded.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec

from bot.refusals import SourceError
from bot.sources.fields import UNSTORABLE_FAULT
from bot.sources.labels import Notes
from bot.sources.otlp.json_shapes import (
    GROUPS,
    LEAVES,
    NULL,
    AnyValue,
    Envelope,
    Group,
    KeyValue,
    Leaf,
    LogRecord,
    Metric,
    Resource,
    Scope,
    Span,
    series_texts,
)
from bot.sources.otlp.loose_json import decoded, dump, only_read_members
from bot.sources.otlp.producers.registry import PRODUCERS, RESOURCE_READS, Reads
from bot.sources.otlp.records import (
    Facts,
    Origin,
    Record,
    Records,
    Signal,
    SumPoint,
    UndecodableRecord,
    Value,
    keep_fact,
    left_out,
    origin_of,
    series_of,
)
from bot.sources.rows import Unreadable, decode_loosely, field_and_fault, unstorable_field
from bot.sources.twin_hints import PROCESS_ATTRIBUTES, process_of

MEMBERS: dict[Signal, tuple[str, str, str]] = {
    "traces": ("resourceSpans", "scopeSpans", "spans"),
    "logs": ("resourceLogs", "scopeLogs", "logRecords"),
    "metrics": ("resourceMetrics", "scopeMetrics", "metrics"),
}
_MISFIT = "is neither text nor a number: it was left out"
_KINDS = {"SPAN_KIND_INTERNAL": 1, "SPAN_KIND_SERVER": 2, "SPAN_KIND_CLIENT": 3}
_ERRORS = (2, "STATUS_CODE_ERROR")
_envelope = msgspec.json.Decoder(Envelope)
_value = msgspec.json.Decoder(AnyValue)
_resource = msgspec.json.Decoder(Resource)
_scope = msgspec.json.Decoder(Scope)


def read(body: bytes, signal: Signal) -> Records:
    """Reads a body's records in order. A bad record does not affect the others. Raises Unreadable if the body is not a
    request.
    """
    if not body.strip():
        return
    try:
        envelope = _envelope.decode(body)
        groups: list[Group] | None = GROUPS[signal].decode(getattr(envelope, MEMBERS[signal][0]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        yield from _one_by_one(body, signal)
        return
    if groups is None and (given := [name for name, _, _ in MEMBERS.values() if getattr(envelope, name) != NULL]):
        raise Unreadable(f"The body has {given[0]}; sent as {signal} it must have {MEMBERS[signal][0]}.")
    for group in groups or []:
        yield from _group(group, signal)


def _group(group: Group, signal: Signal) -> Records:
    resource = group.resource or Resource()
    notes = Notes()
    try:
        facts, process = _facts(resource.attributes, notes, RESOURCE_READS), _process(resource)
    except SourceError as error:
        leaves = (leaf for scope in group.scopes or [] for leaf in scope.leaves or [])
        yield from (UndecodableRecord(f"its resource: {error}", msgspec.json.encode(leaf)) for leaf in leaves)
        return
    for scope in group.scopes or []:
        given = scope.scope or Scope()
        origin = origin_of(facts, given.name or "", given.version or "", notes, process)
        for leaf in scope.leaves or []:
            yield from _leaf(leaf, signal, origin, resource)


def _one_by_one(body: bytes, signal: Signal) -> Records:
    """Reads records one by one, if one is bad, by the standard library, which also accepts lone surrogates and the
    like.
    """
    outer, middle, inner = MEMBERS[signal]
    try:
        found = decode_loosely(body)
    except SourceError as error:
        raise Unreadable(f"The body is not JSON: {str(error).partition(': ')[2]}.") from error
    if not isinstance(found, dict) or not isinstance(found.get(outer, []), list):
        raise Unreadable(f"The body is not an OTLP request of {signal}: an object with the array {outer}.")
    groups: list[dict[str, Any]] = [group if isinstance(group, dict) else {} for group in found.get(outer, [])]
    for group in groups:
        scopes = group.get(middle)
        for scope in scopes if isinstance(scopes, list) else [None]:
            if not isinstance(scope, dict) or not isinstance(scope.get(inner, []), list):
                yield UndecodableRecord(f"{outer} holds something that is no group of {inner}", dump(group))
                continue
            for leaf in scope.get(inner, []):
                yield from _loose_leaf(leaf, signal, group.get("resource"), scope.get("scope"))


def _loose_leaf(leaf: Any, signal: Signal, resource: Any, scope: Any) -> Records:
    notes = Notes()
    try:
        resource_read = decoded(_resource, only_read_members(resource or {}, Resource, notes))
        facts = _facts(resource_read.attributes, notes, RESOURCE_READS)
        scope_read = decoded(_scope, only_read_members(scope or {}, Scope, notes))
        lean = only_read_members(leaf, LEAVES[signal].type, notes)
        origin = origin_of(facts, scope_read.name or "", scope_read.version or "", notes, _process(resource_read))
        whole = _whole_resource(resource) if signal == "metrics" else resource_read
        yield from _leaf(decoded(LEAVES[signal], lean), signal, origin, whole)
    except SourceError as error:
        yield UndecodableRecord(str(error), dump(leaf), _request(leaf, signal, resource, scope))


def _whole_resource(resource: Any) -> Resource:
    """Returns a resource with all its attributes, as far as they can be stored: they identify a point's series."""
    listed = resource.get("attributes") if isinstance(resource, dict) else None
    pairs = [pair for pair in listed or [] if isinstance(pair, dict) and not unstorable_field(pair)]
    found: Resource = decoded(_resource, {"attributes": pairs})
    return found


def _request(leaf: Any, signal: Signal, resource: Any, scope: Any) -> dict[str, Any]:
    """Returns a request with a single record."""
    outer, middle, inner = MEMBERS[signal]
    return {outer: [{"resource": resource, middle: [{"scope": scope, inner: [leaf]}]}]}


def _leaf(leaf: Leaf, signal: Signal, origin: Origin, resource: Resource) -> Records:
    reads = PRODUCERS.reads(origin.profile, signal)
    try:
        if isinstance(leaf, Span):
            yield _span(leaf, origin, reads)
        elif isinstance(leaf, LogRecord):
            yield _log(leaf, origin, reads)
        else:
            yield from _points(leaf, origin, resource, reads)
    except SourceError as error:
        raw = msgspec.json.encode(leaf)
        loose = [
            json.loads(msgspec.json.encode(part))
            for part in (resource, Scope(name=origin.scope, version=origin.version))
        ]
        yield UndecodableRecord(str(error), raw, _request(decode_loosely(raw), signal, *loose))


def _span(span: Span, origin: Origin, reads: Reads) -> Record:
    kind, notes = span.kind, Notes()
    return Record(
        signal="traces",
        name=span.name or "",
        facts=_facts(span.attributes, notes, reads),
        origin=origin,
        kind=kind if isinstance(kind, int) else _KINDS.get(kind or "", 0),
        trace_id=_id(span.traceId, 16),
        span_id=_id(span.spanId, 8),
        at=_whole("endTimeUnixNano", span.endTimeUnixNano) or _whole("startTimeUnixNano", span.startTimeUnixNano),
        failed=span.status is not None and span.status.code in _ERRORS,
        notes=tuple(notes),
        parent_id=_id(span.parentSpanId, 8),
        started_at=_whole("startTimeUnixNano", span.startTimeUnixNano),
        attributes=span.attributes or (),
    )


def _log(log: LogRecord, origin: Origin, reads: Reads) -> Record:
    notes = Notes()
    return Record(
        signal="logs",
        name=log.eventName or "",
        facts=_facts(log.attributes, notes, reads),
        origin=origin,
        trace_id=_id(log.traceId, 16),
        span_id=_id(log.spanId, 8),
        at=_whole("timeUnixNano", log.timeUnixNano) or _whole("observedTimeUnixNano", log.observedTimeUnixNano),
        notes=tuple(notes),
        attributes=log.attributes or (),
    )


def _points(metric: Metric, origin: Origin, resource: Resource, reads: Reads) -> Iterator[Record]:
    found, name = metric.sum, metric.name or ""
    if found is None or not found.isMonotonic:
        yield Record(signal="metrics", name=name, facts={}, origin=origin)
        return
    resource_texts = series_texts(resource.attributes)
    for point in found.dataPoints or []:
        value = _whole("asInt", point.asInt) if point.asInt is not None else _number("asDouble", point.asDouble)
        notes = Notes()
        yield Record(
            signal="metrics",
            name=name,
            facts=_facts(point.attributes, notes, reads),
            origin=origin,
            at=_whole("timeUnixNano", point.timeUnixNano),
            total=SumPoint(
                temporality=int(_whole("aggregationTemporality", found.aggregationTemporality)),
                value=value,
                since=_whole("startTimeUnixNano", point.startTimeUnixNano),
                series=series_of(resource_texts, series_texts(point.attributes)),
            ),
            notes=tuple(notes),
        )


def _facts(attributes: list[KeyValue] | None, notes: Notes, reads: Reads) -> Facts:
    facts: Facts = {}
    for pair in attributes or []:
        if pair.key in reads:
            try:
                keep_fact(facts, pair.key, _attribute_value(pair), reads)
            except SourceError:
                if (note := left_out(pair.key, reads[pair.key].fact, _MISFIT)) is None:
                    raise
                notes.append(note)
    return facts


def _process(resource: Resource) -> int:
    named = [pair for pair in resource.attributes or [] if pair.key in PROCESS_ATTRIBUTES]
    values = list[tuple[str, object]]()
    for pair in named:
        with suppress(SourceError):  # an odd value only tells less
            values.append((pair.key, _attribute_value(pair)))
    return process_of(values)


def _attribute_value(pair: KeyValue) -> Value | None:
    try:
        value = _value.decode(pair.value) if pair.value != NULL else AnyValue()
    except msgspec.ValidationError as error:
        raise SourceError(f"{pair.key}: {field_and_fault(error)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{pair.key} {UNSTORABLE_FAULT}") from error
    if value.stringValue is not None:
        return value.stringValue
    if value.intValue is not None:
        return _whole(pair.key, value.intValue)
    if value.doubleValue is not None:
        return _number(pair.key, value.doubleValue)
    if value.kvlistValue or value.bytesValue:
        raise SourceError(f"{pair.key} {_MISFIT}")
    if value.arrayValue is not None:
        return ",".join(item.stringValue for item in value.arrayValue.values or [] if item.stringValue)
    return value.boolValue


def _id(text: str | None, length: int) -> bytes:
    """Decodes an id from hexadecimal, as in OTLP, or from base64, as protobuf's own JSON writers send it; else none."""
    if not text:
        return b""
    try:
        return bytes.fromhex(text) if len(text) == 2 * length else b64decode(text, validate=True)[:length]
    except ValueError:
        return b""


def _whole(field: str, value: int | float | str | None) -> int:
    if isinstance(value, int) or value is None:
        return int(value or 0)
    try:
        return int(value) if isinstance(value, str) or value.is_integer() else int("")
    except ValueError as error:
        raise SourceError(f"{field} is not a whole number") from error


def _number(field: str, value: int | float | str | None) -> float:
    try:
        return float(value or 0)
    except (ValueError, OverflowError) as error:
        raise SourceError(f"{field} is not a number") from error
