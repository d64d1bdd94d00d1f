"""Rates of a model, and the cost of one call by them."""

from collections.abc import Mapping

import msgspec

from bot.usage import COUNTERS, PARTS, Counters, UsageEvent

NO_PARTS: Mapping[str, int] = {}


class Rates(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Prices of one model at one moment, in pico-dollars: per token, and `request` per call.

    A counter in `unpriced` has no known price; its rate of 0 means nothing. `reasoning_extra` is added to the output
    rate of a reasoning token. `parts` has the rates of tokens of other kinds than text, by the names of `PARTS`; a kind
    that is not in it has no known price. `tiers` holds (input tokens, rates), highest first: a call with more input
    tokens, cached ones included, pays those rates for all its tokens. `is_standard` marks rates of the standard tier
    that stand in for a tier without its own.
    """

    uncached_input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning_extra: int = 0
    request: int = 0
    unpriced: frozenset[str] = frozenset()
    tiers: tuple[tuple[int, "Rates"], ...] = ()
    parts: Mapping[str, int] = NO_PARTS
    is_standard: bool = False

    @classmethod
    def of(
        cls,
        picos: Mapping[str, int],
        *,
        reasoning_extra: int = 0,
        request: int = 0,
        tiers: tuple[tuple[int, "Rates"], ...] = (),
        parts: Mapping[str, int] = NO_PARTS,
    ) -> "Rates":
        """Builds rates from the known ones, by counter."""
        return cls(
            uncached_input=picos.get("uncached_input", 0),
            cache_read=picos.get("cache_read", 0),
            cache_write_5m=picos.get("cache_write_5m", 0),
            cache_write_1h=picos.get("cache_write_1h", 0),
            output=picos.get("output", 0),
            reasoning_extra=reasoning_extra,
            request=request,
            unpriced=frozenset(COUNTERS[:5]).difference(picos),
            tiers=tiers,
            parts=parts,
        )

    def nanos(self, event: UsageEvent) -> int | None:
        """Returns the cost of a call in nano-dollars, rounded once, half-even; None if it used a counter, or a kind of
        tokens, without a price.
        """
        rates = self
        if self.tiers:
            total_input = event.uncached_input + event.cache_read + event.cache_write_5m + event.cache_write_1h
            for start, tier in self.tiers:
                if total_input > start:
                    rates = tier
                    break
        for counter in rates.unpriced:
            if getattr(event, counter):
                return None
        picos = (
            rates.request
            + event.uncached_input * rates.uncached_input
            + event.cache_read * rates.cache_read
            + event.output * rates.output
        )
        if event.cache_write_5m or event.cache_write_1h:
            picos += event.cache_write_5m * rates.cache_write_5m + event.cache_write_1h * rates.cache_write_1h
        if event.reasoning:
            picos += event.reasoning * rates.reasoning_extra
        for part, count in event.parts:
            rate = rates.parts.get(part)
            if rate is None:
                return None
            picos += count * (rate - getattr(rates, PARTS[part]))
        nanos, rest = divmod(picos, 1000)
        return nanos + 1 if rest > 500 or (rest == 500 and nanos & 1) else nanos

    def plain_nanos(self, counters: Counters) -> int | None:
        """Returns what `nanos` does for a call that has nothing but tokens of text."""
        uncached_input, cache_read, cache_write_5m, cache_write_1h, output, reasoning = counters
        rates = self
        if self.tiers:
            total_input = uncached_input + cache_read + cache_write_5m + cache_write_1h
            for start, tier in self.tiers:
                if total_input > start:
                    rates = tier
                    break
        if rates.unpriced:
            used = {name for name, count in zip(COUNTERS, counters, strict=True) if count}
            if not used.isdisjoint(rates.unpriced):
                return None
        picos = (
            rates.request
            + uncached_input * rates.uncached_input
            + cache_read * rates.cache_read
            + output * rates.output
        )
        if cache_write_5m or cache_write_1h:
            picos += cache_write_5m * rates.cache_write_5m + cache_write_1h * rates.cache_write_1h
        if reasoning:
            picos += reasoning * rates.reasoning_extra
        nanos, rest = divmod(picos, 1000)
        return nanos + 1 if rest > 500 or (rest == 500 and nanos & 1) else nanos


Schedule = tuple[tuple[int, Rates], ...]
"""The rates of one model over a UTC day, as (second of the day, rates from then on). Most models have one price all
day.
"""
