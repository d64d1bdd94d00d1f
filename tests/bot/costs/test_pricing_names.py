"""The names that a model and its provider go by, and aliases for them."""

import pytest

from bot.costs.aliases import ModelAlias
from bot.costs.contracts import ContractPrice
from bot.costs.pricing import Priced
from tests.bot.costs.pricing_examples import BOOK, TODAY, call, price


@pytest.mark.parametrize(
    ("provider", "model", "same_as"),
    [
        ("", "gpt-4o", ("openai", "gpt-4o")),
        ("acme-gateway", "claude-sonnet-4-5", ("anthropic", "claude-sonnet-4-5")),
        ("", "openai/gpt-4o", ("openai", "gpt-4o")),
        ("openai", "openai/gpt-4o", ("openai", "gpt-4o")),
        ("OpenAI ", "GPT-4o", ("openai", "gpt-4o")),
        ("", "anthropic/claude-sonnet-4-5", ("anthropic", "claude-sonnet-4-5")),
        ("openrouter", "openrouter/anthropic/claude-sonnet-4.5", ("openrouter", "anthropic/claude-sonnet-4.5")),
        ("x_ai", "grok-4", ("x-ai", "grok-4")),
        ("xai", "grok-4", ("x-ai", "grok-4")),
        ("vertex_ai", "claude-sonnet-4-5@20250929", ("google", "claude-sonnet-4-5")),
        ("google-vertex-anthropic", "claude-sonnet-4-5", ("google", "claude-sonnet-4-5")),
        ("gcp.gen_ai", "gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("gemini", "gemini/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("azure.ai.openai", "gpt-4o", ("azure", "gpt-4o")),
        ("azure", "azure/gpt-4o", ("azure", "gpt-4o")),
        ("bedrock", "claude-sonnet-4-5", ("anthropic", "claude-sonnet-4-5")),
        (
            "bedrock",
            "bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ),
    ],
)
def test_a_provider_goes_by_many_names(provider: str, model: str, same_as: tuple[str, str]) -> None:
    found = BOOK.rates(provider, model, TODAY)

    assert found is not None
    assert found == BOOK.rates(*same_as, TODAY)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("ollama", "deepseek-chat"),
        ("hosted_vllm", "openai/gpt-4o"),
        ("", "ollama/gemini-2.0-flash"),
        ("", "acme/gpt-4o"),
    ],
)
def test_the_same_weights_on_own_machines_have_no_public_price(provider: str, model: str) -> None:
    assert price(call(provider, model)).basis == "unpriced"


BEDROCK = ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")


@pytest.mark.parametrize(
    ("model", "same_as"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", BEDROCK),
        ("bedrock/us-east-1/anthropic.claude-sonnet-4-5-20250929-v1:0", BEDROCK),
        ("jp.anthropic.claude-sonnet-4-5-20250929-v1:0", BEDROCK),
        (
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            ("aws", "global.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ),
        (
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            BEDROCK,
        ),
        ("eu.amazon.nova-pro-v1:0", ("aws", "eu.amazon.nova-pro-v1:0")),
        ("models/gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        ("gemini/models/gemini-2.5-flash-001", ("google", "gemini-2.5-flash")),
        ("projects/p/locations/us/publishers/anthropic/models/claude-opus-4-6@default", ("google", "claude-opus-4-6")),
        ("azure/global/gpt-4o", ("azure", "gpt-4o")),
        ("openai/responses/gpt-4o", ("openai", "gpt-4o")),
        ("litellm_proxy/claude-sonnet-4-5", ("anthropic", "claude-sonnet-4-5")),
        ("Claude-Opus-4-6[1m]", ("anthropic", "claude-opus-4-6")),
        ("text-embedding-3-small", ("openai", "text-embedding-3-small")),
        ("sonar", ("perplexity", "sonar")),
        ("gpt-5.4-2026-03-05", ("openai", "gpt-5.4")),
    ],
)
def test_a_bare_name_finds_its_price_in_whatever_it_is_wrapped(model: str, same_as: tuple[str, str]) -> None:
    found = BOOK.rates("", model, TODAY)

    assert found is not None
    assert found == BOOK.rates(*same_as, TODAY)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("", "llama-3.3-70b-versatile"),  # several hosts sell the same weights
        ("", "meta-llama/Llama-3.3-70B-Instruct"),
        ("", "gpt-oss-120b"),
        ("", "azure/eu/gpt-4o"),  # a data zone has its own price
        ("", "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("", "ft:gpt-4o-2024-08-06:acme::abc"),  # a fine-tuned copy costs more
        ("", "azure/my-deployment"),
        ("", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcd1234"),
        ("", "gpt"),
        ("", "claude"),
        ("", "openai.gpt-4o"),
        ("hosted_vllm", "models/gemini-2.5-flash"),
        ("vllm", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("in_house", "text-embedding-3-small"),
    ],
)
def test_an_ambiguous_name_is_unpriced_and_never_guessed(provider: str, model: str) -> None:
    assert price(call(provider, model)).basis == "unpriced"


def test_the_sellers_of_an_ambiguous_name_are_known() -> None:
    assert {"cerebras", "ovhcloud"} <= set(BOOK.sellers_of("gpt-oss-120b"))
    assert BOOK.sellers_of("my-own-model") == []


def test_an_alias_names_the_model_behind_a_deployment() -> None:
    aliases = [
        ModelAlias(alias="Search-Prod", model="gpt-4o"),
        ModelAlias(alias="search-eu", model="azure/gpt-4o"),
    ]

    assert price(call("azure", "search-prod")).basis == "unpriced"
    assert price(call("azure", "search-prod"), aliases=aliases).cost_nanos == 2_500_000_000
    assert price(call("", "SEARCH-EU"), aliases=aliases).basis == "book"
    assert price(call("azure", "search-eu"), ContractPrice(model="search-*", input_pico=1), aliases=aliases).basis == (
        "contract"
    )


@pytest.mark.parametrize(
    ("provider", "model", "day", "means"),
    [
        ("azure", "acme-eu-chat", TODAY, "gpt-4o-mini"),  # a pattern
        ("azure", "azure/acme-eu-chat", TODAY, "gpt-4o-mini"),
        ("azure", "acme-eu-prod", TODAY, "gpt-4o"),  # a name goes before a pattern
        ("azure", "dated", TODAY, "gpt-4o"),
        ("azure", "dated", TODAY - 1, "gpt-4o-mini"),
        ("hosted_vllm", "acme-eu-prod", TODAY, "gpt-4o"),
        ("openai", "acme-us", TODAY, None),
        ("openai", "acme-us", TODAY + 1, "gpt-4o"),
    ],
)
def test_an_alias_may_be_a_pattern_and_begin_on_a_day(provider: str, model: str, day: int, means: str | None) -> None:
    aliases = [
        ModelAlias(alias="acme-eu-*", model="openai/gpt-4o-mini"),
        ModelAlias(alias="ACME-EU-PROD", model="gpt-4o"),
        ModelAlias(alias="dated", model="gpt-4o-mini"),
        ModelAlias(alias="dated", model="gpt-4o", from_day=TODAY),
        ModelAlias(alias="acme-us", model="gpt-4o", from_day=TODAY + 1),
    ]
    listed = {"gpt-4o": 2_500_000_000, "gpt-4o-mini": 150_000_000}

    assert price(call(provider, model), aliases=aliases, day=day).cost_nanos == (listed[means] if means else 0)


def test_a_contract_goes_before_an_alias_and_may_name_either() -> None:
    alias = [ModelAlias(alias="prod", model="openai/gpt-4o")]

    for model in ("prod", "gpt-4o", "openai/gpt-4o"):
        contract = ContractPrice(model=model, input_pico=1_000_000)
        assert price(call("azure", "prod"), contract, aliases=alias).basis == "contract"
    for provider, basis in (("openai", "contract"), ("azure", "contract"), ("anthropic", "book")):
        contract = ContractPrice(provider=provider, discount_ppm=1)
        assert price(call("azure", "prod"), contract, aliases=alias).basis == basis


def test_a_call_whose_sender_counted_nothing_is_unmetered() -> None:
    assert price(call("openai", uncached_input=0, unmetered=True)) == Priced(0, "unmetered")
