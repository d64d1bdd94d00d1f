"""OTLP's metered records, their counts, their people, and the quarantined content of unusable records."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from bot.sources import SOURCES
from bot.sources.otlp.parser import read
from bot.sources.otlp.profiles import Meters
from bot.sources.rows import Unreadable
from bot.usage import MAX_TOKENS, Parsed, UsageEvent
from tests.support.otlp import AT, CHAT, REQUESTS, attributes, log, logs, metrics, sample, span, traces

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


# What is metered.


@pytest.mark.parametrize("operation", ["chat", "text_completion", "generate_content", "embeddings", "Chat"])
def test_a_clients_span_of_inference_is_a_call(operation: str) -> None:
    assert one(traces(span(said=chat(gen_ai__operation__name=operation)))).uncached_input == 1000


@pytest.mark.parametrize(
    "operation",
    [
        "invoke_agent",
        "invoke_workflow",
        "execute_tool",
        "plan",
        "agent_step",
        "create_agent",
        "retrieval",
        "fetch_response",
    ],
)
@pytest.mark.parametrize("kind", [1, 3])
def test_what_agents_workflows_and_tools_say_they_used_is_left_to_the_calls_below_them(
    operation: str, kind: int
) -> None:
    assert is_ignored(traces(span(kind=kind, said=chat(gen_ai__operation__name=operation))))


@pytest.mark.parametrize("kind", [1, 2, 4, 5])
def test_a_wrapper_around_a_call_is_none_though_it_says_chat(kind: int) -> None:
    assert is_ignored(traces(span(kind=kind)))


def test_a_clients_span_with_usage_of_an_unknown_operation_is_an_error_that_names_it_and_others_are_ignored() -> None:
    unknown = chat(gen_ai__operation__name="dream")

    assert reason(traces(span(said=unknown))).startswith("gen_ai.operation.name is 'dream'")
    assert is_ignored(traces(span(kind=1, said=unknown)))
    assert is_ignored(traces(span(said={"gen_ai.operation.name": "dream"})))


def test_spans_of_anything_else_are_ignored_and_not_rejected() -> None:
    assert is_ignored(traces(span(name="GET /", said={"http.request.method": "GET", "user.id": "anna"})))
    assert is_ignored(traces(span(name="anthropic.test", said={"gen_ai.provider.name": "anthropic"})))
    assert is_ignored(traces({"name": "no ids", "traceId": "?", "spanId": ""}))


@pytest.mark.parametrize(("kind", "is_call"), [("LLM", True), ("EMBEDDING", True), ("AGENT", False), ("CHAIN", False)])
def test_openinference_says_by_its_own_kind_what_is_a_call(kind: str, is_call: bool) -> None:
    said = {
        "openinference.span.kind": kind,
        "llm.model_name": "gpt-4o",
        "llm.provider": "openai",
        "llm.token_count.prompt": 1000,
        "llm.token_count.prompt_details.cache_read": 400,
        "llm.token_count.completion": 90,
        "llm.token_count.completion_details.reasoning": 30,
        "llm.cost.total": 0.25,
    }
    body = traces(span(kind=1, said=said))

    assert is_ignored(body) is not is_call
    if is_call:
        event = one(body)
        assert (event.uncached_input, event.cache_read, event.output, event.reasoning) == (600, 400, 90, 30)
        assert (event.labels.provider, event.labels.model, event.reported_nanos) == ("openai", "gpt-4o", 250_000_000)


def test_openllmetrys_old_names_are_a_call_and_its_workflows_are_not() -> None:
    said = {
        "llm.request.type": "chat",
        "gen_ai.system": "Anthropic",
        "gen_ai.request.model": "claude-opus-4-5",
        "gen_ai.usage.prompt_tokens": 500,
        "gen_ai.usage.cache_read_input_tokens": 100,
        "gen_ai.usage.cache_creation_input_tokens": 50,
        "gen_ai.usage.completion_tokens": 20,
    }
    event = one(traces(span(said=said)))

    assert (event.uncached_input, event.cache_read, event.cache_write_5m, event.output) == (350, 100, 50, 20)
    assert is_ignored(traces(span(said=said | {"traceloop.span.kind": "workflow"})))


def test_vercels_inner_span_is_the_call_and_the_outer_one_that_sums_up_is_not() -> None:
    said = {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.id": "gpt-4o",
        "ai.model.provider": "openai.chat",
        "ai.usage.promptTokens": 40,
        "ai.usage.completionTokens": 4,
        "ai.telemetry.functionId": "summaries",
    }
    event = one(traces(span(kind=1, said=said)))

    assert (event.labels.provider, event.uncached_input, event.output, event.labels.workflow) == (
        "openai",
        40,
        4,
        "summaries",
    )
    assert is_ignored(traces(span(kind=1, said=said | {"ai.operationId": "ai.generateText"})))


def test_anthropics_own_server_tells_of_calls_as_a_server() -> None:
    said = chat(gen_ai__provider__name="anthropic", gen_ai__response__id="msg_1", anthropic__request__id="req_1")

    assert one(traces(span(kind=2, said=said))).event_id == "msg_1"


def test_claude_code_is_metered_by_its_logs_or_by_its_spans_as_the_source_says_and_never_by_both() -> None:
    told = {"model": "claude-sonnet-5", "input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 1000}
    in_traces = traces(span(kind=1, name="claude_code.llm_request", said=told), **AS_CLAUDE_CODE)
    in_logs = logs(log(CLAUDE_CODE), **AS_CLAUDE_CODE)
    found = {
        meters: (len(parsed_of(in_traces, meters=meters).events), len(parsed_of(in_logs, meters=meters).events))
        for meters in ("auto", "logs", "traces", "metrics")
    }

    assert found == {"auto": (0, 1), "logs": (0, 1), "traces": (1, 0), "metrics": (0, 0)}
    assert one(in_traces, meters="traces").uncached_input == 10


@pytest.mark.parametrize(
    "said",
    [
        CLAUDE_CODE | {"event.name": "api_error"},
        CLAUDE_CODE | {"event.name": "subagent_completed", "total_tokens": 5000},
        {"event.name": "codex.sse_event", "event.kind": "response.completed", "duration_ms": 12},
        {"event.name": "codex.sse_event", "event.kind": "response.failed", "input_token_count": 3},
        {"event.name": "gen_ai.client.inference.operation.details", **CHAT},
        {"event.name": "copilot_chat.agent.turn", **CHAT},
        {"event.name": "something.else"},
    ],
)
def test_log_records_that_tell_of_no_call_or_of_one_told_elsewhere_are_ignored(said: dict[str, Any]) -> None:
    assert is_ignored(logs(log(said), **AS_CLAUDE_CODE))


def test_somebody_elses_api_request_is_not_claude_codes() -> None:
    assert is_ignored(logs(log(CLAUDE_CODE), resource={"service.name": "billing"}))
    assert (
        one(
            logs(log(CLAUDE_CODE), resource={"service.name": "ci"}, scope="com.anthropic.claude_code.events")
        ).labels.workflow
        == "ci"
    )


# How counts are read.


@pytest.mark.parametrize(
    ("said", "counters"),
    [
        (chat(), (1000, 0, 0, 0, 100, 0)),
        (chat(gen_ai__usage__cache_read__input_tokens=1000), (0, 1000, 0, 0, 100, 0)),
        (chat(gen_ai__usage__cache_write__input_tokens=300), (700, 0, 300, 0, 100, 0)),
        (chat(gen_ai__usage__cache_creation__input_tokens="300"), (700, 0, 300, 0, 100, 0)),
        (chat(gen_ai__usage__input_tokens=None, gen_ai__usage__prompt_tokens=7.0), (7, 0, 0, 0, 100, 0)),
        (chat(gen_ai__usage__prompt_tokens=7), (1000, 0, 0, 0, 100, 0)),  # the newer name stands
        (chat(**{"gen_ai.usage.output_tokens.reasoning": 40}), (1000, 0, 0, 0, 100, 40)),
        (
            chat(
                **{
                    "gen_ai.usage.cache_write.input_tokens": 300,
                    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 100,
                    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 150,
                    "anthropic.usage.compaction.input_tokens": 5000,
                    "anthropic.usage.compaction.output_tokens": 600,
                }
            ),
            (5700, 0, 150, 150, 700, 0),
        ),
    ],
)
def test_counters_are_disjoint(said: dict[str, Any], counters: tuple[int, ...]) -> None:
    event = one(traces(span(said=said)))
    found = (
        event.uncached_input,
        event.cache_read,
        event.cache_write_5m,
        event.cache_write_1h,
        event.output,
        event.reasoning,
    )

    assert found == counters


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (chat(gen_ai__usage__cache_read__input_tokens=1001), "gen_ai.usage.input_tokens is less than its cached parts"),
        (chat(gen_ai__usage__reasoning__output_tokens=101), "gen_ai.usage.reasoning.output_tokens is more than"),
        (chat(gen_ai__usage__input_tokens=-1), "gen_ai.usage.input_tokens is negative"),
        (chat(gen_ai__usage__input_tokens=MAX_TOKENS + 1), "gen_ai.usage.input_tokens is over a hundred billion"),
        (chat(gen_ai__usage__input_tokens="many"), "gen_ai.usage.input_tokens is not a whole number"),
        (chat(gen_ai__usage__output_tokens=1.5), "gen_ai.usage.output_tokens is not a whole number"),
        (chat(gen_ai__usage__output_tokens=True), "gen_ai.usage.output_tokens is not a whole number"),
        (chat(gen_ai__usage__cost=-0.5), "gen_ai.usage.cost is negative"),
        (chat(gen_ai__usage__cost="dear"), "gen_ai.usage.cost"),
        (chat(gen_ai__response__model=None), "gen_ai.response.model and gen_ai.request.model are missing"),
        (chat(gen_ai__response__model="m" * 257), "gen_ai.response.model is longer than 256"),
        (chat(gen_ai__response__model="a\x00b"), "gen_ai.response.model holds a NUL"),
    ],
)
def test_what_no_call_can_have_is_an_error_that_names_the_attribute(said: dict[str, Any], words: str) -> None:
    assert reason(traces(span(said=said))).startswith(words)


def test_a_part_without_its_whole_is_an_error() -> None:
    said = chat(gen_ai__usage__input_tokens=None, gen_ai__usage__cache_read__input_tokens=5)

    assert reason(traces(span(said=said))) == "the input count (not given) is less than its cached parts"


def test_geminis_thoughts_and_tool_prompts_are_beside_its_output_and_input_and_codexs_tool_tokens_are_neither() -> None:
    counts = {"model": "m", "input_token_count": 100, "output_token_count": 10, "tool_token_count": 30}
    gemini = log({"event.name": "gemini_cli.api_response", "thoughts_token_count": 20, **counts})
    codex = log({"event.name": "codex.sse_event", "event.kind": "response.completed", **counts})
    found = [one(logs(record)) for record in (gemini, codex)]

    assert [(event.uncached_input, event.output, event.reasoning) for event in found] == [(130, 30, 20), (100, 10, 0)]


def test_no_tokens_told_is_a_call_unmetered_and_a_failed_one_costs_nothing() -> None:
    none = chat(gen_ai__usage__input_tokens=None, gen_ai__usage__output_tokens=None)
    noughts = chat(gen_ai__usage__input_tokens=0, gen_ai__usage__output_tokens=0)
    bodies = {
        "silent": span(said=none),
        "noughts": span(said=noughts),
        "failed": span(failed=True, said=none),
        "failed by its attribute": span(said=none | {"error.type": "429"}),
        "failed with noughts": span(failed=True, said=noughts),
        "failed after it was paid for": span(failed=True),
        "failed before a model was known": span(failed=True, said={"gen_ai.operation.name": "chat"}),
        "free, as it says": span(said=noughts | {"gen_ai.usage.cost": 0}),
        "a cost alone": span(said=none | {"gen_ai.usage.cost": 0.04}),
    }
    found = {name: one(traces(body)) for name, body in bodies.items()}

    assert {name for name, event in found.items() if event.unmetered} == {"silent", "noughts"}
    assert {name for name, event in found.items() if event.failed} == {
        *("failed", "failed by its attribute", "failed with noughts", "failed before a model was known")
    }
    assert found["failed before a model was known"].labels.model == "unknown"
    assert found["a cost alone"].reported_nanos == 40_000_000


def test_a_cost_in_whole_micro_dollars_is_taken_before_its_rounded_twin() -> None:
    said = CLAUDE_CODE | {"cost_usd": 0.0475000001, "cost_usd_micros": 47_500}

    assert one(logs(log(said), **AS_CLAUDE_CODE)).reported_nanos == 47_500_000


@pytest.mark.parametrize(
    ("attribute", "value", "tier"),
    [
        ("openai.response.service_tier", "flex", "flex"),
        ("anthropic.response.service_tier", "standard", ""),
        ("gen_ai.openai.response.service_tier", "default", ""),
        ("speed", "fast", "fast"),
        ("speed", "normal", ""),
    ],
)
def test_a_tier_that_changes_the_price_is_told(attribute: str, value: str, tier: str) -> None:
    assert one(traces(span(said=CHAT | {attribute: value}))).labels.tier == tier


# Which call it is.


def test_a_response_told_by_two_spans_of_a_trace_is_one_call_and_ids_repeat_across_traces() -> None:
    said = chat(gen_ai__response__id="chatcmpl-1")
    first, again = (one(traces(span(1, spanId=f"{n:016x}", said=said))) for n in (1, 2))
    elsewhere = one(traces(span(2, said=said)))

    assert (first.key, first.fingerprint) == (again.key, again.fingerprint)
    assert elsewhere.key != first.key


def test_without_a_response_a_span_is_told_by_its_own_ids_and_without_any_it_is_an_error() -> None:
    first, second = one(traces(span(1))), one(traces(span(2)))
    nothing: dict[str, Any] = {"traceId": "0" * 32, "spanId": "0" * 16}

    assert first.key != second.key
    assert (first.event_id, first.occurred_at) == (f"{1:016x}", AT // 1000)
    assert reason(traces(span(**nothing))).startswith("traceId, spanId and gen_ai.response.id are missing")
    assert one(traces(span(said=chat(gen_ai__response__id="r"), **nothing))).event_id == "r"


def test_ids_are_hexadecimal_and_base64_of_protobufs_own_writers_is_the_same() -> None:
    in_base64: dict[str, Any] = {"traceId": "AAAAAAAAAAAAAAAAAAAAAQ==", "spanId": "AAAAAAAAAAE="}

    assert one(traces(span(1))).key == one(traces(span(1, **in_base64))).key


def test_claude_codes_calls_are_told_by_request_or_by_their_place_in_the_session() -> None:
    def key(**others: Any) -> bytes:
        said = {name: value for name, value in (CLAUDE_CODE | others).items() if value is not None}
        return one(logs(log(said), **AS_CLAUDE_CODE)).key

    assert key() == key(**{"event.sequence": 18})
    assert key() != key(request_id="req_2")
    assert key(request_id=None) != key(**{"request_id": None, "event.sequence": 18})


def test_a_time_is_the_records_or_the_events_own_or_when_it_came() -> None:
    stamp = {"event.timestamp": "2026-11-23T17:45:00.500Z"}
    timed = [
        one(logs(log(CLAUDE_CODE | stamp), **AS_CLAUDE_CODE)),
        one(logs(log(CLAUDE_CODE | stamp, timeUnixNano=None), **AS_CLAUDE_CODE)),
        one(traces(span(startTimeUnixNano=None, endTimeUnixNano=0))),
        one(traces(span(endTimeUnixNano=None))),
    ]

    assert [event.occurred_at for event in timed] == [
        *(AT // 1000, AT // 1000 + 500_000, int(NOW.timestamp() * 1e6), AT // 1000)
    ]
    assert reason(traces(span(endTimeUnixNano=5))) == "the time is before 2020"
    assert reason(logs(log(CLAUDE_CODE | {"event.timestamp": "soon"}, timeUnixNano=0), **AS_CLAUDE_CODE)).startswith(
        "event.timestamp is not RFC 3339"
    )


# Whose it was.


@pytest.mark.parametrize(
    ("resource", "said", "user"),
    [
        ({}, {"user.email": "anna@acme.test", "user.id": "7"}, "anna@acme.test"),
        ({}, {"enduser.id": "anna"}, "anna"),
        ({"user.email": "anna@acme.test"}, {}, "anna@acme.test"),
        ({"service.name": "claude-code"}, {"user.id": "an-installation"}, ""),
        ({"service.name": "claude-code"}, {"user.id": "x", "user.account_id": "user_01"}, "user_01"),
        ({"service.name": "claude-code"}, {"user.id": "okta-7", "identity.source": "gateway-oidc"}, "okta-7"),
    ],
)
def test_a_person_is_told_by_email_and_an_installation_is_nobody(
    resource: dict[str, Any], said: dict[str, Any], user: str
) -> None:
    if resource.get("service.name") == "claude-code":
        assert one(logs(log(CLAUDE_CODE | said), resource=resource)).labels.user == user
    else:
        assert one(traces(span(said=CHAT | said), resource=resource)).labels.user == user


def test_groups_count_where_the_gateway_that_signed_the_person_in_said_so() -> None:
    said = CLAUDE_CODE | {"user.groups": "team-abc, everyone"}
    trusted = one(logs(log(said | {"identity.source": "gateway-oidc"}), **AS_CLAUDE_CODE))
    claimed = one(logs(log(said), **AS_CLAUDE_CODE))

    assert (trusted.labels.gateway_team, trusted.labels.tags) == ("team-abc", ("group:team-abc", "group:everyone"))
    assert (claimed.labels.gateway_team, claimed.labels.tags) == ("", ())


def test_a_service_is_a_workflow_unless_it_has_a_better_name_or_is_a_program() -> None:
    def workflow(resource: dict[str, Any], **said: Any) -> str:
        return one(traces(span(said=chat(**said)), resource=resource)).labels.workflow

    assert workflow({"service.name": "checkout"}) == "checkout"
    assert workflow({"service.name": "checkout"}, workflow="code-review") == "code-review"
    assert workflow({"service.name": "copilot-chat"}) == ""
    assert workflow({"service.name": "copilot-for-sales"}) == "copilot-for-sales"
    assert workflow({"service.name": "unknown_service:node"}) == ""


def test_a_host_that_was_called_is_told_and_a_bare_address_is_not() -> None:
    def api_base(host: str) -> str:
        return one(traces(span(said=CHAT | {"server.address": host}))).labels.api_base

    assert api_base("llm.acme.test") == "llm.acme.test"
    assert [api_base(host) for host in ("10.0.0.7", "127.0.0.1", "[::1]", "fe80::1%eth0")] == ["", "", "", ""]


@pytest.mark.parametrize(("mode", "notional"), [("ApiKey", False), ("Chatgpt", True), ("ChatGPT", True)])
def test_codex_on_a_personal_plan_is_notional(mode: str, notional: bool) -> None:
    said = {"event.name": "codex.sse_event", "event.kind": "response.completed", "model": "m", "input_token_count": "3"}

    assert one(logs(log(said | {"auth_mode": mode}))).notional is notional


# Metrics.


def total(value: Any = 5000, *, name: str = "claude_code.token.usage", temporality: int = 1, **others: Any) -> Any:
    point = {
        "attributes": attributes({"type": "input", "model": "claude-sonnet-5", **others}),
        "startTimeUnixNano": str(AT),
        "timeUnixNano": str(AT + 60 * 10**9),
        **({"asInt": str(value)} if isinstance(value, int) else {"asDouble": value}),
    }
    return {"name": name, "sum": {"aggregationTemporality": temporality, "isMonotonic": True, "dataPoints": [point]}}


def test_points_of_a_sum_are_metered_where_the_source_says_so_alone() -> None:
    assert one(metrics(total(), **AS_CLAUDE_CODE), meters="metrics").uncached_input == 5000
    assert one(metrics(total(7.0), **AS_CLAUDE_CODE), meters="metrics").uncached_input == 7
    for meters in ("auto", "traces", "logs"):
        assert is_ignored(metrics(total(), **AS_CLAUDE_CODE), meters=meters)


def test_a_series_is_told_by_all_its_attributes_and_a_point_by_its_time() -> None:
    def key(**others: Any) -> bytes:
        return one(metrics(total(**others), **AS_CLAUDE_CODE), meters="metrics").key

    assert key() == key()
    assert (
        len({key(), key(effort="high"), key(**{"mcp_server.name": "jira"}), key(**{"user.email": "anna@acme.test"})})
        == 4
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            total(temporality=2),
            "claude_code.token.usage is cumulative: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        ),
        (total(name="gemini_cli.token.usage"), "gemini_cli.token.usage counts cached input in its input"),
        (total(name="gen_ai.client.inference.usage.input_tokens"), "gen_ai.client.inference.usage.input_tokens counts"),
        (total(-1), "claude_code.token.usage is negative"),
        (total(0.5), "claude_code.token.usage is not a whole number"),
        (total(type="thoughts"), "type is 'thoughts', which is none of input"),
    ],
)
def test_sums_that_can_not_be_read_are_refused_and_say_what_to_do(found: Any, words: str) -> None:
    assert reason(metrics(found, **AS_CLAUDE_CODE), meters="metrics").startswith(words)


def test_histograms_gauges_and_other_sums_are_never_metered() -> None:
    for found in (
        {"name": "gen_ai.client.token.usage", "histogram": {"dataPoints": [{"sum": 5.0}]}},
        {"name": "claude_code.token.usage", "gauge": {"dataPoints": [{"asInt": 5}]}},
        {"name": "claude_code.token.usage", "sum": {"dataPoints": [{"asInt": 5}], "isMonotonic": False}},
        total(0.05, name="claude_code.cost.usage"),
        total(0),
    ):
        assert is_ignored(metrics(found, **AS_CLAUDE_CODE), meters="metrics"), found


# Bodies at fault, and the quarantine.

SECRETS = {
    "gen_ai.input.messages": "the secret prompt",
    "gen_ai.prompt_json": "the secret prompt",
    "http.request.header.authorization": "the secret header",
    "client.address": "192.0.2.7",
    "server.address": "192.0.2.8",
}


def test_a_row_that_can_not_be_used_is_kept_without_prompts_headers_and_addresses_and_can_be_read_again() -> None:
    resource = {"service.name": "checkout", "team.id": "search", "host.ip": "192.0.2.9"}
    body = traces(span(said=chat(gen_ai__usage__input_tokens=-1, **SECRETS)), resource=resource)
    as_protobuf = _protobuf(body)
    for parsed in (parsed_of(body), read(as_protobuf, "traces", "protobuf", meters="auto", now=NOW)):
        (row,) = parsed.unusable
        assert row.kept
        assert b"secret" not in row.kept
        assert b"192.0.2" not in row.kept
        mended = row.kept.replace(b'"-1"', b'"12"')
        ((_, event),) = SOURCES["otlp"](mended, now=NOW).events
        assert (event.uncached_input, event.labels.workflow, event.labels.declared_team) == (12, "checkout", "search")
        assert event.key == one(traces(span(said=CHAT))).key


def _protobuf(body: Any) -> bytes:
    for group in body["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for found in scope["spans"]:  # this reader takes base64 alone
                found["traceId"], found["spanId"] = "AAAAAAAAAAAAAAAAAAAAAQ==", "AAAAAAAAAAE="
    written: bytes = ParseDict(body, REQUESTS["traces"]()).SerializeToString()
    return written


def test_a_row_that_can_not_even_be_decoded_is_kept_without_them_too() -> None:
    resource = {"service.name": "checkout", "host.ip": "192.0.2.9"}
    bodies = [
        traces(span(said=CHAT | SECRETS, endTimeUnixNano="soon"), resource=resource),
        traces({**span(said=CHAT | SECRETS), "name": 7, "events": [{"name": "the secret event"}]}, resource=resource),
    ]
    for body in bodies:
        (row,) = parsed_of(body).unusable
        assert b"gen_ai.usage.input_tokens" in row.kept
        assert b"secret" not in row.kept
        assert b"192.0.2" not in row.kept


def test_a_row_kept_of_a_source_that_meters_by_one_signal_is_read_again_by_that_signal() -> None:
    (row,) = parsed_of(metrics(total(-3), **AS_CLAUDE_CODE), meters="metrics").unusable
    ((_, event),) = SOURCES["otlp"](row.kept.replace(b"-3", b"3"), now=NOW).events

    assert event.uncached_input == 3


def test_one_bad_row_spoils_no_neighbour_in_json() -> None:
    bad_rows = [
        span(2, said=chat(gen_ai__response__model="\ud800")),
        {**span(3), "name": 7},
        {**span(4), "endTimeUnixNano": "soon"},
        7,
    ]
    parsed = parsed_of(traces(span(1), *bad_rows, span(5)))

    assert [index for index, _ in parsed.events] == [0, 5]
    faults = (
        "gen_ai.response.model holds a NUL",
        "name: expected",
        "endTimeUnixNano is not a whole number",
        "the row: ",
    )
    assert [row.index for row in parsed.unusable] == [1, 2, 3, 4]
    for row, words in zip(parsed.unusable, faults, strict=True):
        assert row.reason.startswith(words)


def test_one_bad_row_spoils_no_neighbour_in_protobuf() -> None:
    request = REQUESTS["traces"].FromString(sample("otlp_genai_openai_default/000_v1_traces.bin"))
    body = request.SerializeToString().replace(b"chatcmpl-FAKE1", b"chatcmpl-\xff\xff\xff\xff\xff")
    parsed = read(body, "traces", "protobuf", meters="auto", now=NOW)

    assert [index for index, _ in parsed.events] == [1, 2, 3]
    assert [(row.index, "not UTF-8" in row.reason, row.kept) for row in parsed.unusable] == [(0, True, b"")]


def test_half_a_character_in_what_nobody_reads_is_no_fault() -> None:
    said = CHAT | {"gen_ai.input.messages": "cut \ud83d"}
    body = traces(
        span(1, said=said, events=[{"name": "\ud83d"}]), resource={"service.name": "a", "host.name": "\ud83d"}
    )

    assert one(body).uncached_input == 1000


def test_text_that_is_not_utf_8_in_json_is_its_rows_fault_alone() -> None:
    body = json.dumps(traces(span(1, said=chat(gen_ai__response__model="bad-one")), span(2))).encode()
    parsed = read(body.replace(b"bad-one", b"bad-\xff\xfe"), "traces", "json", meters="auto", now=NOW)

    assert [index for index, _ in parsed.events] == [1]
    assert parsed.unusable[0].index == 0


@pytest.mark.parametrize(
    "body", [b"hello", b"[]", b"7", b"null", b'{"resourceSpans": 7}', b'{"resourceSpans": [', b"\xff"]
)
def test_a_body_that_is_no_request_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body, "traces", "json", meters="auto", now=NOW)


@pytest.mark.parametrize("body", [b"hello", b"\x0a\xff", b"\x0a\x05abc", b"\xff" * 20, b"\x0f"])
def test_bytes_that_are_no_request_are_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body, "traces", "protobuf", meters="auto", now=NOW)


def test_a_body_sent_to_another_signals_route_is_said_and_not_lost() -> None:
    body = json.dumps(logs(log(CLAUDE_CODE))).encode()

    with pytest.raises(Unreadable, match="has resourceLogs; sent as traces it must have resourceSpans"):
        read(body, "traces", "json", meters="auto", now=NOW)


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b'{"resourceSpans": []}', b'{"resourceSpans": [{}]}', b'{"x": 1}'])
def test_nothing_is_fine(body: bytes) -> None:
    assert read(body, "traces", "json", meters="auto", now=NOW).rows == 0
