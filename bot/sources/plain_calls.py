"""Plain calls by column: usage that has labels, tokens and a moment alone, as nearly all native events do.

An object per call costs as much as everything else about it. So the fast path keeps a list per field, and makes events
and bookings of them only when a group needs the full path.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from bot.usage import Booking, Counters, Labels, UsageEvent

T = TypeVar("T")
BOOK = "book"
"""The price basis of nearly all plain calls."""
Placed = tuple[int, str, str]
"""(team, rule, tool) of a call."""


@dataclass(frozen=True)
class PlainCalls:
    """The calls of one body, a list for each field of `UsageEvent` that they have."""

    keys: list[bytes]
    fingerprints: list[bytes]
    event_ids: list[str]
    moments: list[int]
    labels: list[Labels]
    counters: list[Counters]

    def __len__(self) -> int:
        return len(self.keys)

    def parts(self, most: int) -> "Iterator[PlainCalls]":
        """Yields the calls in parts of at most so many."""
        if len(self) <= most:
            yield self
            return
        for at in range(0, len(self), most):
            part = slice(at, at + most)
            yield PlainCalls(
                self.keys[part],
                self.fingerprints[part],
                self.event_ids[part],
                self.moments[part],
                self.labels[part],
                self.counters[part],
            )

    def event(self, place: int) -> UsageEvent:
        """Returns one call as an event."""
        uncached_input, cache_read, cache_write_5m, cache_write_1h, output, reasoning = self.counters[place]
        return UsageEvent(
            key=self.keys[place],
            fingerprint=self.fingerprints[place],
            event_id=self.event_ids[place],
            occurred_at=self.moments[place],
            labels=self.labels[place],
            uncached_input=uncached_input,
            cache_read=cache_read,
            cache_write_5m=cache_write_5m,
            cache_write_1h=cache_write_1h,
            output=output,
            reasoning=reasoning,
            reported_nanos=None,
            failed=False,
            gateway_cache=False,
            notional=False,
        )

    def events(self) -> list[tuple[int, UsageEvent]]:
        """Returns all calls as events, with their index in the body."""
        return [(place, self.event(place)) for place in range(len(self))]


@dataclass(frozen=True)
class PlainBookings:
    """Plain calls of one source with their attribution and prices, a list for each.

    The book alone prices them, at `costs`, but for the `others`, which are bookings by their place.
    """

    calls: PlainCalls
    source_id: int
    book: str
    placed: list[Placed]
    local_days: list[int]
    costs: list[int]
    others: dict[int, Booking]

    def column(self, of_all: list[T], of_one: Callable[[Booking], T]) -> list[T]:
        """Returns a field, given its values for all calls but the others."""
        for place, booking in self.others.items():
            of_all[place] = of_one(booking)
        return of_all

    def bookings(self) -> list[Booking]:
        """Returns them as bookings of events."""
        return [self.others.get(place) or self._booking(place) for place in range(len(self.calls))]

    def _booking(self, place: int) -> Booking:
        (team_id, rule, tool), cost = self.placed[place], self.costs[place]
        return Booking(
            source_id=self.source_id,
            event=self.calls.event(place),
            team_id=team_id,
            rule=rule,
            local_day=self.local_days[place],
            tool=tool,
            cost_nanos=cost,
            basis=BOOK,
            book=self.book,
            book_nanos=cost,
            notional_nanos=0,
        )
