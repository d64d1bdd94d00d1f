"""What a stand-in API bills for one answered call: disjoint counters, fees and conditions of the price."""

from collections.abc import Mapping
from dataclasses import dataclass

Rates = tuple[int, int, int, int, int]
"""Nano-dollars per token: uncached input, cache read, 5-minute write, 1-hour write, output."""

IN_HOUSE = "metacode-1"
"""A model of the company's own. The teams.yml of the tests has its contract price."""
RATES: Mapping[str, Rates] = {
    "claude-opus-5-5": (4_000, 200, 5_000, 8_000, 20_000),
    "claude-sonnet-5-5": (2_000, 100, 2_500, 4_000, 10_000),
    "claude-haiku-5-5": (100, 10, 125, 200, 500),
    IN_HOUSE: (400, 400, 400, 400, 1_600),
    "gpt-5.6": (4_000, 400, 5_000, 5_000, 20_000),
    "gpt-6.1-sol": (2_000, 100, 2_500, 2_500, 10_000),
    "gpt-6.1-terra": (1_000, 50, 1_250, 1_250, 5_000),
    "gemini-3.5-flash-lite": (300, 30, 300, 300, 2_500),
}
SEARCH_NANOS = {"claude": 10_000_000, "gpt": 10_000_000, "gemini": 14_000_000}
"""The fee of one web search, by the first word of the model's name."""
FACTORS: Mapping[str, tuple[int, int]] = {"fast": (2, 1), "flex": (1, 2), "us": (11, 10)}
"""By how much a tier or a geography multiplies the price of tokens."""


@dataclass(frozen=True, kw_only=True)
class Counters:
    """Tokens of one call. No token is in two counters; reasoning is a part of output."""

    uncached_input: int
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0

    @property
    def whole_input(self) -> int:
        return self.uncached_input + self.cache_read + self.cache_write_5m + self.cache_write_1h

    @property
    def whole(self) -> int:
        return self.whole_input + self.output

    def paid(self) -> tuple[int, int, int, int, int]:
        """Returns the counters that have a price, in the order of `Rates`."""
        return (self.uncached_input, self.cache_read, self.cache_write_5m, self.cache_write_1h, self.output)


@dataclass(frozen=True, kw_only=True)
class Bill:
    """One answered call and what it costs. `features` names what is unusual about it."""

    number: int
    model: str
    counters: Counters
    searches: int = 0
    conditions: tuple[str, ...] = ()
    features: frozenset[str] = frozenset()

    @property
    def nanos(self) -> int:
        return bill_nanos(self.model, self.counters, searches=self.searches, conditions=self.conditions)


def bill_nanos(model: str, counters: Counters, *, searches: int = 0, conditions: tuple[str, ...] = ()) -> int:
    """Returns the cost in nano-dollars. KeyError for a model that the stand-in doesn't offer."""
    nanos = sum(count * rate for count, rate in zip(counters.paid(), RATES[model], strict=True))
    for condition in conditions:
        times, over = FACTORS[condition]
        nanos = nanos * times // over
    return nanos + (searches * SEARCH_NANOS[model.partition("-")[0]] if searches else 0)
