"""Captured bodies of real senders, and of coding assistants by their documentation: exactly the calls they report."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from bot.costs.price_book import PriceBook
from bot.costs.pricing import Priced, Prices
from bot.periods import day_number
from bot.sources import SOURCES
from bot.sources.otlp.parser import read
from bot.sources.otlp.profiles import Meters
from bot.usage import Parsed, UsageEvent
from tests.support.traffic.otlp import REQUESTS, sample, sample_files, signal_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PRICES = Prices(PriceBook(), [])

MINI, SMALL = "gpt-4o-mini-2024-07-18", "text-embedding-3-small"
OPENAI = [
    (MINI, 176, 1024, 0, 0, 345, 128),
    (MINI, 176, 1024, 0, 0, 345, 128),
    (MINI, 0, 0, 0, 0, 0, 0),  # a stream that was not asked for its usage
    (SMALL, 8, 0, 0, 0, 0, 0),
]
CALLS: dict[str, list[tuple[Any, ...]]] = {
    "otlp_genai_openai_default/000_v1_traces": OPENAI,
    "otlp_genai_openai_default/001_v1_metrics": [],
    "otlp_genai_openai_events_gzip_delta/000_v1_traces": OPENAI,
    "otlp_genai_openai_events_gzip_delta/001_v1_metrics": [],
    "otlp_genai_openai_events_gzip_delta/002_v1_logs": [],  # they repeat the spans
    "otlp_openai_v2_legacy/000_v1_traces": [
        *((MINI, 1200, 0, 0, 0, 345, 0), (MINI, 1200, 0, 0, 0, 345, 0), (MINI, 0, 0, 0, 0, 0, 0)),
        (SMALL, 8, 0, 0, 0, 0, 0),
    ],
    "otlp_openai_v2_legacy/001_v1_metrics": [],
    "otlp_openai_v2_legacy/002_v1_logs": [],
    "otlp_anthropic_sdk_native/000_v1_traces": [("claude-sonnet-4-5-20250929", 812, 50_000, 1500, 500, 1500, 900)],
    "otlp_docs_based/claude_code_logs": [("claude-sonnet-5", 5000, 50_000, 5000, 0, 1500, 0)],
    "otlp_docs_based/codex_logs": [("gpt-5.5", 4000, 48_000, 0, 0, 1800, 1200)],
    "otlp_docs_based/gemini_cli_logs": [("gemini-3.5-flash", 3000, 9000, 0, 0, 620, 220)],
    "otlp_docs_based/copilot_chat_traces": [("gpt-4o-2024-08-06", 1500, 0, 0, 0, 250, 0)] * 2,
    "otlp_docs_based/claude_code_metrics": [],
    "gateways/cloudflare_traces": [("gpt-4o", 1200, 0, 0, 0, 345, 0)],
    "gateways/openrouter_traces": [("deepseek/deepseek-v4-flash", 176, 1024, 0, 0, 300, 120)],
}
"""model, uncached input, cache read, written for five minutes, for an hour, output, reasoning: of each call in a body."""
SAID: dict[str, dict[str, Any]] = {
    "otlp_genai_openai_default/000_v1_traces": {
        "provider": "openai",
        "workflow": "checkout-assistant",
        "declared_team": "platform",
        "tags": ("cost_center:eng-123", "env:prod"),
        "api_base": "",
        "event_id": "chatcmpl-FAKE1",
    },
    "otlp_anthropic_sdk_native/000_v1_traces": {
        "provider": "anthropic",
        "workflow": "search-agent",
        "declared_team": "search",
        "credential": "wrkspc_01",
        "event_id": "msg_01FAKE",
    },
    "otlp_docs_based/claude_code_logs": {
        "provider": "anthropic",
        "tool": "Claude Code",
        "workflow": "",
        "user": "dev@acme.test",
        "declared_team": "platform",
        "credential": "org-uuid",
        "tags": ("department:engineering", "cost_center:eng-123"),
        "reported_nanos": 47_500_000,
        "event_id": "req_011CSHo",
        "notional": False,
    },
    "otlp_docs_based/codex_logs": {"tool": "Codex", "user": "dev@acme.test", "credential": "", "notional": False},
    "otlp_docs_based/gemini_cli_logs": {"tool": "Gemini CLI", "user": "dev@acme.test", "notional": True},
    "otlp_docs_based/copilot_chat_traces": {"tool": "GitHub Copilot", "provider": "github", "workflow": ""},
    "gateways/cloudflare_traces": {
        "provider": "openai",
        "user": "user123",
        "declared_team": "engineering",
        "reported_nanos": 6_450_000,
    },
    "gateways/openrouter_traces": {
        "provider": "openrouter",
        "user": "user_12345",
        "workflow": "",
        "tags": ("cost_center:CC-1234",),
        "reported_nanos": 210_000,
    },
}
FILES = sample_files()


def body_name(file: str) -> str:
    return file.removesuffix(".gz").removesuffix(".bin").removesuffix(".json").removesuffix(".decoded")


def read_sample(file: str, meters: Meters = "auto") -> Parsed:
    form: Any = "json" if file.endswith(".json") else "protobuf"
    return read(sample(file), signal_of(file), form, meters=meters, now=NOW)


def calls(parsed: Parsed) -> list[tuple[Any, ...]]:
    return [
        (e.labels.model, e.uncached_input, e.cache_read, e.cache_write_5m, e.cache_write_1h, e.output, e.reasoning)
        for _, e in parsed.events
    ]


def test_every_body_is_in_the_table() -> None:
    assert {body_name(file) for file in FILES} == set(CALLS)


@pytest.mark.parametrize("file", FILES)
def test_each_body_tells_of_exactly_these_calls_in_either_form_zipped_or_not(file: str) -> None:
    parsed = read_sample(file)

    assert calls(parsed) == CALLS[body_name(file)]
    assert (parsed.unusable, parsed.rows) == ([], len(parsed.events))
    assert [e.unmetered for _, e in parsed.events] == [e.tokens == 0 for _, e in parsed.events]
    for field, value in SAID.get(body_name(file), {}).items():
        event = parsed.events[0][1]
        assert getattr(event.labels if hasattr(event.labels, field) else event, field) == value, field


def same_body(file: str) -> str:
    """Returns the protobuf body that a file is another form of."""
    return file.removesuffix(".gz") if file.endswith(".gz") else f"{body_name(file)}.bin"


@pytest.mark.parametrize("file", [file for file in FILES if not file.endswith(".bin") and same_body(file) in FILES])
def test_the_forms_of_a_body_are_the_same_events_to_the_key(file: str) -> None:
    assert read_sample(file).events == read_sample(same_body(file)).events


def priced_by_the_package(event: UsageEvent) -> int:
    """Returns the price of an event by genai-prices, in nano-dollars, half-even."""
    written = event.cache_write_5m + event.cache_write_1h
    usage = Usage(
        input_tokens=event.uncached_input + event.cache_read + written,
        cache_read_tokens=event.cache_read,
        cache_write_tokens=written,
        cache_write_1h_tokens=event.cache_write_1h,
        output_tokens=event.output,
    )
    when = datetime.fromtimestamp(event.occurred_at / 1e6, UTC)
    model = event.labels.model.removeprefix(f"{event.labels.provider}/")
    found = calc_price(usage, model, provider_id=event.labels.provider, genai_request_timestamp=when)
    return round(found.total_price * 10**9)


def owed_for(event: UsageEvent, priced: Priced) -> int | None:
    """Returns what a call costs: its list price, unless a plan pays it or OpenRouter tells its own bill."""
    if event.labels.provider == "openrouter":
        return event.reported_nanos
    return 0 if event.notional else priced.book_nanos


@pytest.mark.parametrize("name", [name for name, found in CALLS.items() if found and "copilot" not in name])
def test_a_calls_cost_is_what_the_price_books_own_package_says(name: str) -> None:
    file = next(file for file in FILES if body_name(file) == name)
    day = day_number(date(2026, 11, 23))
    metered = [event for _, event in read_sample(file).events if not event.unmetered]
    booked = [PRICES.price(event, day=day) for event in metered]

    assert metered
    assert [priced.book_nanos for priced in booked] == [priced_by_the_package(event) for event in metered]
    owed = [owed_for(event, priced) for event, priced in zip(metered, booked, strict=True)]
    assert [priced.cost_nanos for priced in booked] == owed


def test_records_keep_their_keys_however_they_are_batched_and_ordered() -> None:
    whole = {event.key: event for file in FILES for _, event in read_sample(file).events}
    single: dict[bytes, UsageEvent] = {}
    for file in reversed([file for file in FILES if file.endswith(".bin")]):
        signal = signal_of(file)
        request = REQUESTS[signal].FromString(sample(file))
        for resource in request.ListFields()[0][1]:
            for scope in _scopes(resource):
                for leaf in reversed(_leaves(scope)):
                    alone = REQUESTS[signal]()
                    group = getattr(alone, request.ListFields()[0][0].name).add()
                    group.resource.CopyFrom(resource.resource)
                    inner = _scopes(group).add()
                    inner.scope.CopyFrom(scope.scope)
                    _leaves(inner).add().CopyFrom(leaf)
                    body = alone.SerializeToString()
                    single |= {e.key: e for _, e in read(body, signal, "protobuf", meters="auto", now=NOW).events}

    assert single
    assert {key: event for key, event in whole.items() if key in single} == single
    assert len(whole) - len(single) == 2  # the two gateways' bodies, which are JSON alone


def _scopes(resource: Any) -> Any:
    return next(getattr(resource, n) for n in ("scope_spans", "scope_logs", "scope_metrics") if hasattr(resource, n))


def _leaves(scope: Any) -> Any:
    return next(getattr(scope, n) for n in ("spans", "log_records", "metrics") if hasattr(scope, n))


def test_a_source_that_meters_by_metrics_books_its_deltas_and_nothing_of_its_logs() -> None:
    parsed = read_sample("otlp_docs_based/claude_code_metrics.bin", "metrics")
    found = calls(parsed)

    assert [call[1:6] for call in found] == [
        *((5000, 0, 0, 0, 0), (0, 0, 0, 0, 1500)),
        *((0, 50_000, 0, 0, 0), (0, 0, 5000, 0, 0)),
    ]
    assert len({event.key for _, event in parsed.events}) == 4
    assert calls(read_sample("otlp_docs_based/claude_code_logs.bin", "metrics")) == []
    assert [sum(column) for column in zip(*(call[1:] for call in found), strict=True)] == list(
        calls(read_sample("otlp_docs_based/claude_code_logs.bin"))[0][1:]
    )


def test_a_source_that_meters_by_logs_alone_books_what_repeats_spans_elsewhere() -> None:
    told = read_sample("otlp_genai_openai_events_gzip_delta/002_v1_logs.bin", "logs")
    spans = read_sample("otlp_genai_openai_events_gzip_delta/000_v1_traces.bin")

    assert calls(told) == OPENAI[:3]
    assert {e.key for _, e in told.events} < {e.key for _, e in spans.events}
    assert read_sample("otlp_genai_openai_events_gzip_delta/000_v1_traces.bin", "logs").events == []


def test_the_parser_tells_the_signal_by_the_body() -> None:
    for file in (file for file in FILES if file.endswith(".json")):
        assert SOURCES["otlp"](sample(file), now=NOW).events == read_sample(file).events
