"""OTLP bodies for tests: the captured ones, and small ones made of a few words."""

import gzip
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bot.sources.otlp.records import Signal
from tests.support.paths import FIXTURES

SAMPLES = FIXTURES / "otlp"
REQUESTS: dict[Signal, Any] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
AT = 1_795_455_900_000_000_000
"""2026-11-23T17:45:00Z, in nanoseconds."""


def sample_files() -> list[str]:
    """The names of the captured bodies whose calls the tests list; those of whole programs have their own judge."""
    names = (str(file.relative_to(SAMPLES)) for file in SAMPLES.rglob("*") if file.is_file())
    return sorted(name for name in names if not name.startswith("real_"))


def sample(name: str) -> bytes:
    """A captured body, unzipped."""
    body = (SAMPLES / name).read_bytes()
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def signal_of(name: str) -> Signal:
    return next(signal for signal in REQUESTS if signal in name)


def attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _typed(value)} for key, value in values.items()]


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_typed(member) for member in value]}}
    return {"stringValue": value}


CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.response.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
}


def span(number: int = 1, *, kind: int = 3, name: str = "chat gpt-4o", failed: bool = False, **values: Any) -> Any:
    """A span of a chat; `values` are attributes with `_` for `.`-free names, or given by `said`."""
    said = values.pop("said", CHAT)
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(AT),
        "endTimeUnixNano": str(AT),
        "attributes": attributes(said),
        "status": {"code": 2 if failed else 0},
        **values,
    }


def log(said: Mapping[str, Any], **values: Any) -> Any:
    return {"timeUnixNano": str(AT), "attributes": attributes(said), **values}


def traces(*spans: Any, resource: Mapping[str, Any] | None = None, scope: str = "tests") -> dict[str, Any]:
    return {"resourceSpans": [grouped("scopeSpans", "spans", spans, resource, scope)]}


def logs(*records: Any, resource: Mapping[str, Any] | None = None, scope: str = "tests") -> dict[str, Any]:
    return {"resourceLogs": [grouped("scopeLogs", "logRecords", records, resource, scope)]}


def metrics(*found: Any, resource: Mapping[str, Any] | None = None, scope: str = "tests") -> dict[str, Any]:
    return {"resourceMetrics": [grouped("scopeMetrics", "metrics", found, resource, scope)]}


def grouped(middle: str, inner: str, leaves: Sequence[Any], resource: Mapping[str, Any] | None, scope: str) -> Any:
    told = {"attributes": attributes(resource or {"service.name": "checkout"})}
    return {"resource": told, middle: [{"scope": {"name": scope}, inner: list(leaves)}]}
