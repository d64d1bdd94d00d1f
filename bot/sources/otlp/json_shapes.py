"""The members of OTLP's JSON that are read, by OTLP's own names. All others are skipped."""

# ruff: noqa: N815  # OTLP's spelling

from typing import Any

import msgspec

from bot.sources.otlp.records import Signal

Number = int | str | float | None
"""A 64-bit integer: text or a number."""
NULL = msgspec.Raw(b"null")


class Texts(msgspec.Struct, gc=False):
    values: "list[AnyValue] | None" = None


class AnyValue(msgspec.Struct, gc=False):
    stringValue: str | None = None
    intValue: Number = None
    doubleValue: Number = None
    boolValue: bool | None = None
    arrayValue: Texts | None = None
    kvlistValue: msgspec.Raw = msgspec.Raw()
    bytesValue: msgspec.Raw = msgspec.Raw()


class KeyValue(msgspec.Struct, gc=False):
    """An attribute; its value stays undecoded until it is read."""

    key: str = ""
    value: msgspec.Raw = NULL


class Resource(msgspec.Struct, gc=False):
    attributes: list[KeyValue] | None = None


class Scope(msgspec.Struct, gc=False):
    name: str | None = None
    version: str | None = None


class Status(msgspec.Struct, gc=False):
    code: int | str | None = None


class Span(msgspec.Struct, gc=False):
    traceId: str | None = None
    spanId: str | None = None
    parentSpanId: str | None = None
    name: str | None = None
    kind: int | str | None = None
    startTimeUnixNano: Number = None
    endTimeUnixNano: Number = None
    attributes: list[KeyValue] | None = None
    status: Status | None = None


class LogRecord(msgspec.Struct, gc=False):
    timeUnixNano: Number = None
    observedTimeUnixNano: Number = None
    eventName: str | None = None
    traceId: str | None = None
    spanId: str | None = None
    attributes: list[KeyValue] | None = None


class Point(msgspec.Struct, gc=False):
    attributes: list[KeyValue] | None = None
    startTimeUnixNano: Number = None
    timeUnixNano: Number = None
    asInt: Number = None
    asDouble: Number = None


class Sum(msgspec.Struct, gc=False):
    aggregationTemporality: int | None = None
    isMonotonic: bool | None = None
    dataPoints: list[Point] | None = None


class Metric(msgspec.Struct, gc=False):
    name: str | None = None
    sum: Sum | None = None


class Envelope(msgspec.Struct, gc=False):
    """A whole body. `meters` is ours: it stores the source's option with a quarantined row."""

    resourceSpans: msgspec.Raw = NULL
    resourceLogs: msgspec.Raw = NULL
    resourceMetrics: msgspec.Raw = NULL
    meters: str | None = None


class ScopeSpans(msgspec.Struct, gc=False):
    scope: Scope | None = None
    leaves: list[Span] | None = msgspec.field(name="spans", default=None)


class ScopeLogs(msgspec.Struct, gc=False):
    scope: Scope | None = None
    leaves: list[LogRecord] | None = msgspec.field(name="logRecords", default=None)


class ScopeMetrics(msgspec.Struct, gc=False):
    scope: Scope | None = None
    leaves: list[Metric] | None = msgspec.field(name="metrics", default=None)


class ResourceSpans(msgspec.Struct, gc=False):
    resource: Resource | None = None
    scopes: list[ScopeSpans] | None = msgspec.field(name="scopeSpans", default=None)


class ResourceLogs(msgspec.Struct, gc=False):
    resource: Resource | None = None
    scopes: list[ScopeLogs] | None = msgspec.field(name="scopeLogs", default=None)


class ResourceMetrics(msgspec.Struct, gc=False):
    resource: Resource | None = None
    scopes: list[ScopeMetrics] | None = msgspec.field(name="scopeMetrics", default=None)


Leaf = Span | LogRecord | Metric
Group = ResourceSpans | ResourceLogs | ResourceMetrics
GROUPS: "dict[Signal, msgspec.json.Decoder[Any]]" = {
    "traces": msgspec.json.Decoder(list[ResourceSpans] | None),
    "logs": msgspec.json.Decoder(list[ResourceLogs] | None),
    "metrics": msgspec.json.Decoder(list[ResourceMetrics] | None),
}
LEAVES: "dict[Signal, msgspec.json.Decoder[Any]]" = {
    "traces": msgspec.json.Decoder(Span),
    "logs": msgspec.json.Decoder(LogRecord),
    "metrics": msgspec.json.Decoder(Metric),
}


def series_texts(attributes: list[KeyValue] | None) -> list[tuple[str, str]]:
    """Returns all attributes as texts that are the same in both encodings."""
    return [(pair.key, _text(msgspec.json.decode(pair.value))) for pair in attributes or []]


def _text(value: Any) -> str:
    """Returns the text of a value of any kind, decoded."""
    kind, given = next(iter(value.items())) if isinstance(value, dict) and value else ("", None)
    if kind == "arrayValue" and isinstance(given, dict):
        return "[" + ",".join(map(_text, given.get("values") or [])) + "]"
    if kind == "kvlistValue" and isinstance(given, dict):
        pairs = [pair for pair in given.get("values") or [] if isinstance(pair, dict)]
        return "{" + ",".join(sorted(f"{pair.get('key')}:{_text(pair.get('value'))}" for pair in pairs)) + "}"
    if kind == "doubleValue" and isinstance(given, int | float | str):
        return str(_float(given))
    return "" if given is None else str(given)


def _float(given: int | float | str) -> float | str:
    try:
        return float(given)
    except (ValueError, OverflowError):
        return str(given)
