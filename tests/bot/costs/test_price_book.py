"""The whole price book compared with its own package to the nano-dollar: all kinds of tokens, units and service tiers.

What is added to the package's prices is left out of the comparison; `test_supplement.py` has it.
"""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import genai_prices
import msgspec
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from bot.costs.contracts import ContractPrice
from bot.costs.price_book import PriceBook
from bot.costs.pricing import Prices
from bot.costs.rates import PriceConditions
from bot.money import NANOS
from bot.periods import day_number, micros, moment
from bot.units import MILLION, units_of
from bot.usage import COUNTERS, PARTS, UsageEvent, parts_of
from tests.bot.costs.pricing_examples import TODAY, call

BOOK = PriceBook(supplement=False)
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
PRICED_PARTS = {part for part in PARTS if not part.startswith("cache_write") and part != "video_cache_read"}


def usage_of(event: UsageEvent) -> genai_prices.Usage:
    """Returns the call in the package's terms: its kinds of input include what was cached."""
    writes, parts = event.cache_write_5m + event.cache_write_1h, dict(event.parts)
    units = {unit: Decimal(count) / MILLION for unit, count in event.units}
    kinds = {kind: parts.get(f"{kind}_cache_read", 0) for kind in ("audio", "image", "video")}
    given: dict[str, Any] = {
        "input_tokens": event.uncached_input + event.cache_read + writes,
        "cache_read_tokens": event.cache_read,
        "cache_write_tokens": writes,
        "cache_write_1h_tokens": event.cache_write_1h,
        "output_tokens": event.output,
        "output_reasoning_tokens": event.reasoning,
        **{f"input_{kind}_tokens": parts.get(f"{kind}_input", 0) + cached for kind, cached in kinds.items()},
        **{f"cache_{kind}_read_tokens": cached for kind, cached in kinds.items()},
        **{f"output_{kind}_tokens": parts.get(f"{kind}_output", 0) for kind in kinds},
        "web_searches": units.get("web_searches", 0),
        "input_characters": units.get("characters", 0),
        "input_document_pages": units.get("pages", 0),
        "audio_seconds": units.get("seconds", 0),
        "input_audio_seconds": units.get("seconds", 0),
    }
    return genai_prices.Usage(**{name: count for name, count in given.items() if count})


def package_nanos(event: UsageEvent) -> int:
    """Returns the call's cost by the package, in decimals, rounded once."""
    total = genai_prices.calc_price(
        usage_of(event),
        event.labels.model,
        provider_id=event.labels.provider,
        genai_request_timestamp=moment(event.occurred_at),
        price_context=CONTEXTS[event.labels.tier],
    ).total_price
    return int((total * NANOS).to_integral_value(rounding=ROUND_HALF_EVEN))


def random_call(rng: random.Random, provider: str, model: str) -> UsageEvent:
    """Returns a call of kinds of tokens and units that its model has prices of."""

    def tokens(most: int) -> int:
        return rng.choice((0, rng.randrange(1, 50), rng.randrange(most), rng.randrange(most)))

    output = tokens(60_000)
    first = rng.choice((FIRST, TIERS_BEGIN))
    event = call(
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
    rates = BOOK.rates(provider, model, TODAY)
    if rates is None or not (rates.parts or rates.units):
        return event
    if not (rates.uncached_input or rates.output):  # sold by units alone
        event = msgspec.structs.replace(event, **dict.fromkeys(COUNTERS, 0))
    kinds = rng.sample(sorted(rates.parts), rng.randint(0, len(rates.parts)))
    given = [(kind, rng.randint(0, 1 + getattr(event, PARTS[kind]) // 2)) for kind in kinds]
    counters = {name: getattr(event, name) for name in COUNTERS}
    counters["output"] -= event.reasoning  # no price of reasoning as audio
    units = [(unit, rng.choice((1, rng.randint(0, 9), rng.randint(0, 9_000) / 8))) for unit in rates.units]
    whole = [(unit, count if unit == "seconds" else int(count)) for unit, count in units]
    return msgspec.structs.replace(event, parts=parts_of(given, counters), units=units_of(whole))


def is_exact(model: ModelInfo) -> bool:
    """Returns whether all prices are whole pico-dollars per token; some aggregators publish float noise beyond that."""
    options = [model.prices] if isinstance(model.prices, ModelPrice) else [c.prices for c in model.prices]
    for prices in (*options, *(variant.prices for variant in model.price_variants or ())):
        for key, value in prices.__dict__.items():
            if value is None:
                continue
            scale = 1_000_000 if key.endswith("_mtok") else 1_000_000_000
            parts = [value.base, *(t.price for t in value.tiers)] if isinstance(value, TieredPrices) else [value]
            if any(part * scale % 1 for part in parts):
                return False
    return True


@pytest.mark.timeless
def test_three_thousand_random_usages_cost_the_same_as_calc_price() -> None:
    """A third of them use models with prices by tier, a third those with prices of other kinds and units. Calls with an
    unpriced counter are skipped: the package ignores such tokens, and here the call is unpriced.
    """
    rng = random.Random(20261124)
    prices = Prices(BOOK, [])
    every = [(p.id, m.id) for p in providers for m in p.models if is_exact(m)]
    tiered = [(p.id, m.id) for p in providers for m in p.models if is_exact(m) and m.price_variants]
    rich = [
        m for m in every if (rates := BOOK.rates(*m, TODAY)) and (rates.parts or rates.units.keys() - {"web_searches"})
    ]
    compared: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    sellers, changed_by_tier, different = set(), 0, []
    while compared.total() < READ_ATTRIBUTES:
        event = random_call(rng, *rng.choice((every, tiered, rich)[compared.total() % 3]))
        try:
            expected = package_nanos(event)
        except (LookupError, ValueError):
            continue
        priced = prices.price(event, day=TODAY)
        if priced.basis != "book":
            continue
        compared[event.labels.tier or "standard"] += 1
        beside.update(dict(event.parts).keys() | dict(event.units).keys())
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
        f"{changed_by_tier} calls cost something else than in the standard tier; beside text: {dict(beside)}"
    )
    assert different == []
    assert compared.total() == READ_ATTRIBUTES
    assert min(compared.values()) > 400
    assert changed_by_tier > 200
    assert len(sellers) > 25
    assert set(beside) == {*PRICED_PARTS, "characters", "pages", "seconds", "web_searches"}
    assert min(beside.values()) >= 8


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
    rates, standard = (BOOK.rates(provider, model, day_number(on), when=PriceConditions(t)) for t in (tier, ""))

    assert rates is not None
    assert standard is not None
    assert rates.output == standard.output * of_standard


def test_a_discount_comes_off_the_tiers_price_and_own_rates_hold_in_every_tier() -> None:
    batch = call("openai", "gpt-4o", tier="batch")
    discount = Prices(BOOK, [ContractPrice(provider="openai", discount_ppm=100_000)])
    own = Prices(BOOK, [ContractPrice(provider="openai", input_pico=1_000_000)])

    assert discount.price(batch, day=TODAY).cost_nanos == 1_125_000_000
    assert own.price(batch, day=TODAY).cost_nanos == 1_000_000_000
