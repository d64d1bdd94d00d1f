"""OTLP's protobuf bodies as records: the quick way where nothing is unusual, else by generated code."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bot.sources.otlp.producers.registry import PRODUCERS, RESOURCE_READS, Reads
from bot.sources.otlp.quick.attributes import facts_of, process_named
from bot.sources.otlp.quick.records import quick_records
from bot.sources.otlp.records import (
    Origin,
    Record,
    Records,
    Signal,
    SumPoint,
    UndecodableRecord,
    origin_of,
    series_of,
)
from bot.sources.otlp.wire import NotFields, groups_of
from bot.sources.rows import Unreadable
from bot.usage import Note

_REQUESTS: dict[Signal, tuple[Any, Any, str, str, str]] = {
    "traces": (ExportTraceServiceRequest, Span, "resource_spans", "scope_spans", "spans"),
    "logs": (ExportLogsServiceRequest, LogRecord, "resource_logs", "scope_logs", "log_records"),
    "metrics": (ExportMetricsServiceRequest, Metric, "resource_metrics", "scope_metrics", "metrics"),
}
_ERROR = 2


def read(body: bytes, signal: Signal) -> Records:
    """Reads a body's records in order. A bad record does not affect the others. Raises Unreadable if the body is not a
    request.
    """
    request, leaf, resources, scopes, leaves = _REQUESTS[signal]
    if signal != "metrics":
        try:
            quick = quick_records(body, signal)
        except (NotFields, IndexError, DecodeError, UnicodeDecodeError):
            pass  # something in it is unusual
        else:
            yield from quick
            return
    try:
        decoded = request.FromString(body)
    except DecodeError:
        yield from _one_by_one(body, signal, leaf)
        return
    for group in getattr(decoded, resources):
        notes: list[Note] = []
        facts = facts_of(group.resource.attributes, notes, RESOURCE_READS)
        process = process_named(group.resource.attributes)
        for scope in getattr(group, scopes):
            origin = origin_of(facts, scope.scope.name, scope.scope.version, notes, process)
            yield from _records(getattr(scope, leaves), signal, origin, group.resource)


def _one_by_one(body: bytes, signal: Signal, leaf: Any) -> Iterator[Record | UndecodableRecord]:
    """Reads records one by one, if one is bad, for example text cut in the middle of a UTF-8 character."""
    groups = groups_of(body)
    if not groups:
        raise Unreadable(f"The body is not an OTLP request of {signal} in protobuf.")
    for group in groups:
        try:
            resource = Resource.FromString(group.resource)
            notes: list[Note] = []
            facts = facts_of(resource.attributes, notes, RESOURCE_READS)
            scope = InstrumentationScope.FromString(group.scope)
            origin = origin_of(facts, scope.name, scope.version, notes, process_named(resource.attributes))
        except DecodeError:
            yield from (UndecodableRecord("its resource or scope can't be decoded", raw) for raw in group.leaves)
            continue
        for raw in group.leaves:
            try:
                found = leaf.FromString(raw)
            except DecodeError:
                yield UndecodableRecord("it can't be decoded: some text in it is not UTF-8, or it is cut", raw)
            else:
                yield from _records([found], signal, origin, resource)


def _records(
    leaves: Iterable[Any], signal: Signal, origin: Origin, resource: Any
) -> Iterator[Record | UndecodableRecord]:
    reads = PRODUCERS.reads(origin.profile, signal)
    if signal == "traces":
        return (_span(span, origin, reads) for span in leaves)
    if signal == "logs":
        return (_log(log, origin, reads) for log in leaves)
    return (point for metric in leaves for point in _points(metric, origin, resource, reads))


def _span(span: Any, origin: Origin, reads: Reads) -> Record:
    notes: list[Note] = []
    return Record(
        signal="traces",
        name=span.name,
        facts=facts_of(span.attributes, notes, reads),
        origin=origin,
        kind=span.kind,
        trace_id=span.trace_id,
        span_id=span.span_id,
        at=span.end_time_unix_nano or span.start_time_unix_nano,
        failed=span.status.code == _ERROR,
        notes=tuple(notes),
        parent_id=span.parent_span_id,
        started_at=span.start_time_unix_nano,
        attributes=span.attributes,
    )


def _log(log: Any, origin: Origin, reads: Reads) -> Record:
    notes: list[Note] = []
    return Record(
        signal="logs",
        name=log.event_name,
        facts=facts_of(log.attributes, notes, reads),
        origin=origin,
        trace_id=log.trace_id,
        span_id=log.span_id,
        at=log.time_unix_nano or log.observed_time_unix_nano,
        notes=tuple(notes),
        attributes=log.attributes,
    )


def _points(metric: Any, origin: Origin, resource: Any, reads: Reads) -> Iterator[Record]:
    if metric.WhichOneof("data") != "sum" or not metric.sum.is_monotonic:
        yield Record(signal="metrics", name=metric.name, facts={}, origin=origin)
        return
    resource_texts = _texts(resource.attributes)
    for point in metric.sum.data_points:
        which = point.WhichOneof("value")
        notes: list[Note] = []
        yield Record(
            signal="metrics",
            name=metric.name,
            facts=facts_of(point.attributes, notes, reads),
            origin=origin,
            at=point.time_unix_nano,
            total=SumPoint(
                temporality=metric.sum.aggregation_temporality,
                value=getattr(point, which) if which else 0,
                since=point.start_time_unix_nano,
                series=series_of(resource_texts, _texts(point.attributes)),
            ),
            notes=tuple(notes),
        )


def _texts(attributes: Iterable[Any]) -> list[tuple[str, str]]:
    """Returns all attributes as texts that are the same in both encodings."""
    return [(pair.key, _text(pair.value)) for pair in attributes]


def _text(value: Any) -> str:
    which = value.WhichOneof("value")
    if which == "array_value":
        return "[" + ",".join(map(_text, value.array_value.values)) + "]"
    if which == "kvlist_value":
        return "{" + ",".join(f"{name}:{text}" for name, text in sorted(_texts(value.kvlist_value.values))) + "}"
    if which == "bytes_value":
        return b64encode(value.bytes_value).decode()
    return str(getattr(value, which)) if which else ""
