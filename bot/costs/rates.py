"""Rates of a model, and the cost of one call by them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from bot.units import MILLION
from bot.usage import COUNTERS, PARTS, Counters, UsageEvent

NO_PARTS: Mapping[str, int] = {}
UNIT_SCALE = 3_600
"""Rates of units are for so many of them, so that prices per hour and per thousand are both whole."""
_SIZES = frozenset({"images", "pages", "characters", "seconds"})
"""Units that say how large a call was. Where its tokens are priced and its model has no price of the unit, they are
what is counted in the tokens.
"""
_MAY_BE_FREE = frozenset({"code_executions"})
"""Units that no seller bills one by one: most are within what is free, so a call is priced without them."""


class PriceConditions(NamedTuple):
    """What changes the price of a call beside its model, its size and its time: tier, geography and the cloud's region."""

    tier: str = ""
    geo: str = ""
    region: str = ""


STANDARD = PriceConditions()


class PricedPart(NamedTuple):
    """The cost of what a model's rates price of a call, and the names of the counters, kinds of tokens and units that they
    do not.
    """

    nanos: int
    missing: tuple[str, ...]


class Rates(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Prices of one model at one moment, in pico-dollars: per token, `request` per call, and `units` per 3,600 units.

    A counter in `unpriced` has no known price; its rate of 0 means nothing. `reasoning_extra` is added to the output
    rate of a reasoning token. `parts` has the rates of tokens of other kinds than text, by the names of `PARTS`; a kind
    that is not in it has no known price. `tiers` holds (input tokens, rates), highest first: a call with more input
    tokens, cached ones included, pays those rates for all its tokens. `stands_in_for` names a tier without a price of
    its own, if these are the standard rates in its place. A shorter call costs `least_seconds`.
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
    units: Mapping[str, int] = NO_PARTS
    least_seconds: int = 0
    stands_in_for: str = ""

    @classmethod
    def of(
        cls,
        picos: Mapping[str, int],
        *,
        reasoning_extra: int = 0,
        request: int = 0,
        tiers: tuple[tuple[int, "Rates"], ...] = (),
        parts: Mapping[str, int] = NO_PARTS,
        units: Mapping[str, int] = NO_PARTS,
        least_seconds: int = 0,
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
            units=units,
            least_seconds=least_seconds,
        )

    def with_each(self, change: Callable[["Rates"], "Rates"]) -> "Rates":
        """Returns the rates changed, those of longer calls too."""
        return msgspec.structs.replace(
            change(self), tiers=tuple((start, tier.with_each(change)) for start, tier in self.tiers)
        )

    def nanos(self, event: UsageEvent) -> int | None:
        """Returns the cost of a call in nano-dollars, rounded once, half-even; None if it used a counter, a kind of
        tokens or a unit without a price.
        """
        rates = self
        if self.tiers:  # as in `_of_size`: this runs for every call
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
        if event.units:
            priced = rates._with_units(picos, event)
            return None if priced.missing else priced.nanos
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

    def priced_part(self, event: UsageEvent) -> PricedPart:
        """Returns the cost of what has a price, rounded once, and what has none."""
        rates = self._of_size(event)
        missing = [counter for counter in COUNTERS[:5] if counter in rates.unpriced and getattr(event, counter)]
        picos = rates.request + event.reasoning * rates.reasoning_extra
        picos += sum(getattr(event, counter) * getattr(rates, counter) for counter in COUNTERS[:5])
        for part, count in event.parts:
            rate = rates.parts.get(part)
            if rate is None:
                missing.append(part)
            picos += count * ((rate or 0) - getattr(rates, PARTS[part]))
        units = rates._with_units(picos, event)
        return PricedPart(units.nanos, (*missing, *units.missing))

    def unpriced_units(self, event: UsageEvent) -> tuple[str, ...]:
        """Returns the units of a call that are priced without a rate, because most are free."""
        return tuple(unit for unit, _ in event.units if unit in _MAY_BE_FREE and unit not in self._of_size(event).units)

    def _of_size(self, event: UsageEvent) -> "Rates":
        """Returns the rates of a call with as much input."""
        total_input = event.uncached_input + event.cache_read + event.cache_write_5m + event.cache_write_1h
        return next((tier for start, tier in self.tiers if total_input > start), self)

    def _with_units(self, picos: int, event: UsageEvent) -> PricedPart:
        """Adds what is counted beside tokens, and rounds."""
        missing = []
        scaled = picos * UNIT_SCALE * MILLION
        for unit, count in event.units:
            rate = self.units.get(unit)
            if rate is not None:
                scaled += rate * (max(count, self.least_seconds * MILLION) if unit == "seconds" else count)
            elif unit not in _MAY_BE_FREE and not (unit in _SIZES and event.tokens):
                missing.append(unit)
        whole = 1_000 * UNIT_SCALE * MILLION
        nanos, rest = divmod(scaled, whole)
        return PricedPart(nanos + (2 * rest > whole or (2 * rest == whole and nanos & 1)), tuple(missing))


Schedule = tuple[tuple[int, Rates], ...]
"""The rates of one model over a UTC day, as (second of the day, rates from then on). Most models have one price all
day.
"""
