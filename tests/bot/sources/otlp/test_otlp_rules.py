"""OTLP's metered records, their counts, their people, and the quarantined content of unusable records."""

from typing import Any

import pytest

from tests.bot.sources.otlp.otlp_examples import AS_CLAUDE_CODE, CLAUDE_CODE, chat, is_ignored, one, parsed_of, reason
from tests.support.traffic.otlp import CHAT, log, logs, span, traces


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
