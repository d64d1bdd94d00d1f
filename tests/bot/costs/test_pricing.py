"""Prices: the book agrees with its package to the nano-dollar, and the first basis that applies counts."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import genai_prices
import msgspec
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelPrice, TieredPrices

from bot.costs.contracts import ContractPrice
from bot.costs.pricing import Priced, Prices
from bot.costs.rates import Rates
from bot.money import NANOS
from bot.periods import day_number, micros, moment
from bot.usage import UsageEvent
from tests.bot.costs.pricing_examples import BOOK, MODELS, TODAY, call, price


def package_nanos(event: UsageEvent) -> int:
    """Returns the call's cost by the package, in decimals, rounded once."""
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
def test_three_thousand_random_calls_cost_the_packages_price_to_the_nano_dollar() -> None:
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
    """The comparison above proves little without these cases."""
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
def test_every_model_of_the_book_costs_the_packages_price() -> None:
    """Models whose list price has float noise below a pico-dollar may differ by the noise."""
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


def test_a_failed_call_costs_nothing_despite_other_fields() -> None:
    event = call("openai", failed=True, gateway_cache=True, notional=True, reported_nanos=5)

    assert price(event) == Priced(0, "failed")


def test_an_answer_from_the_gateway_cache_costs_nothing() -> None:
    assert price(call("openai", gateway_cache=True, notional=True)) == Priced(0, "gateway_cache")


def test_a_call_on_a_personal_subscription_costs_nothing_and_keeps_what_it_would_have_cost() -> None:
    contract = ContractPrice(provider="openai", discount_ppm=100_000)

    priced = price(call("openai", notional=True), contract)

    assert priced == Priced(0, "notional", book_nanos=2_500_000_000, notional_nanos=2_250_000_000)


def test_a_contract_goes_before_the_book_and_the_book_before_the_reported_cost() -> None:
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
    """The book has empty entries for models that are free today. Such a model is unpriced until a contract sets 0."""
    event = call("openrouter", "cohere/north-mini-code:free")

    assert BOOK.seller(event.labels.provider, event.labels.model) == "openrouter"
    assert price(event).basis == "unpriced"
    assert price(event, ContractPrice(model="*:free", input_pico=0, output_pico=0)).basis == "contract"


def test_tokens_of_a_kind_without_a_price_leave_the_call_to_the_next_basis() -> None:
    embedding = ("openai", "text-embedding-3-small")

    assert price(call(*embedding)).basis == "book"
    assert price(call(*embedding, output=1)).basis == "unpriced"
    assert price(call(*embedding, uncached_input=0, cache_read=0, output=1, reported_nanos=9)) == Priced(
        9, "reported", reason="output"
    )
