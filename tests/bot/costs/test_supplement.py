"""What is added to the package's prices: it says what real bills say, and never changes a price that the package has."""

from fnmatch import fnmatchcase
from typing import Any

import msgspec
import pytest
from genai_prices.data import providers

from bot.costs.price_book import PriceBook
from bot.costs.pricing import Priced, Prices
from bot.costs.rates import PriceConditions, Rates
from bot.costs.supplement import Rule, _rules, supplemented
from bot.usage import Labels, UsageEvent
from tests.bot.costs.pricing_examples import BOOK, EMPTY, TODAY

PACKAGE = PriceBook(supplement=False)
PROVIDERS = {provider.id: provider for provider in providers}
ALONE = ("rerank", "imagen-", "mistral-ocr")
"""Names of models that the package does not know: they are sold by units alone."""


def sent(provider: str, model: str, tier: str = "", geo: str = "", region: str = "", **fields: Any) -> UsageEvent:
    labels = Labels(provider=provider, model=model, tier=tier, geo=geo, region=region)
    return msgspec.structs.replace(EMPTY, labels=labels, **fields)


def found(event: UsageEvent) -> Priced:
    return Prices(BOOK, []).price(event, day=TODAY)


CLAUDE: dict[str, Any] = {
    "uncached_input": 993,
    "cache_read": 50_000,
    "cache_write_5m": 1_500,
    "cache_write_1h": 500,
    "output": 1_493,
}
GEMINI: dict[str, Any] = {"uncached_input": 6_328, "cache_read": 4_096, "output": 2_224}
WRITES: dict[str, Any] = {"uncached_input": 1_229, "cache_write_5m": 9_000, "output": 2_229}


@pytest.mark.parametrize(
    ("event", "nanos"),
    [
        (sent("anthropic", "claude-opus-4-6", geo="us", **CLAUDE), 89_831_500),
        (sent("anthropic", "claude-opus-4-6", **CLAUDE), 81_665_000),
        (sent("anthropic", "claude-opus-4-6", geo="eu", **CLAUDE), 81_665_000),
        (sent("anthropic", "claude-opus-4-5", geo="us", **CLAUDE), 81_665_000),
        (sent("anthropic", "claude-opus-4-6", geo="us", tier="batch", **CLAUDE), 44_915_750),
        (sent("anthropic", "claude-sonnet-4-5", units=(("web_searches", 5_000_000),)), 50_000_000),
        (sent("anthropic", "claude-3-haiku-20240307", units=(("web_searches", 1_000_000),)), 10_000_000),
        (sent("anthropic", "claude-opus-4-6", geo="us", units=(("web_searches", 5_000_000),)), 50_000_000),
        (sent("gemini", "gemini-2.5-pro", tier="priority", parts=(("audio_input", 3_000),), **GEMINI), 55_191_600),
        (sent("gemini", "gemini-2.5-pro", tier="flex", **GEMINI), 3_955_000 + 512_000 + 11_120_000),
        (sent("openai", "gpt-5.6-sol", parts=(("cache_write_12h", 9_000),), **WRITES), 139_496_000),
        (sent("openai", "gpt-5.6-sol", parts=(("cache_write_30m", 9_000),), **WRITES), 94_496_000),
        (sent("openai", "gpt-5.6-sol", **WRITES), 94_496_000),
        (sent("openai", "gpt-5.6-sol", geo="eu", **WRITES), 103_945_600),
        (sent("azure", "gpt-5.6-sol", geo="eu", **WRITES), 94_496_000),
        (sent("vertex_ai", "claude-opus-4-6", region="europe-west1", uncached_input=1_000), 5_500_000),
        (sent("vertex_ai", "claude-opus-4-6", uncached_input=1_000), 5_000_000),
        (sent("cohere", "rerank-v3.5", units=(("search_units", 3_000_000),)), 6_000_000),
        (sent("bedrock", "cohere.rerank-v3-5:0", units=(("search_units", 3_000_000),)), 6_000_000),
        (sent("gemini", "imagen-4.0-ultra-generate-001", units=(("images", 2_000_000),)), 120_000_000),
        (sent("gemini", "gemini/imagen-4.0-generate-001", units=(("images", 2_000_000),)), 80_000_000),
        (sent("gemini", "gemini-2.5-pro", units=(("cache_storage_token_hours", 500_000 * 1_000_000),)), 2_250_000_000),
    ],
)
def test_a_call_costs_what_its_bill_says(event: UsageEvent, nanos: int) -> None:
    price = found(event)

    assert (price.cost_nanos, price.basis, price.reason) == (nanos, "book", "")


def test_the_package_prices_go_first() -> None:
    """The supplement completes rates; no rate, kind, unit or tier of the package is another one with it."""
    compared = 0
    for provider in providers:
        for model in provider.models:
            for tier in ("", "batch", "flex", "priority", "fast"):
                when = PriceConditions(tier)
                theirs = PACKAGE.rates(provider.id, model.id, TODAY, when=when)
                ours = BOOK.rates(provider.id, model.id, TODAY, when=when)
                if theirs is None or ours is None or theirs.stands_in_for:
                    assert (theirs is None) == (ours is None)
                    continue
                compared += 1
                for before, after in _sizes(theirs, ours):
                    assert msgspec.structs.replace(after, parts={}, units={}) == msgspec.structs.replace(
                        before, parts={}, units={}
                    )
                    assert before.parts.items() <= after.parts.items()
                    assert before.units.items() <= after.units.items()
    assert compared > 1_500


def _sizes(theirs: Rates, ours: Rates) -> list[tuple[Rates, Rates]]:
    tiers = [(a, b) for (_, a), (_, b) in zip(theirs.tiers, ours.tiers, strict=True)]
    return [
        (msgspec.structs.replace(a, tiers=()), msgspec.structs.replace(b, tiers=()))
        for a, b in [(theirs, ours), *tiers]
    ]


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: f"{rule.source[:30]} {rule.models[0]}")
def test_every_rule_names_its_source_and_models_that_there_are(rule: Rule) -> None:
    assert rule.source
    assert set(rule.sellers) <= set(PROVIDERS)
    for pattern in rule.models:
        sold = [m.id for seller in rule.sellers for m in PROVIDERS[seller].models if fnmatchcase(m.id, pattern)]
        assert sold or any(name in pattern for name in ALONE), pattern


def test_a_rule_with_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no smell_input"):
        Rule(source="a bill", sellers=["openai"], models=["*"], parts={"smell_input": "1"})


def test_the_books_name_changes_with_what_is_added(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, other = PriceBook().book_id, tmp_path / "supplement.toml"
    other.write_text("rules = []")
    monkeypatch.setattr("bot.costs.price_book.FILE", other)

    assert PriceBook().book_id != ours


def test_a_rule_completes_rates_and_replaces_none() -> None:
    known = {"uncached_input": 10, "cache_read": 1, "cache_write_5m": 12, "cache_write_1h": 20, "output": 50}
    own = Rates.of(known, parts={"image_input": 99}, units={"web_searches": 7}, reasoning_extra=10)

    found = supplemented(own, seller="anthropic", model="claude-opus-4-6")
    dearer = supplemented(own, seller="anthropic", model="claude-opus-4-6", when=PriceConditions(geo="us"))

    assert (found.parts, found.units) == ({"image_input": 99, "image_cache_read": 1}, {"web_searches": 7})
    assert (dearer.uncached_input, dearer.reasoning_extra, dearer.units) == (11, 11, {"web_searches": 7})
