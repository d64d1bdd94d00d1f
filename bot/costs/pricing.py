"""The price of a call in nano-dollars, and the basis it comes from. The first basis that applies wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from bot.costs.aliases import ModelAlias, ModelAliases
from bot.costs.price_book import PriceBook
from bot.costs.rates import Rates
from bot.periods import DAY_MICROS, MICROS
from bot.usage import COUNTERS, PARTS, Labels, UsageEvent

Basis = Literal[
    "contract", "book", "book+reported", "reported", "unpriced",
    "gateway_cache", "notional", "provisioned", "failed", "unmetered",
]  # fmt: skip

_MILLION = 1_000_000
_CACHE_SIZE = 20_000


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
            self._flat(book), tiers=tuple((start, self._flat(tier)) for start, tier in book.tiers)
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
        return Rates.of(rates, reasoning_extra=extra, request=self._discounted(book.request), parts=parts)

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


class Priced(msgspec.Struct, frozen=True, gc=False):
    """A call's cost in nano-dollars and its basis.

    `book_nanos` is its list price, if the book knows one, to compare with the reported cost. `notional_nanos` is the
    cost that a call under a personal subscription would have had.
    """

    cost_nanos: int
    basis: Basis
    book_nanos: int | None = None
    notional_nanos: int = 0


_REPORTED: Basis = "reported"
_FAILED = Priced(0, "failed")
_GATEWAY_CACHE = Priced(0, "gateway_cache")
_UNMETERED = Priced(0, "unmetered")


class PriceExplanation(NamedTuple):
    """The rates of a model on a day (None if unpriced) and their origins."""

    rates: Rates | None
    contract: ContractPrice | None
    alias: ModelAlias | None
    sold_by: str
    book: Rates | None


class PriceTerms(NamedTuple):
    """The rates of a contract and of the book, from a second of a UTC day on."""

    from_second: int
    contract: Rates | None
    book: Rates | None


class Prices:
    """The prices in force. A contract goes before the book, and the book before the reported cost. A model's alias
    names its book entry.
    """

    def __init__(self, book: PriceBook, contracts: Sequence[ContractPrice], aliases: Sequence[ModelAlias] = ()) -> None:
        self.book = book
        self._contracts = sorted(contracts, key=_precedence)[::-1]  # among equals, the later line goes first
        self._aliases = ModelAliases(aliases)
        self._terms = lru_cache(maxsize=_CACHE_SIZE)(self._find_terms)

    def price(self, event: UsageEvent, *, day: int, reported_first: bool = False) -> Priced:
        """Prices one call. Contracts start by `day`, the day the call is booked on; list prices follow the UTC day.

        With `reported_first`, a reported cost goes before the book, but never before a contract.
        """
        return priced(
            event, self.terms(event.labels, event.occurred_at // DAY_MICROS, day), reported_first=reported_first
        )

    def terms(self, labels: Labels, utc_day: int, day: int) -> "tuple[PriceTerms, ...]":
        """Returns the rates of a model over a UTC day, each with the second it starts at."""
        return self._terms(labels.provider, labels.model, labels.tier, utc_day, day)

    def _find_terms(self, provider: str, model: str, tier: str, utc_day: int, day: int) -> tuple[PriceTerms, ...]:
        seller, sold, apply = self._applicable_contracts(provider, model, day)
        schedule = self.book.schedule(seller, sold, utc_day, tier=tier) or ((0, None),)
        return tuple(
            PriceTerms(second, next((rates for c in apply if (rates := c.completed_by(book)) is not None), None), book)
            for second, book in schedule
        )

    def explain(self, provider: str, model: str, *, day: int, tier: str = "") -> "PriceExplanation":
        """Returns the price of a model at noon of a day, and its origins."""
        seller, sold, apply = self._applicable_contracts(provider, model, day)
        book = self.book.rates(seller, sold, day, tier=tier)
        contract = next((c for c in apply if c.completed_by(book) is not None), None)
        return PriceExplanation(
            rates=contract.completed_by(book) if contract else book,
            contract=contract,
            alias=self._aliases.find(model, day=day),
            sold_by=self.book.seller(seller, sold) if book else "",
            book=book,
        )

    def _applicable_contracts(self, provider: str, model: str, day: int) -> tuple[str, str, list[ContractPrice]]:
        """Returns the book's seller and model, and the contracts that apply on a day, most specific first."""
        seller, sold, names = self._contract_names(provider, model, day)
        sellers = {provider.strip().casefold(), self.book.seller(seller, sold)}
        return seller, sold, [c for c in self._contracts if c.holds_on(day) and self._is_for(c, sellers, names)]

    def _contract_names(self, provider: str, model: str, day: int) -> tuple[str, str, set[str]]:
        """Returns the book's seller and model, and every name by which a contract may know the model."""
        sent = model.strip().casefold()
        alias = self._aliases.find(model, day=day)
        named = (alias.model if alias else model).strip().casefold()
        names = {sent, sent.partition("/")[2] or sent, named, named.partition("/")[2] or named}
        if alias is None:
            return provider, model, names
        prefix, _, rest = alias.model.partition("/")
        if rest and self.book.knows_provider(prefix):
            return prefix, rest, names
        # A gateway may call a deployment self-hosted although its alias names a model with a seller.
        return (provider if self.book.seller(provider, alias.model) else ""), alias.model, names

    @staticmethod
    def _is_for(contract: ContractPrice, sellers: set[str], names: set[str]) -> bool:
        if contract.provider and sellers.isdisjoint(
            {contract.provider.strip().casefold(), PriceBook.provider_id(contract.provider)}
        ):
            return False
        model = (contract.model or "").casefold()
        if contract.origin == "Slack":  # it names one model, so its characters are no wildcards
            return model in names
        return not model or model in names or any(fnmatchcase(name, model) for name in names)


def book_alone(terms: Sequence[PriceTerms]) -> Rates | None:
    """Returns the book's rates if these alone price calls without a reported cost, all day; else None."""
    return terms[0].book if len(terms) == 1 and terms[0].contract is None else None


def priced(event: UsageEvent, terms: Sequence[PriceTerms], *, reported_first: bool) -> Priced:
    """Returns the cost of a call by the terms of its UTC day."""
    if event.failed:
        return _FAILED
    if event.gateway_cache:
        return _GATEWAY_CACHE
    if event.unmetered:
        return _UNMETERED
    now = terms[0]
    if len(terms) > 1:
        micros = event.occurred_at % DAY_MICROS
        now = next(t for t in reversed(terms) if t.from_second * MICROS <= micros)
    reported = event.reported_nanos
    if reported is not None and not event.tokens:  # images and searches have no tokens to price
        cost, basis, book_nanos = max(reported, 0), _REPORTED, None
    else:
        book_nanos = now.book.nanos(event) if now.book is not None else None
        # A tier that the book does not price: the sender may know what it costs.
        stands_in = now.book is not None and now.book.is_standard
        cost, basis = _decide(event, now.contract, book_nanos, reported_first or stands_in)
    if event.notional:
        return Priced(0, "notional", book_nanos, cost)
    return Priced(cost, basis, book_nanos)


def _decide(
    event: UsageEvent, contract: Rates | None, book_nanos: int | None, reported_first: bool
) -> tuple[int, Basis]:
    if contract is not None and (cost := contract.nanos(event)) is not None:
        return cost, "contract"
    reported = max(event.reported_nanos or 0, 0)  # tokens with a reported cost of zero are unpriced, not free
    if book_nanos is not None and not (reported_first and reported):
        return book_nanos, "book"
    return (reported, "reported") if reported else (0, "unpriced")


def _precedence(contract: ContractPrice) -> tuple[bool, int, bool, int]:
    """Sorts contracts by specificity: exact name, pattern length, provider, then latest start."""
    model = contract.model or ""
    exact = bool(model) and (contract.origin == "Slack" or not any(c in model for c in "*?["))
    return exact, sum(c not in "*?" for c in model), bool(contract.provider), contract.from_day or 0


def _half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + 1 if 2 * rest > denominator or (2 * rest == denominator and whole & 1) else whole
