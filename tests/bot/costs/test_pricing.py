"""Prices: the book agrees with its own package to the nano-dollar, and the first basis that applies is taken."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Any

import genai_prices
import msgspec
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelPrice, TieredPrices
from hypothesis import given
from hypothesis import strategies as st

from bot.costs.aliases import ModelAlias
from bot.costs.price_book import PriceBook
from bot.costs.pricing import ContractPrice, Priced, Prices
from bot.costs.rates import Rates
from bot.money import NANOS
from bot.periods import day_number, micros, moment
from bot.usage import Labels, UsageEvent

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = day_number(NOON.date())
BOOK = PriceBook()

MODELS = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-4o-2024-08-06"),
    ("openai", "gpt-5"),
    ("openai", "gpt-5.2-20251211"),
    ("openai", "o3"),
    ("azure", "gpt-4o"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-sonnet-4-5-20250929"),
    ("anthropic", "claude-opus-4-5"),
    ("anthropic", "claude-3-5-haiku-20241022"),
    ("google", "gemini-2.5-pro"),
    ("google", "gemini-2.5-flash"),
    ("google", "claude-sonnet-4-5"),
    ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("x-ai", "grok-4"),
    ("deepseek", "deepseek-chat"),
    ("deepseek", "deepseek-reasoner"),
    ("mistral", "mistral-large-latest"),
    ("groq", "llama-3.3-70b-versatile"),
    ("perplexity", "sonar-pro"),
    ("perplexity", "sonar-deep-research"),
]

EMPTY = UsageEvent(
    key=b"k",
    fingerprint=b"f",
    event_id="req-7",
    occurred_at=micros(NOON),
    labels=Labels(model="", user="anna@acme.test"),
    uncached_input=0,
    cache_read=0,
    cache_write_5m=0,
    cache_write_1h=0,
    output=0,
    reasoning=0,
    reported_nanos=None,
    failed=False,
    gateway_cache=False,
    notional=False,
)


def call(provider: str = "", model: str = "gpt-4o", **fields: object) -> UsageEvent:
    """A call; without counters it has a million input tokens, so that its cost is the price people know."""
    counters = {"uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output"}
    if not counters & fields.keys():
        fields["uncached_input"] = 1_000_000
    labels = Labels(provider=provider, model=model, tier=str(fields.pop("tier", "")))
    return msgspec.structs.replace(EMPTY, labels=labels, **fields)


def price(
    event: UsageEvent,
    *contracts: ContractPrice,
    day: int = TODAY,
    aliases: Sequence[ModelAlias] = (),
    reported_first: bool = False,
) -> Priced:
    return Prices(BOOK, contracts, aliases).price(event, day=day, reported_first=reported_first)


def package_nanos(event: UsageEvent) -> int:
    """The same call, priced by the package itself in decimals and rounded once."""
    writes = event.cache_write_5m + event.cache_write_1h
    total = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=event.uncached_input + event.cache_read + writes,
            cache_read_tokens=event.cache_read,
            cache_write_tokens=writes,
            cache_write_1h_tokens=event.cache_write_1h,
            output_tokens=event.output,
            output_reasoning_tokens=event.reasoning,
        ),
        event.labels.model,
        provider_id=event.labels.provider,
        genai_request_timestamp=moment(event.occurred_at),
    ).total_price
    return int((total * NANOS).to_integral_value(rounding=ROUND_HALF_EVEN))


def random_call(rng: random.Random, provider: str, model: str) -> UsageEvent:
    def tokens(most: int) -> int:
        return rng.choice((0, rng.randrange(1, 50), rng.randrange(most), rng.randrange(most)))

    output = tokens(60_000)
    at = datetime(2024, 6, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(3 * 365 * 86_400))
    return call(
        provider,
        model,
        occurred_at=micros(at),
        uncached_input=rng.choice((tokens(250_000), 200_000, 200_001, 128_000)),
        cache_read=tokens(150_000),
        cache_write_5m=tokens(20_000),
        cache_write_1h=tokens(20_000),
        output=output,
        reasoning=rng.randint(0, output),
    )


@pytest.mark.timeless
def test_three_thousand_random_calls_cost_what_the_package_says_to_the_nano_dollar() -> None:
    rng = random.Random(7)
    prices = Prices(BOOK, [])
    differences = []
    for number in range(3000):
        event = random_call(rng, *MODELS[number % len(MODELS)])
        priced = prices.price(event, day=TODAY)
        if (priced.cost_nanos, priced.basis) != (package_nanos(event), "book"):
            differences.append((event, priced))

    assert differences == []


def test_the_random_calls_reach_tiers_times_of_day_fees_and_price_changes() -> None:
    """Else the agreement above would say little."""
    tiered = [model for model in MODELS if (rates := BOOK.rates(*model, TODAY)) and rates.tiers]
    by_hour = [model for model in MODELS if len(BOOK.schedule(*model, TODAY)) > 1]
    with_fee = [model for model in MODELS if (rates := BOOK.rates(*model, TODAY)) and rates.request]
    changed = [m for m in MODELS if BOOK.rates(*m, day_number(date(2024, 7, 1))) != BOOK.rates(*m, TODAY)]

    assert ("google", "gemini-2.5-pro") in tiered
    assert ("anthropic", "claude-sonnet-4-5") in tiered
    assert ("deepseek", "deepseek-chat") in by_hour
    assert with_fee == [("perplexity", "sonar-pro")]
    assert ("openai", "o3") in changed


def _token_values(prices: ModelPrice) -> list[Decimal]:
    values = [v for key, v in prices.__dict__.items() if v is not None and key.endswith("_mtok")]
    return [p for v in values for p in ([v.base, *(t.price for t in v.tiers)] if isinstance(v, TieredPrices) else [v])]


@pytest.mark.timeless
def test_every_model_of_the_book_costs_what_the_package_says() -> None:
    """Those whose list price is float noise, finer than a pico-dollar, may differ by the noise."""
    rng = random.Random(8)
    prices = Prices(BOOK, [])
    compared, different = 0, []
    for provider in providers:
        for model in provider.models:
            event = random_call(rng, provider.id, model.id)
            priced = prices.price(event, day=TODAY)
            try:
                expected = package_nanos(event)
            except (LookupError, ValueError):
                continue
            if priced.basis != "book":
                continue  # tokens of a kind the model has no price for: checked below
            found = provider.find_model(model.id, all_providers=providers)
            assert found is not None
            noisy = any(p * 1_000_000 % 1 for p in _token_values(found.get_prices(moment(event.occurred_at))))
            compared += 1
            if abs(priced.cost_nanos - expected) > (1000 if noisy else 0):
                different.append((provider.id, model.id, priced.cost_nanos, expected))

    assert different == []
    assert compared > 1500


def test_a_tier_is_a_cliff_on_all_input_cached_or_not() -> None:
    below = call("google", "gemini-2.5-pro", uncached_input=100_000, cache_read=100_000)
    above = call("google", "gemini-2.5-pro", uncached_input=100_001, cache_read=100_000)

    assert price(above).cost_nanos > 1.9 * price(below).cost_nanos


def test_half_a_nano_dollar_goes_to_the_even_neighbour() -> None:
    rates = Rates(uncached_input=500, cache_read=0, cache_write_5m=0, cache_write_1h=0, output=0)

    assert [rates.nanos(call(uncached_input=n)) for n in (1, 3, 5)] == [0, 2, 2]


def test_list_prices_go_by_the_utc_day_of_the_call() -> None:
    """OpenAI cut the price of o3 by four fifths in June 2025."""
    before = call("openai", "o3", occurred_at=micros(datetime(2025, 5, 1, tzinfo=UTC)))

    assert price(before, day=TODAY).cost_nanos == 10 * NANOS
    assert price(call("openai", "o3")).cost_nanos == 2 * NANOS


def test_a_failed_call_costs_nothing_whatever_else_is_said() -> None:
    event = call("openai", failed=True, gateway_cache=True, notional=True, reported_nanos=5)

    assert price(event) == Priced(0, "failed")


def test_an_answer_from_the_gateway_cache_costs_nothing() -> None:
    assert price(call("openai", gateway_cache=True, notional=True)) == Priced(0, "gateway_cache")


def test_a_call_on_a_personal_subscription_costs_nothing_and_keeps_what_it_would_have_cost() -> None:
    contract = ContractPrice(provider="openai", discount_ppm=100_000)

    priced = price(call("openai", notional=True), contract)

    assert priced == Priced(0, "notional", book_nanos=2_500_000_000, notional_nanos=2_250_000_000)


def test_a_contract_stands_before_the_book_and_the_book_before_the_reported_cost() -> None:
    event = call("openai", reported_nanos=7)
    contract = ContractPrice(model="gpt-4o", input_pico=1_000_000)

    assert price(event, contract) == Priced(1_000_000_000, "contract", 2_500_000_000)
    assert price(event) == Priced(2_500_000_000, "book", 2_500_000_000)
    assert price(call("openai", "metacode-2", reported_nanos=7)) == Priced(7, "reported")


def test_a_source_can_put_its_reported_cost_before_the_book_but_not_before_a_contract() -> None:
    event = call("openai", reported_nanos=7)
    contract = ContractPrice(model="gpt-4o", input_pico=1_000_000)

    assert price(event, reported_first=True) == Priced(7, "reported", 2_500_000_000)
    assert price(call("openai", reported_nanos=0), reported_first=True).basis == "book"
    assert price(event, contract, reported_first=True).basis == "contract"


@pytest.mark.parametrize("reported", [None, 0])
@pytest.mark.parametrize("model", ["metacode-2", "gpt-4o-2099-01-01", "<!channel>", "/", "openai/", ""])
def test_tokens_of_an_unknown_model_are_unpriced_and_never_free(model: str, reported: int | None) -> None:
    assert price(call("openai", model, reported_nanos=reported)) == Priced(0, "unpriced")


def test_a_cost_without_tokens_is_taken_as_reported() -> None:
    event = call("openai", "gpt-4o", uncached_input=0, reported_nanos=40_000_000)

    assert price(event, ContractPrice(input_pico=1)) == Priced(40_000_000, "reported")
    assert price(msgspec.structs.replace(event, reported_nanos=0)) == Priced(0, "reported")


def test_a_price_of_zero_is_a_price() -> None:
    event = call("openai", "metacode-2", output=10)

    assert price(event, ContractPrice(model="metacode*", input_pico=0, output_pico=0)) == Priced(0, "contract")
    assert Rates.of(dict.fromkeys(("uncached_input", "output"), 0)).nanos(event) == 0


def test_an_empty_entry_of_the_book_is_no_price() -> None:
    """The book says nothing at all of models that are free today; nothing said is unpriced, until a contract says 0."""
    event = call("openrouter", "cohere/north-mini-code:free")

    assert BOOK.seller(event.labels.provider, event.labels.model) == "openrouter"
    assert price(event).basis == "unpriced"
    assert price(event, ContractPrice(model="*:free", input_pico=0, output_pico=0)).basis == "contract"


def test_tokens_of_a_kind_without_a_price_leave_the_call_to_the_next_basis() -> None:
    embedding = ("openai", "text-embedding-3-small")

    assert price(call(*embedding)).basis == "book"
    assert price(call(*embedding, output=1)).basis == "unpriced"
    assert price(call(*embedding, output=1, reported_nanos=9)) == Priced(9, "reported")


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


def test_a_contract_stands_before_an_alias_and_may_name_either() -> None:
    alias = [ModelAlias(alias="prod", model="openai/gpt-4o")]

    for model in ("prod", "gpt-4o", "openai/gpt-4o"):
        contract = ContractPrice(model=model, input_pico=1_000_000)
        assert price(call("azure", "prod"), contract, aliases=alias).basis == "contract"
    for provider, basis in (("openai", "contract"), ("azure", "contract"), ("anthropic", "book")):
        contract = ContractPrice(provider=provider, discount_ppm=1)
        assert price(call("azure", "prod"), contract, aliases=alias).basis == basis


def test_a_call_whose_sender_counted_nothing_is_unmetered() -> None:
    assert price(call("openai", uncached_input=0, unmetered=True)) == Priced(0, "unmetered")


@cache
def _sonnet() -> Rates:
    rates = BOOK.rates("anthropic", "claude-sonnet-4-5", TODAY)
    assert rates is not None
    return rates


def test_a_discount_comes_off_every_list_price_tiers_included() -> None:
    discounted = ContractPrice(provider="anthropic", discount_ppm=150_000).completed_by(_sonnet())

    assert discounted is not None
    for listed, agreed in [(_sonnet(), discounted), (_sonnet().tiers[0][1], discounted.tiers[0][1])]:
        assert agreed.uncached_input == listed.uncached_input * 85 // 100
        assert agreed.cache_read == listed.cache_read * 85 // 100
        assert agreed.cache_write_1h == listed.cache_write_1h * 85 // 100
        assert agreed.output == listed.output * 85 // 100


@pytest.mark.parametrize(
    ("listed", "discount_ppm", "agreed"), [(3, 500_000, 2), (5, 500_000, 2), (3, 400_000, 2), (3, 600_000, 1)]
)
def test_a_discounted_rate_is_a_whole_number_of_pico_dollars_half_even(
    listed: int, discount_ppm: int, agreed: int
) -> None:
    rates = ContractPrice(discount_ppm=discount_ppm).completed_by(Rates.of({"uncached_input": listed}))

    assert rates == Rates.of({"uncached_input": agreed})


def test_a_discount_off_an_unknown_price_is_no_price() -> None:
    assert price(call("anthropic", "claude-next"), ContractPrice(discount_ppm=150_000)).basis == "unpriced"


def test_cache_rates_a_contract_leaves_out_keep_the_books_ratio_to_input() -> None:
    half = ContractPrice(input_pico=1_500_000, output_pico=6_000_000).completed_by(_sonnet())

    assert half is not None
    assert _sonnet().uncached_input == 3_000_000
    assert (half.cache_read, half.cache_write_5m, half.cache_write_1h) == (
        _sonnet().cache_read // 2,
        _sonnet().cache_write_5m // 2,
        _sonnet().cache_write_1h // 2,
    )


def test_cache_rates_of_an_in_house_model_are_the_input_rate_unless_given() -> None:
    rates = ContractPrice(input_pico=400_000, output_pico=1_600_000, cache_read_pico=40_000).completed_by(None)

    assert rates == Rates(
        uncached_input=400_000, cache_read=40_000, cache_write_5m=400_000, cache_write_1h=400_000, output=1_600_000
    )


def test_a_discount_covers_the_fee_per_call_and_the_extra_for_reasoning() -> None:
    half = ContractPrice(provider="perplexity", discount_ppm=500_000)
    searched = call("perplexity", "sonar-pro", uncached_input=0, output=1)
    reasoned = call("perplexity", "sonar-deep-research", output=1_000_000, reasoning=1_000_000)

    for event in (searched, reasoned):
        priced = price(event, half)
        assert priced.book_nanos is not None
        assert priced.cost_nanos * 2 == priced.book_nanos


def test_an_agreed_output_rate_holds_for_reasoning_too() -> None:
    event = call("perplexity", "sonar-deep-research", output=1_000_000, reasoning=1_000_000)

    assert price(event, ContractPrice(input_pico=0, output_pico=1_000_000)).cost_nanos == NANOS


def test_a_rate_the_contract_leaves_out_is_the_books() -> None:
    event = call("openai", uncached_input=1_000_000, output=1_000_000)

    assert price(event, ContractPrice(input_pico=1_000_000)) == Priced(11 * NANOS, "contract", 12_500_000_000)


def test_the_latest_contract_price_that_has_begun_holds() -> None:
    old = ContractPrice(model="metacode*", input_pico=400_000)
    new = ContractPrice(model="MetaCode*", input_pico=200_000, from_day=TODAY)
    event = call("openai", "openai/metacode-2")

    costs = [price(event, new, old, day=day).cost_nanos for day in (TODAY - 1, TODAY, TODAY + 1)]

    assert costs == [400_000_000, 200_000_000, 200_000_000]


def test_a_contract_price_that_has_not_begun_leaves_the_call_to_the_book() -> None:
    assert price(call("openai"), ContractPrice(input_pico=1, from_day=TODAY + 1)).basis == "book"


def test_the_more_specific_contract_price_wins_over_a_later_one() -> None:
    general = ContractPrice(discount_ppm=1, from_day=TODAY)
    provider = ContractPrice(provider="openai", input_pico=2, from_day=TODAY - 1)
    pattern = ContractPrice(model="gpt-4*", input_pico=3, from_day=TODAY - 2)
    exact = ContractPrice(model="gpt-4o", input_pico=4)
    exact_of_provider = ContractPrice(model="gpt-4o", provider="openai", input_pico=5)
    ladder = [general, provider, pattern, exact, exact_of_provider]

    costs = [price(call("openai"), *ladder[:n], day=TODAY).cost_nanos for n in range(2, 6)]

    assert costs == [2000, 3000, 4000, 5000]


@pytest.mark.parametrize(
    ("asked", "provider", "model", "applies"),
    [
        ("anthropic", "anthropic", "claude-sonnet-4-5", True),
        ("Anthropic", "", "claude-sonnet-4-5", True),
        ("anthropic", "", "anthropic/claude-sonnet-4-5", True),
        ("anthropic", "vertex_ai", "claude-sonnet-4-5", False),
        ("x_ai", "xai", "grok-4", True),
        ("acme-gateway", "acme-gateway", "gpt-4o", True),
        ("acme-openai", "openai", "gpt-4o", False),
        ("openai", "anthropic", "claude-sonnet-4-5", False),
    ],
)
def test_a_providers_contract_is_for_what_that_provider_sells(
    asked: str, provider: str, model: str, applies: bool
) -> None:
    priced = price(call(provider, model), ContractPrice(provider=asked, discount_ppm=150_000))

    assert (priced.basis == "contract") is applies


@pytest.mark.parametrize(
    "fields", [{}, {"model": "gpt-4o"}, {"input_pico": -1}, {"discount_ppm": -1}, {"discount_ppm": 1_000_001}]
)
def test_a_contract_price_without_sense_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="rate"):
        ContractPrice(**fields)  # type: ignore[arg-type]


def test_the_book_names_its_version_and_its_data() -> None:
    assert BOOK.book_id.startswith(f"genai-prices {genai_prices.__version__} ")
    assert BOOK.book_id == PriceBook().book_id


tokens = st.integers(min_value=0, max_value=10**12)


@given(
    st.sampled_from([*MODELS, ("", "metacode-2"), ("openai", "<!channel>")]),
    st.tuples(tokens, tokens, tokens, tokens, tokens),
    st.none() | st.integers(min_value=0, max_value=10**16),
    st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_a_cost_is_a_whole_number_and_never_below_zero(
    model: tuple[str, str], counters: tuple[int, ...], reported: int | None, flags: tuple[bool, bool, bool, bool]
) -> None:
    names = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
    failed, gateway_cache, notional, reported_first = flags
    event = call(
        model[0],
        model[1],
        **dict(zip(names, counters, strict=True)),
        reasoning=counters[4] // 2,
        reported_nanos=reported,
        failed=failed,
        gateway_cache=gateway_cache,
        notional=notional,
    )

    priced = price(event, ContractPrice(provider="openai", discount_ppm=333_333), reported_first=reported_first)

    for nanos in (priced.cost_nanos, priced.notional_nanos, priced.book_nanos or 0):
        assert type(nanos) is int
        assert 0 <= nanos < 2**63
    assert priced.cost_nanos == 0 or priced.basis in {"contract", "book", "reported"}


def test_pricing_a_known_model_again_is_a_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first call of a model on a day searches contracts and book."""
    prices = Prices(BOOK, [ContractPrice(provider="anthropic", discount_ppm=150_000)])
    first, second = (call("anthropic", "claude-sonnet-4-5", output=tokens) for tokens in (1_000, 2_000))
    cost = prices.price(first, day=TODAY).cost_nanos
    searched: list[str] = []
    schedule = PriceBook.schedule

    def counted(book: PriceBook, provider: str, model: str, *more: Any, **named: Any) -> Any:
        searched.append(model)
        return schedule(book, provider, model, *more, **named)

    monkeypatch.setattr(PriceBook, "schedule", counted)

    assert prices.price(second, day=TODAY).cost_nanos == 2 * cost > 0
    assert searched == []
    prices.price(call("anthropic", "claude-opus-4-5", output=1), day=TODAY)
    assert searched == ["claude-opus-4-5"]
