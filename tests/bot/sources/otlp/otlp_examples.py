"""Examples and helpers of otlp rules's tests."""

import json
from datetime import UTC, datetime
from typing import Any

from bot.sources.otlp.parser import read
from bot.sources.otlp.profiles import Meters
from bot.usage import Parsed, UsageEvent
from tests.support.traffic.otlp import AT, CHAT, attributes

NOW = datetime(2026, 11, 24, tzinfo=UTC)

CLAUDE_CODE = {
    "event.name": "api_request",
    "session.id": "s-1",
    "event.sequence": 17,
    "request_id": "req_1",
    "model": "claude-sonnet-5",
    "input_tokens": 10,
    "output_tokens": 5,
    "cache_read_tokens": 1000,
}

AS_CLAUDE_CODE: dict[str, Any] = {"resource": {"service.name": "claude-code"}}


def parsed_of(body: Any, *, meters: Meters = "auto") -> Parsed:
    signal: Any = next(
        s
        for s, member in (("traces", "Spans"), ("logs", "Logs"), ("metrics", "Metrics"))
        if f"resource{member}" in body
    )
    return read(json.dumps(body).encode(), signal, "json", meters=meters, now=NOW)


def one(body: Any, *, meters: Meters = "auto") -> UsageEvent:
    parsed = parsed_of(body, meters=meters)
    assert not parsed.unusable, parsed.unusable
    ((_, event),) = parsed.events
    return event


def reason(body: Any, *, meters: Meters = "auto") -> str:
    (row,) = parsed_of(body, meters=meters).unusable
    return row.reason


def is_ignored(body: Any, *, meters: Meters = "auto") -> bool:
    parsed = parsed_of(body, meters=meters)
    assert parsed.rows == len(parsed.events)
    return (parsed.ignored, parsed.events) == (1, [])


def chat(**others: Any) -> dict[str, Any]:
    """Returns a chat's attributes with changes: `__` stands for `.`; None removes one."""
    said = CHAT | {name.replace("__", "."): value for name, value in others.items()}
    return {name: value for name, value in said.items() if value is not None}


def total(value: Any = 5000, *, name: str = "claude_code.token.usage", temporality: int = 1, **others: Any) -> Any:
    point = {
        "attributes": attributes({"type": "input", "model": "claude-sonnet-5", **others}),
        "startTimeUnixNano": str(AT),
        "timeUnixNano": str(AT + 60 * 10**9),
        **({"asInt": str(value)} if isinstance(value, int) else {"asDouble": value}),
    }
    return {"name": name, "sum": {"aggregationTemporality": temporality, "isMonotonic": True, "dataPoints": [point]}}
