"""Quarantine's content of OTLP records: a JSON request with a single record, which the parser can read again.

Only attributes that are read are kept, and numbers that look like usage, so no prompts, messages, headers and addresses
of clients.
"""

import json
import math
from typing import Any

from bot.sources.otlp.producers.registry import KEPT_ATTRIBUTES, RESOURCE_READS
from bot.sources.otlp.records import SERIES, Facts, Record, UndecodableRecord, Value
from bot.sources.otlp.unbooked import COUNT_FACTS, unknown_counts
from bot.sources.rows import MAX_KEPT_BYTES, NOT_KEPT
from bot.usage import UnusableRow, digest

_MEMBERS = frozenset({
    *("resourceSpans", "scopeSpans", "spans", "resourceLogs", "scopeLogs", "logRecords", "resourceMetrics", "scopeMetrics"),
    *("metrics", "resource", "scope", "name", "traceId", "spanId", "kind", "startTimeUnixNano", "endTimeUnixNano"),
    *("status", "code", "timeUnixNano", "observedTimeUnixNano", "eventName", "sum", "aggregationTemporality"),
    *("isMonotonic", "dataPoints", "asInt", "asDouble", "attributes", "version"),
})  # fmt: skip
_MAX_CHARACTERS = 1000


def quarantined(index: int, found: Record | UndecodableRecord, reason: str, /, *, meters: str) -> UnusableRow:
    """Returns a row for quarantine. `meters` is the source's option, which a retry needs."""
    if isinstance(found, UndecodableRecord):
        kept = _dump(_known(found.request), meters) if found.request is not None else b""
        return UnusableRow(index=index, reason=reason, kept=kept, key=digest([found.raw]))
    body = _request(found)
    return UnusableRow(index=index, reason=reason, kept=_dump(body, meters), key=digest([json.dumps(body)]))


def _dump(body: dict[str, Any], meters: str) -> bytes:
    kept = json.dumps(body | {"meters": meters}).encode()
    return kept if len(kept) <= MAX_KEPT_BYTES else b""


def _known(value: Any, *, of_resource: bool = False) -> Any:
    """Returns a decoded body's listed members only, and of a resource those attributes that are read of resources."""
    if isinstance(value, list):
        return [_known(member) for member in value]
    if isinstance(value, str):
        return _first_word(value)
    if not isinstance(value, dict):
        return value
    members = {name: member for name, member in value.items() if name in _MEMBERS and name != "attributes"}
    found = {name: _known(member, of_resource=name == "resource") for name, member in members.items()}
    listed = value.get("attributes")
    if isinstance(listed, list):
        kept = [pair for pair in listed if isinstance(pair, dict) and isinstance(pair.get("key"), str)]
        found["attributes"] = [
            {"key": pair["key"], "value": _known_value(pair.get("value"))}
            for pair in kept
            if pair["key"] in (RESOURCE_READS if of_resource else KEPT_ATTRIBUTES)
        ]
    return found


def _known_value(value: Any) -> Any:
    """Returns an attribute's value without what is no text and no number: a value that no type fits stands for it, so
    that a retry finds the same fault.
    """
    if not isinstance(value, dict):
        return None if value is None else NOT_KEPT
    found: dict[str, Any] = {}
    for kind, given in value.items():
        if kind == "arrayValue":
            listed = given.get("values") if isinstance(given, dict) else None
            found[kind] = {"values": [_known_value(v) for v in listed]} if isinstance(listed, list) else NOT_KEPT
        elif kind in ("stringValue", "intValue", "doubleValue", "boolValue"):
            is_plain = given is None or isinstance(given, str | int | float)
            found[kind] = (given[:_MAX_CHARACTERS] if isinstance(given, str) else given) if is_plain else [NOT_KEPT]
        elif kind in ("kvlistValue", "bytesValue"):
            found[kind] = {"values": []}
    return found


def _request(record: Record) -> dict[str, Any]:
    resource, scope = {"attributes": _attributes(record.origin.facts)}, _scope(record)
    attributes = _attributes(record.facts) + _unknown_counts(record)
    ids = {"traceId": record.trace_id.hex(), "spanId": record.span_id.hex()}
    if record.signal == "traces":
        span = ids | {"name": _first_word(record.name), "kind": record.kind, "endTimeUnixNano": str(record.at)}
        span |= {"attributes": attributes, "status": {"code": 2 if record.failed else 0}}
        return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": [span]}]}]}
    if record.signal == "logs":
        log = ids | {
            "eventName": _first_word(record.name),
            "timeUnixNano": str(record.at),
            "attributes": attributes,
        }
        return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": [log]}]}]}
    metric: dict[str, Any] = {"name": _first_word(record.name)}
    if total := record.total:
        series = {"key": SERIES, "value": {"stringValue": total.series.hex()}}
        point: dict[str, Any] = {"attributes": [*attributes, series], "timeUnixNano": str(record.at)}
        point["startTimeUnixNano"] = str(total.since)
        point["asInt" if isinstance(total.value, int) else "asDouble"] = _any(total.value)
        metric["sum"] = {"aggregationTemporality": total.temporality, "isMonotonic": True, "dataPoints": [point]}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"scope": scope, "metrics": [metric]}]}]}


def _first_word(name: str) -> str:
    """Returns the part of a record's name that rules know it by; what follows may be a person's text."""
    return name[:_MAX_CHARACTERS].partition(" ")[0]


def _scope(record: Record) -> dict[str, str]:
    named = {"name": record.origin.scope, "version": record.origin.version}
    return {member: text[:_MAX_CHARACTERS] for member, text in named.items() if text or member == "name"}


def _attributes(facts: Facts) -> list[dict[str, Any]]:
    return [
        {"key": given.attribute, "value": _typed(given.value)}
        for given in facts.values()
        if given.attribute in KEPT_ATTRIBUTES
    ]


def _unknown_counts(record: Record) -> list[dict[str, Any]]:
    """Returns the numbers that look like usage and that no rule reads, of a record without any other usage."""
    if not COUNT_FACTS.isdisjoint(record.facts):
        return []
    return [{"key": name, "value": _typed(value)} for name, value in unknown_counts(record)]


def _typed(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value[:_MAX_CHARACTERS]}
    return {"intValue": str(value)} if isinstance(value, int) else {"doubleValue": _any(value)}


def _any(value: int | float) -> int | float | str:
    """Returns a number as JSON allows it, without NaN and infinity."""
    return value if math.isfinite(value) else str(value)
