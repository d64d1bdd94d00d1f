"""Running sums of a sender's counters: what was used is the difference to the value that is booked.

A counter starts at 0 with its program, so its first value is all used since. A repeated or late value books nothing, and
the next one makes up for a lost one. A lower value at a later time is of a counter that began again.
"""

from typing import NamedTuple

from msgspec.structs import replace

from bot.usage import RunningSum, UsageEvent, digest

KEPT_DAYS = 90
"""A counter that did not change for so many days is forgotten."""


class SumState(NamedTuple):
    """A counter's booked value and its time, in microseconds since 1970; how often it began again; and the value that is
    being booked, None for none.
    """

    value: int = 0
    at: int = 0
    restarts: int = 0
    next_value: int | None = None
    next_at: int = 0

    @property
    def settled(self) -> "SumState":
        """Returns the state after its next value is booked."""
        if self.next_value is None:
            return self
        return SumState(self.next_value, self.next_at, self.restarts)


def advanced(state: SumState, value: int, at: int) -> SumState | None:
    """Returns the state that books a value that came in, or None if nothing is to book. A value that is being booked
    stays, as it may be booked already: the new one comes after it.
    """
    if state.next_value is not None:
        return state
    if at <= state.at or value == state.value:
        return None
    if value > state.value:
        return state._replace(next_value=value, next_at=at)
    restarted = SumState(restarts=state.restarts + 1, at=state.at)
    return restarted._replace(next_value=value, next_at=at) if value else None


def event_of(running: RunningSum, state: SumState) -> UsageEvent:
    """Returns the usage of a counter between its booked and its next value. The same step is always the same event."""
    used = (state.next_value or 0) - state.value
    event, counter = running.event, running.counter
    return replace(
        event,
        **{counter: used},
        key=digest(("running", running.stream, state.restarts, state.value)),
        fingerprint=digest((event.labels.model, counter, used)),
        occurred_at=state.next_at,
    )
