"""The whole price book compared with its own package to the nano-dollar, service tiers included."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN

import genai_prices
import msgspec
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from bot.costs.price_book import PriceBook
from bot.costs.pricing import ContractPrice, Prices
from bot.money import NANOS
from bot.periods import day_number, micros, moment
from bot.usage import UsageEvent
from tests.bot.costs.pricing_examples import TODAY, call

BOOK = PriceBook()
CONTEXTS = {
    "": None,
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
FIRST, LAST = datetime(2024, 6, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
TIERS_BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
"""Most prices of tiers have a start date in October 2026."""
READ_ATTRIBUTES = 3_000


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
        price_context=CONTEXTS[event.labels.tier],
    ).total_price
    return int((total * NANOS).to_integral_value(rounding=ROUND_HALF_EVEN))


def random_call(rng: random.Random, provider: str, model: str) -> UsageEvent:
    def tokens(most: int) -> int:
        return rng.choice((0, rng.randrange(1, 50), rng.randrange(most), rng.randrange(most)))

    output = tokens(60_000)
    first = rng.choice((FIRST, TIERS_BEGIN))
    return call(
        provider,
        model,
        occurred_at=micros(first + timedelta(seconds=rng.randrange(int((LAST - first).total_seconds())))),
        tier=rng.choice(list(CONTEXTS)),
        uncached_input=rng.choice((tokens(300_000), 200_000, 200_001, 128_000, 272_001)),
        cache_read=tokens(150_000),
        cache_write_5m=tokens(20_000),
        cache_write_1h=tokens(20_000),
        output=output,
        reasoning=rng.randint(0, output),
    )


def is_exact(model: ModelInfo) -> bool:
    """Returns whether all prices are whole pico-dollars per token; some aggregators publish float noise beyond that."""
    options = [model.prices] if isinstance(model.prices, ModelPrice) else [c.prices for c in model.prices]
    for prices in (*options, *(variant.prices for variant in model.price_variants or ())):
        for key, value in prices.__dict__.items():
            if value is None or not key.endswith("_mtok"):
                continue
            parts = [value.base, *(t.price for t in value.tiers)] if isinstance(value, TieredPrices) else [value]
            if any(part * 1_000_000 % 1 for part in parts):
                return False
    return True


@pytest.mark.timeless
def test_three_thousand_random_usages_cost_the_same_as_calc_price() -> None:
    """Half of them use models with prices by tier. Calls with an unpriced counter are skipped: the package ignores such
    tokens, and here the call is unpriced.
    """
    rng = random.Random(20261124)
    prices = Prices(BOOK, [])
    every = [(p.id, m.id) for p in providers for m in p.models if is_exact(m)]
    tiered = [(p.id, m.id) for p in providers for m in p.models if is_exact(m) and m.price_variants]
    compared: Counter[str] = Counter()
    sellers, changed_by_tier, different = set(), 0, []
    while compared.total() < READ_ATTRIBUTES:
        event = random_call(rng, *rng.choice(tiered if compared.total() % 2 else every))
        try:
            expected = package_nanos(event)
        except (LookupError, ValueError):
            continue
        priced = prices.price(event, day=TODAY)
        if priced.basis != "book":
            continue
        compared[event.labels.tier or "standard"] += 1
        sellers.add(event.labels.provider)
        untiered = msgspec.structs.replace(event.labels, tier="")
        standard = prices.price(msgspec.structs.replace(event, labels=untiered), day=TODAY)
        changed_by_tier += priced.cost_nanos != standard.cost_nanos
        if priced.cost_nanos != expected:
            different.append(
                (
                    event.labels.provider,
                    event.labels.model,
                    event.labels.tier,
                    event.occurred_at,
                    priced.cost_nanos,
                    expected,
                )
            )

    print(  # noqa: T201  # `pytest -s` shows how much the agreement is worth
        f"{compared.total()} compared, {len(different)} different: {dict(compared)}; {len(sellers)} providers, "
        f"{changed_by_tier} calls cost something else than in the standard tier"
    )
    assert different == []
    assert compared.total() == READ_ATTRIBUTES
    assert min(compared.values()) > 400
    assert changed_by_tier > 200
    assert len(sellers) > 25


@pytest.mark.parametrize(
    ("provider", "model", "tier", "on", "of_standard"),
    [
        ("openai", "gpt-4o", "batch", date(2026, 11, 23), 0.5),
        ("openai", "gpt-4o", "batch", date(2026, 9, 1), 1.0),  # the book's batch prices begin in October 2026
        ("anthropic", "claude-sonnet-4-5", "batch", date(2026, 11, 23), 0.5),
        ("openai", "gpt-4o", "fast", date(2026, 11, 23), 1.7),
        ("anthropic", "claude-sonnet-4-5", "flex", date(2026, 11, 23), 1.0),  # no such price: the standard one
        ("azure", "gpt-4o", "batch", date(2026, 11, 23), 1.0),
    ],
)
def test_a_tier_costs_the_books_price_of_that_day(
    provider: str, model: str, tier: str, on: date, of_standard: float
) -> None:
    rates, standard = (BOOK.rates(provider, model, day_number(on), tier=t) for t in (tier, ""))

    assert rates is not None
    assert standard is not None
    assert rates.output == standard.output * of_standard


def test_a_discount_comes_off_the_tiers_price_and_own_rates_hold_in_every_tier() -> None:
    batch = call("openai", "gpt-4o", tier="batch")
    discount = Prices(BOOK, [ContractPrice(provider="openai", discount_ppm=100_000)])
    own = Prices(BOOK, [ContractPrice(provider="openai", input_pico=1_000_000)])

    assert discount.price(batch, day=TODAY).cost_nanos == 1_125_000_000
    assert own.price(batch, day=TODAY).cost_nanos == 1_000_000_000
