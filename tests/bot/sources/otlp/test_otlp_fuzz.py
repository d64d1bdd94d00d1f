"""Any OTLP body: the only error is that the body can't be read, and no row is lost silently."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sources import SOURCES
from bot.sources.otlp.json_reader import MEMBERS
from bot.sources.otlp.parser import read
from bot.sources.otlp.producers.registry import PRODUCERS, read_files
from bot.sources.otlp.profiles import Meters
from bot.sources.otlp.records import Signal
from bot.sources.rows import Unreadable
from bot.usage import COUNTERS, MAX_TOKENS, Parsed
from tests.support.traffic.otlp import REQUESTS, sample

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SIGNALS: st.SearchStrategy[Signal] = st.sampled_from(["traces", "logs", "metrics"])
METERS: st.SearchStrategy[Meters] = st.sampled_from(["auto", "traces", "logs", "metrics"])
NAMES = st.sampled_from(sorted(PRODUCERS.all_reads)) | st.text(max_size=8)
WORDS = st.sampled_from(
    [
        *("chat", "embeddings", "invoke_agent", "LLM", "api_request", "response.completed", "codex.sse_event", "input"),
        *(
            "gemini_cli.api_response",
            "claude_code.token.usage",
            "claude-code",
            "2026-11-23T10:00:00Z",
            "oauth-personal",
        ),
    ]
)
_FILES = read_files()
SCOPES = st.sampled_from(sorted(s.replace("*", "") for found in _FILES.values() for s in found.sender.scopes))
SERVICES = st.sampled_from(sorted(service for found in _FILES.values() for service in found.sender.services))
RECORDS = st.sampled_from(
    sorted(
        name.replace("*", "x")
        for found in _FILES.values()
        for rule in (found.logs, found.spans, found.sums)
        for name in (rule.records if rule else ())
    )
)
TEXTS = WORDS | st.text(max_size=12)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 10_000)
PLAIN = st.none() | st.booleans() | NUMBERS | st.floats() | TEXTS | st.text(st.characters(codec=None), max_size=5)
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
WHOLE = NUMBERS | NUMBERS.map(str)
VALUES = st.fixed_dictionaries(
    {},
    optional={"stringValue": TEXTS, "intValue": WHOLE, "doubleValue": st.floats(), "boolValue": st.booleans()},
)
ATTRIBUTES = st.lists(st.fixed_dictionaries({"key": NAMES, "value": VALUES | JSON}), max_size=8)
MOMENTS = st.sampled_from(["1795455900000000000", "1795455960000000000", 0, None]) | JSON
TYPES = st.sampled_from(["input", "output", "cacheRead", "cacheCreation"])
COUNTED = TYPES.map(
    lambda kind: [{"key": "type", "value": {"stringValue": kind}}, {"key": "model", "value": {"stringValue": "m"}}]
)
POINTS = st.fixed_dictionaries(
    {"attributes": ATTRIBUTES | COUNTED, "asInt": NUMBERS},
    optional={"startTimeUnixNano": MOMENTS, "timeUnixNano": MOMENTS, "asDouble": st.floats()},
)
LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "traceId": st.sampled_from(["1" * 32, "?", None]) | JSON,
        "spanId": st.sampled_from(["1" * 16, ""]),
        "name": WORDS | RECORDS,
        "eventName": WORDS | RECORDS,
        "kind": st.integers(0, 6) | JSON,
        "endTimeUnixNano": st.just("1795455900000000000") | JSON,
        "timeUnixNano": st.just(1795455900000000000) | JSON,
        "attributes": ATTRIBUTES,
        "sum": st.fixed_dictionaries(
            {
                "aggregationTemporality": st.integers(0, 2),
                "isMonotonic": st.booleans(),
                "dataPoints": st.lists(POINTS, max_size=2),
            }
        ),
    },
)


def holds(parsed: Parsed) -> None:
    """Checks the invariants of any parsed body: possible counters, rows that add up, quarantined rows that can be read."""
    assert parsed.rows == len(parsed.events) + len(parsed.unusable)
    for _, event in parsed.events:
        assert all(0 <= getattr(event, counter) <= 4 * MAX_TOKENS for counter in COUNTERS)
        assert event.reasoning <= event.output
        assert event.labels.model
        assert not (event.unmetered and event.tokens)
    for _, running in parsed.sums:
        assert 0 < running.value <= MAX_TOKENS
        assert running.value == running.event.tokens
    for row in parsed.unusable:
        assert row.reason
        if row.kept:
            SOURCES["otlp"](row.kept, now=NOW)


@given(st.binary(max_size=200), SIGNALS, METERS, st.sampled_from(["protobuf", "json"]))
@pytest.mark.timeless
def test_any_bytes(body: bytes, signal: Signal, meters: Meters, form: Any) -> None:
    with contextlib.suppress(Unreadable):
        holds(read(body, signal, form, meters=meters, now=NOW))
    with contextlib.suppress(Unreadable):
        holds(SOURCES["otlp"](body, now=NOW))


@given(JSON, SIGNALS, METERS)
@pytest.mark.timeless
def test_any_json_in_the_place_of_a_request(value: Any, signal: Signal, meters: Meters) -> None:
    for body in (value, {MEMBERS[signal][0]: value}):
        with contextlib.suppress(Unreadable):
            holds(read(json.dumps(body).encode(), signal, "json", meters=meters, now=NOW))


SERVICE = SERVICES.map(lambda name: [{"key": "service.name", "value": {"stringValue": name}}])


@given(st.lists(LEAVES | JSON, max_size=3), ATTRIBUTES | SERVICE, TEXTS | SCOPES, SIGNALS, METERS)
@pytest.mark.timeless
def test_any_records(leaves: Any, resource: Any, scope: str, signal: Signal, meters: Meters) -> None:
    outer, middle, inner = MEMBERS[signal]
    body = {outer: [{"resource": {"attributes": resource}, middle: [{"scope": {"name": scope}, inner: leaves}]}]}
    parsed = read(json.dumps(body).encode(), signal, "json", meters=meters, now=NOW)

    holds(parsed)
    if signal != "metrics":
        assert parsed.rows + parsed.ignored == len(leaves)


def filled(request: Any, draw: Any, depth: int = 0) -> None:
    """Fills a protobuf message with anything its fields may hold."""
    for field in request.DESCRIPTOR.fields:
        repeated = field.is_repeated
        if depth > 9 or draw(st.integers(0, 3)) == 0:
            continue
        if field.message_type is not None:
            for _ in range(draw(st.integers(0, 2)) if repeated else 1):
                inner = getattr(request, field.name).add() if repeated else getattr(request, field.name)
                if not repeated:
                    inner.SetInParent()
                filled(inner, draw, depth + 1)
            continue
        kinds: dict[str, st.SearchStrategy[Any]] = {
            "string": NAMES | TEXTS,
            "bytes": st.binary(max_size=16),
            "bool": st.booleans(),
            "double": st.floats(),
            "enum": st.integers(0, 3),
        }
        value = draw(kinds.get(_kind(field), st.integers(0, 2**31 - 1)))
        if repeated:
            getattr(request, field.name).append(value)
        else:
            setattr(request, field.name, value)


def _kind(field: Any) -> str:
    named = {
        field.TYPE_STRING: "string",
        field.TYPE_BYTES: "bytes",
        field.TYPE_BOOL: "bool",
        field.TYPE_DOUBLE: "double",
        field.TYPE_ENUM: "enum",
    }
    return named.get(field.type, "whole")


@settings(max_examples=60)
@given(st.data(), SIGNALS, METERS)
@pytest.mark.timeless
def test_any_protobuf_message(data: Any, signal: Signal, meters: Meters) -> None:
    request = REQUESTS[signal]()
    filled(request, data.draw)

    holds(read(request.SerializeToString(), signal, "protobuf", meters=meters, now=NOW))


@given(st.integers(0, 2424), st.integers(0, 255))
def test_a_captured_body_with_a_byte_changed_or_cut_short(at: int, byte: int) -> None:
    body = bytearray(sample("otlp_genai_openai_default/000_v1_traces.bin"))
    body[at] = byte
    for changed in (bytes(body), bytes(body[:at])):
        with contextlib.suppress(Unreadable):
            holds(read(changed, "traces", "protobuf", meters="auto", now=NOW))
