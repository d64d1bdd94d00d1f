"""OTLP token counters: disjoint, whole, and in the names of each producer."""

from typing import Any

import pytest

from bot.usage import MAX_TOKENS
from tests.bot.sources.otlp.otlp_examples import AS_CLAUDE_CODE, CLAUDE_CODE, chat, one, reason
from tests.support.traffic.otlp import CHAT, log, logs, span, traces


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


NO_TOKENS = chat(gen_ai__usage__input_tokens=None, gen_ai__usage__output_tokens=None)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            chat(gen_ai__usage__cache_read__input_tokens=900, gen_ai__usage__cache_write__input_tokens=101),
            "gen_ai.usage.input_tokens is less than its cached parts",
        ),
        (chat(gen_ai__usage__input_tokens=-1), "gen_ai.usage.input_tokens is negative"),
        (chat(gen_ai__usage__input_tokens=MAX_TOKENS + 1), "gen_ai.usage.input_tokens is over a hundred billion"),
        (chat(gen_ai__usage__input_tokens="many"), "gen_ai.usage.input_tokens is not a whole number"),
        (chat(gen_ai__usage__output_tokens=1.5), "gen_ai.usage.output_tokens is not a whole number"),
        (chat(gen_ai__usage__output_tokens=True), "gen_ai.usage.output_tokens is not a whole number"),
        (NO_TOKENS | {"gen_ai.usage.cost": -0.5}, "gen_ai.usage.cost is negative"),
        (NO_TOKENS | {"gen_ai.usage.cost": "dear"}, "gen_ai.usage.cost is not a decimal"),
        (chat(gen_ai__response__model=None), "gen_ai.response.model and gen_ai.request.model are missing"),
        (chat(gen_ai__response__model="m" * 257), "gen_ai.response.model is longer than 256"),
        (chat(gen_ai__response__model="a\x00b"), "gen_ai.response.model holds a NUL"),
    ],
)
def test_what_no_call_can_have_is_an_error_that_names_the_attribute(said: dict[str, Any], words: str) -> None:
    assert reason(traces(span(said=said))).startswith(words)


def test_a_part_without_its_whole_is_an_error() -> None:
    said = chat(gen_ai__usage__input_tokens=None, gen_ai__usage__cache_read__input_tokens=5)

    assert reason(traces(span(said=said))) == "the input count (not given) is less than its parts"
    said = chat(gen_ai__usage__output_tokens=None, gen_ai__usage__reasoning__output_tokens=5)
    assert reason(traces(span(said=said))) == "the output count (not given) is less than its parts"


def test_a_part_that_is_more_than_its_whole_is_counted_beside_it() -> None:
    cached = chat(gen_ai__usage__cache_read__input_tokens=1001, gen_ai__usage__cache_write__input_tokens=7)
    event = one(traces(span(said=cached)))
    assert (event.uncached_input, event.cache_read, event.cache_write_5m) == (1000, 1001, 7)
    assert one(traces(span(said=chat(gen_ai__usage__reasoning__output_tokens=101)))).output == 201

    five, hour = (f"anthropic.usage.cache_creation.ephemeral_{life}_input_tokens" for life in ("5m", "1h"))
    split = chat(gen_ai__usage__cache_creation__input_tokens=0) | {five: 30, hour: 20}
    event = one(traces(span(said=split)))
    assert (event.uncached_input, event.cache_write_5m, event.cache_write_1h) == (950, 30, 20)


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


def test_claude_codes_cost_is_taken_with_all_digits_or_else_in_micro_dollars_and_may_be_a_guess() -> None:
    whole = CLAUDE_CODE | {"cost_usd_micros": 66_060}
    exact = one(logs(log(whole | {"cost_usd": 0.06606039999999999}), **AS_CLAUDE_CODE))

    assert (exact.reported_nanos, exact.cost_is_guess) == (66_060_400, True)
    assert one(logs(log(whole), **AS_CLAUDE_CODE)).reported_nanos == 66_060_000
    assert one(logs(log(CLAUDE_CODE), **AS_CLAUDE_CODE)).cost_is_guess is False


@pytest.mark.parametrize(
    ("attribute", "value", "tier"),
    [
        ("openai.response.service_tier", "flex", "flex"),
        ("anthropic.response.service_tier", "standard", ""),
        ("gen_ai.openai.response.service_tier", "default", ""),
        ("speed", "fast", ""),  # a name of Claude Code's alone
    ],
)
def test_a_tier_that_changes_the_price_is_told(attribute: str, value: str, tier: str) -> None:
    assert one(traces(span(said=CHAT | {attribute: value}))).labels.tier == tier


@pytest.mark.parametrize(("speed", "tier"), [("fast", "fast"), ("normal", "")])
def test_claude_codes_speed_is_a_tier(speed: str, tier: str) -> None:
    assert one(logs(log(CLAUDE_CODE | {"speed": speed}), **AS_CLAUDE_CODE)).labels.tier == tier
