"""Rows of usage events by column, as they are written: a list per column costs a third of a tuple per row.

What follows from a call's labels alone is looked up once per distinct set (`storage/memory.py`).
"""

import json
from collections.abc import Sequence

from bot.usage import Booking, Labels
from storage.drivers.columns import Columns
from storage.memory import EventLabels, SeriesKey, UsageMemory
from storage.tables.base import COUNTER_COLUMNS

EVENT_COLUMNS = (
    *("source_id", "key_hash", "event_id", "occurred_at", "received_at", "team_id", "local_day", "series_id"),
    *COUNTER_COLUMNS,
    *("cost_nanos", "book_nanos", "reported_nanos", "notional_nanos", "book", "rule"),
    *("gateway_team", "declared_team", "tags", "tier", "parts"),
)


def event_columns(bookings: Sequence[Booking], labels: Sequence[EventLabels], *, received_at: int) -> Columns:
    """Returns the rows of bookings, whose `labels` name their series, in the order of `EVENT_COLUMNS`."""
    events = [booking.event for booking in bookings]
    series, gateway_teams, declared_teams, tags, tiers = zip(*labels, strict=True)
    parts = [event.parts for event in events]
    return Columns(
        (
            [booking.source_id for booking in bookings],
            [event.key for event in events],
            [event.event_id for event in events],
            [event.occurred_at for event in events],
            [received_at] * len(events),
            [booking.team_id for booking in bookings],
            [booking.local_day for booking in bookings],
            series,
            [event.uncached_input for event in events],
            [event.cache_read for event in events],
            [event.cache_write_5m for event in events],
            [event.cache_write_1h for event in events],
            [event.output for event in events],
            [event.reasoning for event in events],
            [booking.cost_nanos for booking in bookings],
            [booking.book_nanos for booking in bookings],
            [event.reported_nanos for event in events],
            [booking.notional_nanos for booking in bookings],
            [booking.book for booking in bookings],
            [booking.rule for booking in bookings],
            gateway_teams,
            declared_teams,
            tags,
            tiers,
            [json.dumps(dict(of_event)) if of_event else "" for of_event in parts],
        )
    )


def known_labels(bookings: Sequence[Booking], memory: UsageMemory) -> list[EventLabels] | None:
    """Returns the labels of bookings; None if a person or series is not cached."""
    known = memory.labels
    try:
        return [known.get((b.event.labels, b.team_id, b.tool, b.basis)) or _looked_up(b, memory) for b in bookings]
    except KeyError:
        return None


def _looked_up(booking: Booking, memory: UsageMemory) -> EventLabels:
    labels = labels_row(memory.series[series_key(booking, memory.people)], booking.event.labels)
    key = (booking.event.labels, booking.team_id, booking.tool, booking.basis)
    memory.labels.remember(key, labels)
    return labels


def labels_row(series_id: int, labels: Labels) -> EventLabels:
    """Returns what an event's row has from its labels."""
    tags = json.dumps(labels.tags) if labels.tags else "[]"
    return series_id, labels.gateway_team, labels.declared_team, tags, labels.tier


def series_key(booking: Booking, people: dict[str, int]) -> SeriesKey:
    """Returns the key of a booking's series. Raises KeyError if its person is not in `people`."""
    labels = booking.event.labels
    return (
        booking.team_id,
        booking.tool,
        labels.provider,
        labels.model,
        labels.workflow,
        people[labels.user],
        labels.credential,
        booking.basis,
    )
