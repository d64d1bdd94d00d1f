"""Plain calls by column: usage that has labels, tokens and a moment alone, as nearly all native events do.

An object per call costs as much as everything else about it. So the fast path keeps a list per field, and makes events
and bookings of them only when a group needs the full path.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.usage import Counters, Labels, UsageEvent


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
