"""Records of one call, as several instrumentations tell it."""

import json
from datetime import UTC, datetime
from typing import Any

from bot.sources.otlp.parser import read
from bot.sources.otlp.quick.plain import plain_spans
from bot.sources.plain_calls import PlainCalls
from bot.usage import Parsed
from tests.support.traffic.otlp import AT, attributes, grouped
from tests.support.traffic.rebatched import in_protobuf

SDK, TRACER, WRAPPER = "com.anthropic.sdk.python", "opentelemetry.instrumentation.anthropic", "acme.wrapper"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SECOND = 10**9
_MODEL = "claude-sonnet-4-5"
_USAGE = {"gen_ai.usage.input_tokens": 3_000, "gen_ai.usage.output_tokens": 200}
_SPLIT = {
    "gen_ai.usage.cache_read.input_tokens": 1_000,
    "gen_ai.usage.cache_write.input_tokens": 1_000,
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 400,
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 600,
}


def told(
    scope: str = SDK,
    *,
    call: int = 1,
    span: int = 1,
    parent: int = 0,
    trace: int = 0,
    response: str = "",
    full: bool = True,
    begins: int = 0,
    lasts: int = 2 * SECOND,
    process: str = "checkout",
    **said: Any,
) -> dict[str, Any]:
    """Returns a resource group with one span of a call: by default the SDK's, with the whole split of its input."""
    values = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": _MODEL,
        **_USAGE,
        **(_SPLIT if full else {}),
        **({"gen_ai.response.id": response} if response else {}),
        **{name.replace("__", "."): value for name, value in said.items()},
    }
    number = 100 * call + span
    leaf = {
        "traceId": f"{trace or number:032x}",
        "spanId": f"{number:016x}",
        "parentSpanId": f"{100 * call + parent:016x}" if parent else "",
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(AT + call * 60 * SECOND + begins),
        "endTimeUnixNano": str(AT + call * 60 * SECOND + begins + lasts),
        "attributes": attributes({name: value for name, value in values.items() if value is not None}),
    }
    group: dict[str, Any] = grouped("scopeSpans", "spans", [leaf], {"service.name": process}, scope)
    return group


def parsed(*groups: dict[str, Any]) -> Parsed:
    """Returns resource groups as one body."""
    return read(json.dumps({"resourceSpans": list(groups)}).encode(), "traces", "json", meters="auto", now=NOW)


def columns(*groups: dict[str, Any]) -> PlainCalls | None:
    """Returns resource groups as one body in protobuf, read into columns if all its calls are plain."""
    return plain_spans(in_protobuf({"resourceSpans": list(groups)}, "traces"), meters="auto", now=NOW)


def outer(**values: Any) -> dict[str, Any]:
    """Returns the span of a wrapper around the SDK's, in a trace of its own, without a response id."""
    defaults: dict[str, Any] = {"scope": WRAPPER, "span": 2, "full": False}
    times = {"begins": -SECOND // 10, "lasts": 23 * SECOND // 10}
    return told(**defaults | times | values)
