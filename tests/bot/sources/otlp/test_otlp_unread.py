"""Records with usage that no rule books: each is counted by producer and reason, and can be read again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sources.otlp import parser
from bot.sources.otlp.profiles import Meters
from bot.sources.otlp.unbooked import looks_like_count
from bot.unread import Unread
from bot.usage import UnreadRows
from tests.bot.sources.otlp.otlp_examples import AS_CLAUDE_CODE, CLAUDE_CODE, chat, parsed_of, total
from tests.support.traffic.otlp import log, logs, metrics, span, traces

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def unread(body: Any, *, meters: Meters = "auto") -> tuple[Unread, UnreadRows]:
    parsed = parsed_of(body, meters=meters)
    assert (parsed.events, parsed.unusable) == ([], [])
    ((found, rows),) = parsed.unread.items()
    assert parsed.ignored == rows.rows
    return found, rows


def test_an_internal_span_with_usage_is_unread_under_its_instrumentation_and_service() -> None:
    body = traces(span(kind=1), resource={"service.name": "checkout"}, scope="acme.telemetry.tracer")

    found, rows = unread(body)

    assert found.kind == "unknown"
    assert found.producer[0::2] == ("acme.telemetry.tracer", "checkout")
    assert "kind" in found.reason
    assert len(rows.kept) == 1


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (chat(gen_ai__operation__name="invoke_agent"), "repeat"),
        (chat(gen_ai__operation__name="list_batches"), "repeat"),
        ({"openinference.span.kind": "AGENT", "llm.token_count.prompt": 5}, "repeat"),
        ({"ai.operationId": "ai.generateText", "ai.usage.promptTokens": 5}, "repeat"),
        ({"traceloop.span.kind": "workflow", "gen_ai.usage.input_tokens": 5}, "repeat"),
        ({"gen_ai.usage.input_tokens": 5}, "unknown"),
        ({"acme.llm.total_tokens": 5}, "unknown"),
        ({"acme.usage.cost_usd": 0.5}, "unknown"),
        ({"acme.tokens_used": "5"}, "unknown"),
    ],
)
def test_what_repeats_a_call_is_told_apart_from_what_nobody_knows(said: dict[str, Any], kind: str) -> None:
    found, rows = unread(traces(span(kind=3, said=said)))

    assert (found.kind, rows.rows, len(rows.kept)) == (kind, 1, kind == "unknown")


@pytest.mark.parametrize(
    "said",
    [
        {},
        chat(gen_ai__usage__input_tokens=0, gen_ai__usage__output_tokens=0),
        {"gen_ai.request.max_tokens": 4096, "http.status": 200},
        {"acme.llm.total_tokens": 0},
        {"acme.llm.total_tokens": "plenty"},
        {"acme.auth.token": "secret", "acme.tokens": True},
    ],
)
def test_a_span_without_usage_is_ignored_and_not_counted(said: dict[str, Any]) -> None:
    parsed = parsed_of(traces(span(kind=1, said=said)))

    assert (parsed.ignored, parsed.unread) == (1, {})


def test_a_span_around_a_booked_call_only_wraps_it() -> None:
    call = span() | {"parentSpanId": "aaaaaaaaaaaaaaaa"}
    parsed = parsed_of(traces(span(kind=1) | {"spanId": "aaaaaaaaaaaaaaaa"}, call))

    assert len(parsed.events) == 1
    assert [found.kind for found in parsed.unread] == ["repeat"]


def test_an_unknown_log_record_with_usage_is_unread() -> None:
    found, _ = unread(logs(log({"event.name": "acme.answered", "input_tokens": 10, "model": "gpt-5"}), scope=""))

    assert (found.kind, found.producer.name) == ("unknown", "checkout")


def test_a_new_record_of_a_known_program_is_unread_and_one_that_only_has_sums_repeats_its_calls() -> None:
    renamed, _ = unread(logs(log(CLAUDE_CODE | {"event.name": "api_request_v2"}), **AS_CLAUDE_CODE))
    summary, _ = unread(logs(log({"event.name": "subagent_completed", "total_tokens": 7}), **AS_CLAUDE_CODE))

    assert (renamed.kind, renamed.producer.name) == ("unknown", "Claude Code")
    assert (summary.kind, summary.producer.name) == ("other_signal", "Claude Code")


@pytest.mark.parametrize("meters", ["traces", "metrics"])
def test_a_source_that_meters_another_signal_leaves_usage_unread(meters: Meters) -> None:
    found, rows = unread(logs(log(CLAUDE_CODE), **AS_CLAUDE_CODE), meters=meters)

    assert (found.kind, found.producer.name) == ("other_signal", "Claude Code")
    assert f"metered by its {meters}" in found.reason
    again = parser.parse(rows.kept[0].kept.replace(meters.encode(), b"auto"), now=NOW)
    assert [event.uncached_input for _, event in again.events] == [10]


@pytest.mark.parametrize(
    ("name", "meters", "kind"),
    [
        ("claude_code.token.usage", "auto", "other_signal"),
        ("claude_code.cost.usage", "metrics", "repeat"),
        ("acme.llm.tokens", "auto", "other_signal"),
        ("acme.llm.tokens", "metrics", "unknown"),
    ],
)
def test_metrics_of_tokens_that_are_not_booked_are_counted(name: str, meters: Meters, kind: str) -> None:
    resource = AS_CLAUDE_CODE["resource"] if name.startswith("claude_code") else {"service.name": "acme"}
    found, rows = unread(metrics(total(name=name), resource=resource), meters=meters)

    assert (found.kind, rows.rows) == (kind, 1)


def test_a_histogram_of_tokens_is_counted_and_other_metrics_are_not() -> None:
    histogram = {"name": "gen_ai.client.token.usage", "histogram": {"dataPoints": [{"sum": 5}]}}
    found, _ = unread(metrics(histogram, resource={}))
    parsed = parsed_of(metrics({"name": "http.server.duration", "histogram": {"dataPoints": []}}, resource={}))

    assert found.kind == "other_signal"
    assert (parsed.ignored, parsed.unread) == (1, {})


def test_what_is_kept_of_an_unread_span_is_read_again_the_same_and_has_no_text() -> None:
    said = {"acme.total_tokens": 12, "acme.prompt": "SECRET", "gen_ai.prompt": "SECRET", "user.email": "a@acme.test"}
    body = traces(span(kind=1, said=said) | {"name": "answers SECRET"}, resource={"process.command_args": "SECRET"})
    found, rows = unread(body)

    kept = rows.kept[0].kept

    assert b"SECRET" not in kept
    assert b"a@acme.test" in kept  # a person is a label
    assert list(parser.parse(kept, now=NOW).unread) == [found]


def test_booked_calls_name_their_producer() -> None:
    claude = parsed_of(logs(log(CLAUDE_CODE), resource={"service.name": "claude-code", "service.version": "2.1.328"}))
    tracer = parsed_of(traces(span(), resource={"service.name": "checkout"}, scope="openinference.x"))

    gemini = {"service.name": "gemini-cli", "service.version": "v20.20.2"}
    answered = {"event.name": "gemini_cli.api_response", "model": "gemini-2.5-pro", "input_token_count": 5}

    assert parsed_of(logs(log(answered), resource=gemini)).producers == {("Gemini CLI", "", "")}
    assert claude.producers == {("Claude Code", "2.1.328", "")}
    assert tracer.producers == {("openinference.x", "", "checkout")}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("gen_ai.usage.total_tokens", True),
        ("gen_ai.aggregated_usage.input_tokens", True),
        ("acme.tokenCount", True),
        ("llm.usage.total_cost", True),
        ("generated.tokens", True),
        ("gen_ai.request.max_tokens", False),
        ("rate_limit.tokens_remaining", False),
        ("tokens_per_second", False),
        ("session.token", False),
        ("cost_center", False),
    ],
)
def test_names_that_look_like_counts(name: str, counts: bool) -> None:
    assert looks_like_count(name) is counts
