"""Plain calls by column: usage that has labels, tokens and a moment alone, as nearly all native events and spans do.

An object per call costs as much as everything else about it. So the fast path keeps a list per field, and makes events
and bookings of them only when a group needs the full path.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bot.unread import Producer
from bot.usage import Counters, Labels, TwinHint, UsageEvent


@dataclass(frozen=True)
class HintColumns:
    """The hints of spans that another record of their call may be known by, a column for each field of `TwinHint`."""

    scopes: list[int]
    processes: list[int]
    places: NDArray[np.int64]
    """The trace, span and parent of each call."""
    responses: list[int]
    starts: list[int]
    ends: list[int]

    def part(self, of: slice) -> "HintColumns":
        """Returns the hints of some calls."""
        return HintColumns(
            self.scopes[of], self.processes[of], self.places[of], self.responses[of], self.starts[of], self.ends[of]
        )

    def hint(self, at: int) -> TwinHint:
        """Returns the hint of one call."""
        trace, span, parent = self.places[at].tolist()
        response, start, end = self.responses[at], self.starts[at], self.ends[at]
        return TwinHint(self.scopes[at], self.processes[at], trace, span, parent, response, start, end)


@dataclass(frozen=True)
class PlainCalls:
    """The calls of one body, a list for each field of `UsageEvent` that they have.

    `rows` are their places in the body, if other rows are between them, which are `ignored`. `producers` made them.
    """

    keys: list[bytes]
    fingerprints: list[bytes]
    event_ids: list[str]
    moments: list[int]
    labels: list[Labels]
    counters: list[Counters]
    hints: HintColumns | None = None
    rows: Sequence[int] | None = None
    ignored: int = 0
    producers: frozenset[Producer] = field(default=frozenset())

    def __len__(self) -> int:
        return len(self.keys)

    def parts(self, most: int) -> "Iterator[PlainCalls]":
        """Yields the calls in parts of at most so many."""
        if len(self) <= most:
            yield self
            return
        for at in range(0, len(self), most):
            part = slice(at, at + most)
            yield replace(
                self,
                keys=self.keys[part],
                fingerprints=self.fingerprints[part],
                event_ids=self.event_ids[part],
                moments=self.moments[part],
                labels=self.labels[part],
                counters=self.counters[part],
                hints=self.hints.part(part) if self.hints is not None else None,
                rows=self.rows[part] if self.rows is not None else None,
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
            twin_hint=self.hints.hint(place) if self.hints is not None else None,
        )

    def events(self) -> list[tuple[int, UsageEvent]]:
        """Returns all calls as events, with their index in the body."""
        rows = range(len(self)) if self.rows is None else self.rows
        return [(row, self.event(place)) for place, row in enumerate(rows)]
