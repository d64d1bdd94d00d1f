"""Coding assistants: what each one's records say that no other's do."""

from typing import Any

import pytest

from bot.sources.otlp.profiles import Meters
from tests.bot.sources.otlp.otlp_examples import AS_CLAUDE_CODE, CLAUDE_CODE, is_ignored, one, parsed_of
from tests.support.traffic.otlp import log, logs, span, traces

CODEX = {
    "event.name": "codex.sse_event",
    "event.kind": "response.completed",
    "event.timestamp": "2026-11-23T17:45:00.500Z",
    "conversation.id": "c-1",
    "model": "gpt-5.6",
    "input_token_count": "21002",
    "output_token_count": "502",
    "cached_token_count": 20004,
    "cache_write_token_count": 640,
    "reasoning_token_count": 202,
    "tool_token_count": "21504",
}
QWEN = {
    "session.id": "s-1",
    "model": "qwen3-coder-plus",
    "response_id": "chatcmpl-1",
    "input_token_count": 21014,
    "output_token_count": 514,
    "cached_content_token_count": 20028,
    "thoughts_token_count": 214,
}
QWEN_SPAN = {
    "session.id": "s-1",
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.response.model": "qwen3-coder-plus",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.usage.input_tokens": 21014,
    "gen_ai.usage.output_tokens": 514,
    "gen_ai.usage.cache_read.input_tokens": 20028,
    "thoughts_token_count": 214,
}


def figures(event: Any) -> tuple[int, ...]:
    return (event.uncached_input, event.cache_read, event.cache_write_5m, event.cache_write_1h, event.output)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ({"cache_creation_tokens": 3004}, (3004, 0)),  # of an older version, which has no durations
        (
            {"cache_creation_tokens": 3004, "cache_creation_5m_tokens": 1002, "cache_creation_1h_tokens": 2002},
            (1002, 2002),
        ),
        ({"cache_creation_tokens": 2002, "cache_creation_5m_tokens": 0, "cache_creation_1h_tokens": 2002}, (0, 2002)),
        ({"cache_creation_5m_tokens": 1002, "cache_creation_1h_tokens": 2002}, (1002, 2002)),
    ],
)
def test_claude_codes_cache_writes_have_their_duration(said: dict[str, Any], written: tuple[int, int]) -> None:
    event = one(logs(log(CLAUDE_CODE | said), **AS_CLAUDE_CODE))

    assert (event.cache_write_5m, event.cache_write_1h) == written
    assert (event.uncached_input, event.cache_read) == (10, 1000)


@pytest.mark.parametrize("source", ["repl_main_thread", "compact", "generate_session_title", "agent:builtin:explore"])
def test_claude_codes_subagents_titles_and_compactions_are_calls(source: str) -> None:
    said = CLAUDE_CODE | {"query_source": source, "agent.name": "explore"}

    assert one(logs(log(said), **AS_CLAUDE_CODE)).labels.tags == ("agent:explore",)


def test_codexs_cached_and_written_input_is_within_its_input_and_its_counts_are_text() -> None:
    event = one(logs(log(CODEX)))

    assert figures(event) == (358, 20_004, 640, 0, 502)
    assert (event.reasoning, event.reported_nanos, event.labels.provider) == (202, None, "openai")


@pytest.mark.parametrize(
    ("said", "tier"), [("flex", "flex"), ("priority", "priority"), ("fast", "priority"), ("default", ""), ("auto", "")]
)
def test_codexs_tier_is_the_one_that_was_asked_for(said: str, tier: str) -> None:
    assert one(logs(log(CODEX | {"service_tier": said}))).labels.tier == tier


def test_codexs_call_that_warms_up_a_connection_is_one_only_if_it_has_tokens() -> None:
    noughts = {name: "0" if isinstance(value, str) else 0 for name, value in CODEX.items() if name.endswith("_count")}

    assert is_ignored(logs(log(CODEX | noughts)))
    assert figures(one(logs(log(CODEX | noughts | {"input_token_count": "7"})))) == (7, 0, 0, 0, 0)


def test_codexs_calls_of_one_conversation_are_told_apart_by_time_and_figures() -> None:
    later = one(logs(log(CODEX | {"event.timestamp": "2026-11-23T17:45:00.501Z"})))
    other = one(logs(log(CODEX | {"output_token_count": "503"})))
    first, again = (one(logs(log(CODEX, observedTimeUnixNano=seen))) for seen in (None, "1795455900000000001"))

    assert len({first.key, later.key, other.key}) == 3
    assert (first.key, first.fingerprint) == (again.key, again.fingerprint)


@pytest.mark.parametrize("meters", ["auto", "logs", "traces"])
def test_qwen_codes_record_and_span_are_one_call_whichever_comes(meters: Meters) -> None:
    as_qwen: dict[str, Any] = {"resource": {"service.name": "qwen-code"}, "scope": "qwen-code"}
    in_logs = logs(log({"event.name": "qwen-code.api_response", **QWEN}), **as_qwen)
    in_traces = traces(span(kind=1, name="qwen-code.llm_request", said=QWEN_SPAN), **as_qwen)
    found = [event for body in (in_logs, in_traces) for _, event in parsed_of(body, meters=meters).events]

    assert len(found) == (2 if meters == "auto" else 1)
    assert len({(event.key, event.fingerprint) for event in found}) == 1
    for event in found:
        assert figures(event) == (986, 20_028, 0, 0, 514)
        assert (event.reasoning, event.labels.tool, event.labels.provider) == (214, "Qwen Code", "")


def test_copilots_command_line_is_copilot_and_its_agents_span_is_no_call() -> None:
    as_copilot: dict[str, Any] = {"resource": {"service.name": "renamed"}, "scope": "github.copilot"}
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5}

    assert one(traces(span(said=said), **as_copilot)).labels.tool == "GitHub Copilot"
    assert is_ignored(traces(span(kind=1, said=said | {"gen_ai.operation.name": "invoke_agent"}), **as_copilot))


def test_opencodes_call_has_its_writes_by_duration_and_no_user_called_unknown() -> None:
    said = {
        "ai.operationId": "ai.streamText.doStream",
        "ai.telemetry.functionId": "session.llm",
        "ai.telemetry.metadata.userId": "unknown",
        "ai.model.provider": "anthropic.messages",
        "ai.response.model": "claude-haiku-4-5",
        "ai.response.id": "msg_1",
        "ai.usage.inputTokens": 24_276,
        "ai.usage.outputTokens": 319,
        "ai.usage.cachedInputTokens": 20_019,
        "ai.usage.inputTokenDetails.cacheWriteTokens": 3038,
        "ai.response.providerMetadata": '{"anthropic": {"usage": {"cache_creation": {"ephemeral_5m_input_tokens": 1019, '
        '"ephemeral_1h_input_tokens": 2019}, "service_tier": "batch", "inference_geo": "us", '
        '"server_tool_use": {"web_search_requests": 3}}, "text": "canary"}}',
    }
    body = traces(span(kind=1, said=said), resource={"service.name": "opencode"}, scope="opencode")
    event = one(body)

    assert figures(event) == (1219, 20_019, 1019, 2019, 319)
    assert (event.labels.user, event.labels.workflow, event.labels.tool) == ("", "", "opencode")
    assert (event.labels.provider, event.labels.tier, event.labels.geo) == ("anthropic", "batch", "us")
    assert event.units == (("web_searches", 3_000_000),)
    assert "canary" not in repr(event)
    outer = traces(span(kind=1, said=said | {"ai.operationId": "ai.streamText"}), resource={"service.name": "opencode"})
    assert is_ignored(outer)


def test_a_known_instrumentation_within_a_program_that_is_metered_by_its_spans_is_read_by_its_own_rules() -> None:
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5}

    event = one(traces(span(said=said), resource={"service.name": "opencode"}, scope="gen_ai"))
    assert (event.labels.tool, event.uncached_input) == ("opencode", 5)
    assert is_ignored(traces(span(said=said), resource={"service.name": "codex_exec"}, scope="gen_ai"))
