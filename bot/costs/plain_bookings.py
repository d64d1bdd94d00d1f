"""Plain calls with their attribution and prices, by column (`bot/sources/plain_calls.py`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.costs.pricing import Basis, Priced, PriceTerms
from bot.sources.plain_calls import PlainCalls
from bot.usage import Booking, Counters

T = TypeVar("T")
BOOK: Basis = "book"
"""The price basis of nearly all plain calls."""
Placed = tuple[int, str, str]
"""(team, rule, tool) of a call."""


@dataclass(frozen=True)
class PlainBookings:
    """Plain calls of one source with their attribution and prices, a list for each.

    The book alone prices them, at `costs`, but for the `others`, whose prices are here by their place.
    """

    calls: PlainCalls
    source_id: int
    book: str
    placed: list[Placed]
    local_days: list[int]
    costs: list[int]
    others: dict[int, Priced]

    def column(self, of_all: list[T], of_one: Callable[[Priced], T]) -> list[T]:
        """Returns a field, given its values for all calls but the others."""
        for place, price in self.others.items():
            of_all[place] = of_one(price)
        return of_all

    def bookings(self) -> list[Booking]:
        """Returns them as bookings of events."""
        return [self._booking(place, self.others.get(place)) for place in range(len(self.calls))]

    def _booking(self, place: int, other: Priced | None) -> Booking:
        (team_id, rule, tool), cost = self.placed[place], self.costs[place]
        price = other or Priced(cost, BOOK, cost)
        return Booking(
            source_id=self.source_id,
            event=self.calls.event(place),
            team_id=team_id,
            rule=rule,
            local_day=self.local_days[place],
            tool=tool,
            cost_nanos=cost,
            basis=price.basis,
            book=self.book,
            book_nanos=price.book_nanos,
            notional_nanos=price.notional_nanos,
            cost_reason=price.reason,
        )


def price_of(booking: Booking) -> Priced:
    """Returns a booking's price."""
    basis: Any = booking.basis
    return Priced(booking.cost_nanos, basis, booking.book_nanos, booking.notional_nanos, booking.cost_reason)


def contract_price(terms: Sequence[PriceTerms], counters: Counters) -> Priced | None:
    """Returns the price of a plain call by the contract that holds all day; None if it takes more to tell."""
    now = terms[0]
    if len(terms) > 1 or now.contract is None or now.is_provisioned:
        return None
    cost = now.contract.plain_nanos(counters)
    listed = now.book.plain_nanos(counters) if now.book is not None else None
    return None if cost is None else Priced(cost, "contract", listed)
