"""Ways of counting that only some producers have, each by a record of its producer."""

import json
from typing import Any

import pytest

from bot.usage import UsageEvent
from tests.bot.sources.otlp.otlp_examples import chat, is_ignored, one
from tests.support.traffic.otlp import span, traces

GEMINI = chat(gen_ai__provider__name="gemini", gen_ai__response__model="gemini-2.5-flash")


def of(scope: str, said: dict[str, Any], **others: Any) -> UsageEvent:
    return one(traces(span(said=said, **others), scope=scope))


def vercels(said: dict[str, Any], told: dict[str, Any]) -> UsageEvent:
    operation = {"ai.operationId": "ai.generateText.doGenerate", "ai.response.providerMetadata": json.dumps(told)}
    return of("ai", said | operation, kind=1)


def test_openllmetrys_gemini_output_is_what_its_total_has_beyond_input() -> None:
    total = {"gen_ai.usage.total_tokens": 1600}

    assert of("opentelemetry.instrumentation.google_generativeai", GEMINI | total).output == 600
    assert of("opentelemetry.instrumentation.google_generativeai", GEMINI).output == 100
    assert of("other", GEMINI | total).output == 100


def test_openllmetrys_streams_of_anthropic_have_a_token_too_many() -> None:
    scope = "opentelemetry.instrumentation.anthropic"

    assert [of(scope, chat(gen_ai__is_streaming=said)).output for said in (True, False, None)] == [99, 100, 100]
    assert of(scope, chat(gen_ai__is_streaming=True, gen_ai__usage__output_tokens=0)).output == 0


def test_openlits_and_agnos_input_has_no_cache_for_anthropic_alone() -> None:
    cached = {"gen_ai.usage.cache_read.input_tokens": 400}
    for scope in ("openlit.instrumentation.anthropic", "openlit.instrumentation.openai"):
        for provider, uncached in (("anthropic", 1000), ("openai", 600)):
            said = chat(gen_ai__provider__name=provider) | cached
            assert of(scope, said).uncached_input == uncached
    thoughts = {"gen_ai.usage.reasoning_tokens": 40}
    assert of("openlit.instrumentation.google_ai_studio", GEMINI | thoughts).output == 140
    agno = {"llm.token_count.prompt": 1000, "llm.token_count.prompt_details.cache_read": 400, "llm.model_name": "m"}
    for provider, uncached in (("Anthropic", 1000), ("OpenAI", 600)):
        said = agno | {"llm.provider": provider, "openinference.span.kind": "LLM"}
        assert of("openinference.instrumentation.agno", said, kind=1).uncached_input == uncached


def test_vercels_older_versions_tell_the_cache_in_a_text_and_leave_it_out_of_anthropics_input() -> None:
    said = {"ai.model.provider": "anthropic.messages", "ai.model.id": "m", "ai.usage.promptTokens": 100}
    event = vercels(said, {"anthropic": {"cacheReadInputTokens": 50, "cacheCreationInputTokens": 20}})
    assert (event.uncached_input, event.cache_read, event.cache_write_5m) == (100, 50, 20)

    usage = {"input_tokens": 100, "cache_read_input_tokens": 50}
    event = vercels(said | {"ai.usage.inputTokens": 150}, {"anthropic": {"usage": usage}})
    assert (event.uncached_input, event.cache_read) == (100, 50)


def test_vercels_output_of_gemini_is_the_visible_one_and_the_thoughts_and_its_kinds_are_in_a_list() -> None:
    kinds = [{"modality": "TEXT", "tokenCount": 60}, {"modality": "AUDIO", "tokenCount": 30}]
    usage = {"candidatesTokenCount": 50, "thoughtsTokenCount": 40, "promptTokensDetails": kinds}
    said = {"ai.model.provider": "google.generative-ai", "ai.model.id": "m", "ai.usage.inputTokens": 90}
    for output in (50, 90):  # older versions leave the thoughts out
        event = vercels(said | {"ai.usage.outputTokens": output}, {"google": {"usageMetadata": usage}})
        assert (event.output, event.reasoning, event.parts) == (90, 40, (("audio_input", 30),))


def test_a_sum_of_figures_that_a_sender_does_not_have_is_a_call_of_unknown_usage() -> None:
    nan = chat(gen_ai__usage__input_tokens=float("nan"), gen_ai__usage__output_tokens=float("nan"))

    assert one(traces(span(said=nan))).unmetered


def test_logfires_span_without_counts_is_none_unless_it_failed_and_its_later_one_is_the_call() -> None:
    nothing = chat(gen_ai__usage__input_tokens=None, gen_ai__usage__output_tokens=None)
    scope = "logfire.openai"

    assert is_ignored(traces(span(said=nothing), scope=scope))
    assert of(scope, nothing, failed=True).failed
    assert of(scope, nothing, kind=1).unmetered


def test_vercels_outer_span_of_embed_is_no_call() -> None:
    outer = chat(
        gen_ai__operation__name="embeddings", gen_ai__usage__input_tokens=None, gen_ai__usage__output_tokens=None
    )

    assert is_ignored(traces(span(said=outer), scope="gen_ai"))
    assert of("gen_ai", outer | {"gen_ai.usage.input_tokens": 5}).uncached_input == 5


@pytest.mark.parametrize(
    ("model", "provider"),
    [("gpt-5", "openai"), ("gemini-2.5-flash", ""), ("claude-sonnet-4-5", ""), ("our-own-model", "openai")],
)
def test_the_sdk_of_openai_is_no_provider_of_others_models(model: str, provider: str) -> None:
    said = chat(gen_ai__response__model=model)

    assert of("opentelemetry.instrumentation.genai.openai", said).labels.provider == provider


@pytest.mark.parametrize(("name", "kind"), [("litellm_request", 1), ("chat gpt-4o", 3), ("GET /ask", 2)])
@pytest.mark.parametrize("scope", ["litellm", "my.app"])
def test_litellms_call_is_read_on_whatever_span_it_is_written(name: str, kind: int, scope: str) -> None:
    said = chat(gen_ai__operation__name="acompletion", litellm__call_id="1", gen_ai__cost__total_cost=0.5)
    event = of(scope, said, name=name, kind=kind)

    assert (event.output, event.reported_nanos) == (100, 500_000_000)
    assert is_ignored(traces(span(said={"llm.openai.id": "x"}, kind=1), scope="litellm"))
