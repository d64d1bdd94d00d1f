"""Examples and helpers of pricing's tests."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from hypothesis import strategies as st

from bot.costs.aliases import ModelAlias
from bot.costs.contracts import ContractPrice
from bot.costs.price_book import PriceBook
from bot.costs.pricing import Priced, Prices
from bot.periods import day_number, micros
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


tokens = st.integers(min_value=0, max_value=10**12)
