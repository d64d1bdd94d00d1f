"""Plain spans are read into columns as the parser reads them; all other bodies are left to it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from bot.intake.twins.index import packed_calls
from bot.intake.twins.sightings import packed_sighting
from bot.sources.otlp.parser import read
from bot.sources.otlp.producers.registry import read_files
from bot.sources.otlp.profiles import Meters
from bot.sources.otlp.quick import senders
from bot.sources.otlp.quick.plain import MAX_PLAIN_BYTES, MAX_PLAIN_ROWS, plain_spans
from bot.sources.plain_calls import PlainCalls
from bot.usage import MAX_TOKENS
from tests.support.traffic.real_bodies import real_cases
from tests.support.traffic.rebatched import rebatched

NOW = datetime(2026, 12, 2, 12, tzinfo=UTC)
AT = 1_795_427_000_000_000_000
CALL: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5",
    "gen_ai.response.id": "resp-1",
    "gen_ai.usage.input_tokens": 1_200,
    "gen_ai.usage.output_tokens": 900,
    "user.email": "anna@acme.test",
    "server.port": 443,
}
SCOPE = "opentelemetry.instrumentation.genai.openai"
_FILES = read_files()
SCOPES = sorted({"", SCOPE, "mine", *(s.replace("*", "") for found in _FILES.values() for s in found.sender.scopes)})
SERVICES = sorted({"checkout", *(service for found in _FILES.values() for service in found.sender.services)})


def value(given: Any) -> AnyValue:
    kinds = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}
    return given if isinstance(given, AnyValue) else AnyValue(**{kinds[type(given)]: given})


def span(facts: dict[str, Any], **members: Any) -> Span:
    given = {
        "trace_id": b"t" * 16,
        "span_id": b"s" * 8,
        "name": "chat gpt-5",
        "kind": Span.SPAN_KIND_CLIENT,
        "start_time_unix_nano": AT - 10**9,
        "end_time_unix_nano": AT,
    }
    attributes = [KeyValue(key=key, value=value(of)) for key, of in facts.items()]
    return Span(**{**given, **members}, attributes=attributes)


def body(*spans: Span, scope: str = SCOPE, resource: dict[str, Any] | None = None) -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    of_resource = {"service.name": "checkout", "team.id": "search"} if resource is None else resource
    group.resource.attributes.extend(KeyValue(key=key, value=value(given)) for key, given in of_resource.items())
    listed = group.scope_spans.add()
    listed.scope.name = scope
    listed.spans.extend(spans)
    return bytes(request.SerializeToString())


def taken(sent: bytes, meters: Meters = "auto") -> PlainCalls | None:
    """Reads a body into columns and asserts that the parser reads the same."""
    calls = plain_spans(sent, meters=meters, now=NOW)
    if calls is not None:
        parsed = read(sent, "traces", "protobuf", meters=meters, now=NOW)
        assert calls.events() == parsed.events
        assert (calls.ignored, set(calls.producers)) == (parsed.ignored, parsed.producers)
        assert (parsed.unusable, parsed.notes, parsed.warnings, parsed.unread) == ([], [], [], {})
    return calls


@pytest.fixture(autouse=True)
def nothing_is_known() -> Iterator[None]:
    senders.clear_senders()
    yield
    senders.clear_senders()


COUNTS = st.sampled_from(
    [0, 1, 5, 127, 128, 900, 16_384, 2_097_152, MAX_TOKENS, MAX_TOKENS + 1, -1, "7", 7.0, 7.5, True]
)
TEXTS = st.sampled_from(["", "a", "openai", "anthropic", "Ünïcode", "x" * 300, "nul\x00", " both ", "msg_1", "resp-2"])
NAMES = sorted(
    {name for found in _FILES.values() for names in found.names.values() for name in names}
    | {
        *(
            "gen_ai.usage.prompt_tokens",
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
        ),
        *("anthropic.usage.cache_creation.ephemeral_1h_input_tokens", "gen_ai.usage.reasoning.output_tokens"),
        *("gen_ai.usage.total_cost", "error.type", "traceloop.span.kind", "gen_ai.system", "session.id", "user.id"),
        *("openai.response.service_tier", "server.address", "gen_ai.usage.audio.input_tokens", "acme.total_tokens"),
        *("gen_ai.response.model", "ai.operationId", "llm.request.type", "gen_ai.input.messages", "team.id"),
        "tokens.reservation",
    }
)
COUNTED = sorted(name for name in NAMES if "token" in name or "cost" in name)
CHANGES = st.dictionaries(st.sampled_from(sorted(CALL)), TEXTS | COUNTS | st.none(), max_size=2)
MORE = st.dictionaries(st.sampled_from(NAMES), TEXTS | COUNTS, max_size=2)
MORE_COUNTS = st.dictionaries(st.sampled_from(COUNTED), COUNTS, max_size=3)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "trace_id": st.sampled_from([b"u" * 16, bytes(16), b"t" * 8, b""]),
        "span_id": st.sampled_from([b"r" * 8, bytes(8), b""]),
        "parent_span_id": st.sampled_from([b"", b"s" * 8, b"q" * 8, b"p" * 7, bytes(8)]),
        "kind": st.integers(0, 6),
        "name": st.sampled_from(["chat", "ai_gateway", "ai.streamText.doStream", ""]),
        "start_time_unix_nano": st.sampled_from([0, AT - 999, 2**64 - 1]),
        "end_time_unix_nano": st.sampled_from([0, AT + 1_001, 10**9, AT + 10**15, 2**64 - 1]),
        "status": st.sampled_from(
            [Status(), Status(code=Status.STATUS_CODE_OK), Status(code=Status.STATUS_CODE_ERROR)]
        ),
    },
)
SPANS = st.tuples(CHANGES, MORE, MORE_COUNTS, MEMBERS)


@given(
    drawn=st.lists(SPANS, min_size=1, max_size=4),
    scope=st.sampled_from(SCOPES),
    service=st.sampled_from(SERVICES),
    meters=st.sampled_from(["auto", "traces", "logs"]),
)
@settings(deadline=None, max_examples=400)
def test_what_is_read_into_columns_is_what_the_parser_reads(
    drawn: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]],
    scope: str,
    service: str,
    meters: Meters,
) -> None:
    spans = []
    for changes, more, counts, members in drawn:
        facts = {key: given for key, given in {**CALL, **changes, **more, **counts}.items() if given is not None}
        spans.append(span(facts, **members))
    sent = body(*spans, scope=scope, resource={"service.name": service})

    for _ in range(2):  # the second time its attributes are known
        taken(sent, meters)
    for one in spans:
        taken(body(one, scope=scope, resource={"service.name": service}), meters)


def test_bodies_of_real_programs_are_read_the_same() -> None:
    plain_ones = 0
    for case in real_cases():
        for seed in range(3):
            for one in rebatched(case.bodies, seed=seed):
                if (one.signal, one.form) == ("traces", "protobuf"):
                    plain_ones += taken(one.content, case.meters) is not None

    assert plain_ones > 30


def test_plain_spans_are_taken() -> None:
    cached = {**CALL, "gen_ai.usage.cache_read.input_tokens": 1_000, "gen_ai.usage.cache_creation.input_tokens": 100}
    calls = taken(
        body(
            span(CALL),
            span(cached, span_id=b"2" * 8, parent_span_id=b"s" * 8),
            span({name: given for name, given in CALL.items() if "response" not in name}, span_id=b"3" * 8),
            span({"http.request.method": "GET", "server.port": 443}, span_id=b"4" * 8),
            span(CALL, trace_id=b"u" * 16),
        )
    )

    assert calls is not None
    assert calls.counters[:2] == [(1_200, 0, 0, 0, 900, 0), (100, 1_000, 100, 0, 900, 0)]
    assert (calls.rows, calls.ignored) == ([0, 1, 2, 4], 1)
    assert [producer.name for producer in calls.producers] == [SCOPE]


CHANGED: list[dict[str, Any]] = [
    {"gen_ai.usage.cost": 0.25},
    {"gen_ai.usage.output_tokens": 1.5},
    {"gen_ai.usage.output_tokens": -1},
    {"gen_ai.usage.output_tokens": MAX_TOKENS + 1},
    {"gen_ai.usage.cache_read.input_tokens": 1_201},
    {"gen_ai.usage.reasoning.output_tokens": 901},
    {"gen_ai.usage.audio.input_tokens": 7},
    {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0},
    {"gen_ai.usage.prompt_tokens": 7},
    {"tokens.reservation": "r-1"},
    {"gen_ai.operation.name": "brand_new"},
    {"gen_ai.operation.name": "invoke_agent"},
    {"gen_ai.request.model": ""},
    {"gen_ai.response.id": "rësp"},
    {"user.email": "x" * 300},
    {"user.email": AnyValue(bytes_value=b"x")},
]


@pytest.mark.parametrize("changed", CHANGED, ids=str)
def test_one_span_that_needs_more_leaves_the_body_to_the_parser(changed: dict[str, Any]) -> None:
    assert taken(body(span(CALL), span({**CALL, **changed}, span_id=b"2" * 8))) is None


@pytest.mark.parametrize(
    "members",
    [
        {"status": Status(code=Status.STATUS_CODE_ERROR)},
        {"trace_id": bytes(16)},
        {"trace_id": b"t" * 8},
        {"parent_span_id": b"p" * 7},
        {"start_time_unix_nano": 0, "end_time_unix_nano": 0},
        {"end_time_unix_nano": AT + 10**15},
    ],
    ids=str,
)
def test_so_does_one_with_other_ids_or_times(members: dict[str, Any]) -> None:
    assert taken(body(span(CALL), span({**CALL, "gen_ai.response.id": "2"}, **members))) is None


def test_a_gateways_span_is_a_call_whatever_spans_of_other_names_are() -> None:
    facts = {"gen_ai.request.model": "gpt-5"}
    other = span(facts, span_id=b"2" * 8)

    assert taken(body(span(CALL), other)) is not None
    assert taken(body(span(CALL), span(facts, name="ai_gateway", span_id=b"3" * 8))) is None


def test_long_bodies_are_left_to_be_read_in_pieces() -> None:
    many = [span({**CALL, "gen_ai.response.id": f"r{at}"}) for at in range(MAX_PLAIN_ROWS + 1)]

    assert taken(body(*many[:-1])) is not None
    assert taken(body(*many)) is None
    assert taken(body(span({**CALL, "gen_ai.input.messages": "x" * MAX_PLAIN_BYTES}))) is None
    assert taken(body(span({**CALL, **{f"a{at}": at for at in range(130)}}))) is None
    assert taken(body()) is None
    assert taken(b"") is None
    assert taken(b"nothing") is None


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "_MOST_BYTES", 10_000)
    monkeypatch.setattr(senders, "_MOST_SENDERS", 3)

    for number in range(60):
        assert taken(
            body(span({**CALL, "user.email": f"p{number}@acme.test"}), resource={"service.name": f"s{number % 7}"})
        )
        assert senders.remembered()[0] <= 3
        assert senders.remembered()[1] <= 10_000


def test_parts_have_the_hints_of_their_calls() -> None:
    rows = [span({**CALL, "gen_ai.response.id": f"msg_{at}"}, parent_span_id=b"p" * 8) for at in range(5)]
    rows.insert(2, span({"server.port": 443}))
    calls = taken(body(*rows))

    assert calls is not None
    assert [len(part) for part in calls.parts(2)] == [2, 2, 1]
    assert [one for part in calls.parts(2) for one in part.events()] == calls.events()
    assert [row for row, _ in calls.events()] == [0, 1, 3, 4, 5]
    assert len({event.twin_hint for _, event in calls.events()}) == 5


def test_packed_sightings_are_those_of_the_events() -> None:
    rows = [
        span({**CALL, "gen_ai.response.id": f"msg_{at}", "gen_ai.usage.cache_read.input_tokens": at}) for at in range(3)
    ]
    calls = taken(body(*rows))

    assert calls is not None
    assert packed_calls(7, calls) == b"".join(packed_sighting(7, event) for _, event in calls.events())


def test_a_call_with_a_reservation_is_left_to_the_parser_which_reads_it() -> None:
    reserved = CALL | {"tokens.reservation": " rsv_1a "}
    assert taken(body(span(CALL))) is not None  # what is known of plain calls must not hide the reservation

    sent = body(span(reserved))

    assert taken(sent) is None
    ((_, event),) = read(sent, "traces", "protobuf", meters="auto", now=NOW).events
    assert event.reservation == "rsv_1a"
