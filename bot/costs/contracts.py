"""Negotiated prices: own rates, or a discount off the book."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from bot.costs.rates import Rates
from bot.usage import COUNTERS, PARTS

_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ContractPrice:
    """A negotiated price: own rates in pico-dollars per token, a discount in parts per million off the book, or both.

    `model` is a glob without regard to case. The price applies from `from_day` (days since 1970) until before
    `until_day`. `origin` names where it is declared.
    """

    model: str | None = None
    provider: str | None = None
    from_day: int | None = None
    until_day: int | None = None
    input_pico: int | None = None
    output_pico: int | None = None
    cache_read_pico: int | None = None
    cache_write_5m_pico: int | None = None
    cache_write_1h_pico: int | None = None
    discount_ppm: int | None = None
    origin: Literal["teams.yml", "Slack"] = "teams.yml"

    def __post_init__(self) -> None:
        given = [*self.own_rates.values(), self.discount_ppm]
        if all(rate is None for rate in given):
            raise ValueError("a contract price needs a rate or a discount")
        if any(rate is not None and rate < 0 for rate in given) or (self.discount_ppm or 0) > _MILLION:
            raise ValueError("a rate is at least 0 and a discount between 0 and 1,000,000 parts per million")

    def holds_on(self, day: int) -> bool:
        return (self.from_day or day) <= day and (self.until_day is None or day < self.until_day)

    @property
    def own_rates(self) -> dict[str, int | None]:
        """Returns the rates that the contract names, by counter."""
        return {
            "uncached_input": self.input_pico,
            "cache_read": self.cache_read_pico,
            "cache_write_5m": self.cache_write_5m_pico,
            "cache_write_1h": self.cache_write_1h_pico,
            "output": self.output_pico,
        }

    def completed_by(self, book: Rates | None) -> Rates | None:
        """Returns the contract's rates completed by the book's; None if a discount has no book price to apply to.

        A rate that the contract does not name is the book's less the discount, in each of the book's tiers. Cache
        rates follow a named input rate instead: they keep the book's ratio to input, and without a book they equal
        input.
        """
        if book is None:
            return None if all(rate is None for rate in self.own_rates.values()) else self._flat(None)
        return msgspec.structs.replace(
            self._flat(book),
            tiers=tuple((start, self._flat(tier)) for start, tier in book.tiers),
            stands_in_for=book.stands_in_for if not any(self.own_rates.values()) else "",
        )

    def _flat(self, book: Rates | None) -> Rates:
        listed: dict[str, int] = {}
        if book is not None:
            listed = {c: getattr(book, c) for c in COUNTERS[:5] if c not in book.unpriced}
        rates = {counter: self._discounted(rate) for counter, rate in listed.items()}
        if self.input_pico is not None:
            for counter in ("cache_read", "cache_write_5m", "cache_write_1h"):
                ratio = (listed.get(counter, 0), listed.get("uncached_input", 0))
                known = counter in listed and ratio[1] > 0
                rates[counter] = _half_even(self.input_pico * ratio[0], ratio[1]) if known else self.input_pico
        rates |= {counter: rate for counter, rate in self.own_rates.items() if rate is not None}
        parts = self._parts(rates, listed, book)
        if book is None:
            return Rates.of(rates, parts=parts)
        extra = self._discounted(book.reasoning_extra) if self.output_pico is None else 0
        units = {unit: self._discounted(rate) for unit, rate in book.units.items()}
        return Rates.of(
            rates,
            reasoning_extra=extra,
            request=self._discounted(book.request),
            parts=parts,
            units=units,
            least_seconds=book.least_seconds,
        )

    def _parts(self, rates: Mapping[str, int], listed: Mapping[str, int], book: Rates | None) -> dict[str, int]:
        """Returns the rates of other kinds than text: the book's less the discount, or, where the contract names the rate
        of their counter, that rate in the book's ratio; without a ratio it is the rate of the kind too.
        """
        own = {counter for counter, rate in self.own_rates.items() if rate is not None}
        if self.input_pico is not None:
            own |= {"cache_read"}
        parts: dict[str, int] = {}
        for part, counter in PARTS.items():
            sold = book.parts.get(part) if book is not None else None
            if counter in own:
                base = listed.get(counter, 0)
                parts[part] = _half_even(rates[counter] * sold, base) if sold is not None and base else rates[counter]
            elif sold is not None:
                parts[part] = self._discounted(sold)
        return parts

    def _discounted(self, rate: int) -> int:
        return _half_even(rate * (_MILLION - (self.discount_ppm or 0)), _MILLION)


def precedence(contract: ContractPrice) -> tuple[bool, int, bool, int]:
    """Sorts contracts by specificity: exact name, pattern length, provider, then latest start."""
    model = contract.model or ""
    exact = bool(model) and (contract.origin == "Slack" or not any(c in model for c in "*?["))
    return exact, sum(c not in "*?" for c in model), bool(contract.provider), contract.from_day or 0


def _half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + 1 if 2 * rest > denominator or (2 * rest == denominator and whole & 1) else whole
