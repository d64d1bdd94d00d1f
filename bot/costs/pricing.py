"""The price of a call in nano-dollars, and the basis it comes from. The first basis that applies wins."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from bot.costs.aliases import ModelAlias, ModelAliases
from bot.costs.contracts import ContractPrice, precedence
from bot.costs.price_book import PriceBook
from bot.costs.rates import STANDARD, PriceConditions, Rates
from bot.costs.surplus import Elsewhere, surplus
from bot.periods import DAY_MICROS, MICROS
from bot.units import UNITS
from bot.usage import Labels, UsageEvent

Basis = Literal[
    "contract", "book", "book+reported", "reported", "unpriced",
    "gateway_cache", "notional", "provisioned", "failed", "unmetered",
]  # fmt: skip

_CACHE_SIZE = 20_000
_TELL_THEIR_BILL = frozenset({"openrouter"})
"""Sellers that report what they charge for each call: it depends on whom they chose to serve it."""
_MARGIN = 1_000
"""A sender's cost that is over the book's by less than this part of it is the same cost, rounded otherwise."""
GUESS = "the sender's cost is a guess"


class Priced(msgspec.Struct, frozen=True, gc=False):
    """A call's cost in nano-dollars and its basis.

    `book_nanos` is its list price, if the book knows one, to compare with the reported cost; with the basis
    `book+reported` it is what the book prices of it. `notional_nanos` is the cost that a call under a personal
    subscription would have had. `reason` says why the book alone did not price it: what it lacks.
    """

    cost_nanos: int
    basis: Basis
    book_nanos: int | None = None
    notional_nanos: int = 0
    reason: str = ""


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
    """The rates of a contract and of the book, from a second of a UTC day on.

    With `sender_first` a reported cost goes before the book. Provisioned traffic is paid by the hour: no call has a price.
    `elsewhere` has the book's rates of geographies with others.
    """

    from_second: int
    contract: Rates | None
    book: Rates | None
    sender_first: bool = False
    is_provisioned: bool = False
    elsewhere: Elsewhere = ()


class Prices:
    """The prices in force. A contract goes before the book, and the book before the reported cost. A model's alias
    names its book entry.
    """

    def __init__(self, book: PriceBook, contracts: Sequence[ContractPrice], aliases: Sequence[ModelAlias] = ()) -> None:
        self.book = book
        self._contracts = sorted(contracts, key=precedence)[::-1]  # among equals, the later line goes first
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
        when = PriceConditions(labels.tier, labels.geo, labels.region)
        return self._terms(labels.provider, labels.model, when, utc_day, day)

    def _find_terms(
        self, provider: str, model: str, when: PriceConditions, utc_day: int, day: int
    ) -> tuple[PriceTerms, ...]:
        seller, sold, apply = self._applicable_contracts(provider, model, day)
        is_provisioned = when.tier == "provisioned"
        listed = when._replace(tier="") if is_provisioned else when
        schedule = self.book.schedule(seller, sold, utc_day, when=listed) or ((0, None),)
        geos = () if when.geo else self.book.geographies(seller, sold)
        elsewhere = tuple(
            (geo, rates)
            for geo in geos
            if (rates := self.book.rates(seller, sold, utc_day, when=listed._replace(geo=geo))) is not None
        )
        bills = self.book.seller(seller, sold) in _TELL_THEIR_BILL
        return tuple(
            PriceTerms(
                second,
                next((rates for c in apply if (rates := c.completed_by(book)) is not None), None),
                book,
                bills or (book is not None and book.stands_in_for != ""),
                is_provisioned,
                elsewhere,
            )
            for second, book in schedule
        )

    def explain(self, provider: str, model: str, *, day: int, when: PriceConditions = STANDARD) -> "PriceExplanation":
        """Returns the price of a model at noon of a day, and its origins."""
        seller, sold, apply = self._applicable_contracts(provider, model, day)
        book = self.book.rates(seller, sold, day, when=when)
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
    now = terms[0]
    return None if len(terms) > 1 or now.contract or now.sender_first or now.is_provisioned else now.book


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
    if now.is_provisioned:
        return Priced(0, "provisioned", now.book.nanos(event) if now.book is not None else None)
    reported = None if event.cost_is_guess else event.reported_nanos
    if reported is not None and not event.tokens and not event.units:  # nothing that the book could price
        found = Priced(max(reported, 0), _REPORTED)
    else:  # tokens with a reported cost of zero are unpriced, not free
        found = _decide(event, now, max(reported or 0, 0), sender_first=reported_first or now.sender_first)
    if event.notional:
        return Priced(0, "notional", found.book_nanos, found.cost_nanos, found.reason)
    return found


def _decide(event: UsageEvent, now: PriceTerms, reported: int, *, sender_first: bool) -> Priced:
    """Returns the cost by the contract, else by the book, by the sender, or by the sender for what the book lacks."""
    book = now.book
    listed = book.nanos(event) if book is not None else None
    if now.contract is not None and (found := _by_contract(event, now.contract, listed)) is not None:
        return found
    if book is not None and not (sender_first and reported):
        return _by_book(event, now, book, listed, reported)
    stands_in = f"tier {book.stands_in_for}" if book is not None and book.stands_in_for else ""
    if reported:
        return Priced(reported, _REPORTED, listed, reason=stands_in)
    return Priced(0, "unpriced", reason=GUESS if event.cost_is_guess else "")


def _by_contract(event: UsageEvent, contract: Rates, listed: int | None) -> Priced | None:
    if (cost := contract.nanos(event)) is not None:
        return Priced(cost, "contract", listed)
    part = contract.priced_part(event)  # own rates are for tokens: what has no price beside them adds nothing
    return (
        Priced(part.nanos, "contract", listed, reason=_lacks(part.missing)) if _UNITS.issuperset(part.missing) else None
    )


def _by_book(event: UsageEvent, now: PriceTerms, book: Rates, listed: int | None, reported: int) -> Priced:
    if listed is not None:
        if event.cost_is_guess and (why := surplus(event, book, listed, now.elsewhere)):
            return Priced(event.reported_nanos or 0, "book+reported", listed, reason=why)
        if event.units and reported > listed + listed // _MARGIN and (free := book.unpriced_units(event)):
            return Priced(reported, "book+reported", listed, reason=_lacks(free))
        return Priced(listed, "book", listed, reason=f"tier {book.stands_in_for}" if book.stands_in_for else "")
    part = book.priced_part(event)
    reason = _lacks(part.missing)
    if not reported:
        return Priced(0, "unpriced", reason=reason)
    if 0 < part.nanos <= reported:
        return Priced(reported, "book+reported", part.nanos, reason=reason)
    return Priced(reported, _REPORTED, reason=reason)  # all of it is the sender's: its total has no room for the book's


_UNITS = frozenset(UNITS)


def _lacks(missing: Sequence[str]) -> str:
    """Returns a reason: what the book has no price of."""
    return ", ".join(missing)
