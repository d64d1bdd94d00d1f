"""Rows of usage events by column, as they are written: a list per column costs a third of a tuple per row.

What follows from a call's labels alone is looked up once per distinct set (`storage/memory.py`). What few events have
is a JSON object, as people and archives read it, and `""` for none: kinds of tokens, units, conditions of the price.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from bot.units import MILLION, Units, units_of
from bot.usage import Booking, Labels, Parts
from storage.drivers.columns import Columns
from storage.memory import EventLabels, SeriesKey, UsageMemory
from storage.tables.base import COUNTER_COLUMNS

EVENT_COLUMNS = (
    *("source_id", "key_hash", "event_id", "occurred_at", "received_at", "team_id", "local_day", "series_id"),
    *COUNTER_COLUMNS,
    *("cost_nanos", "book_nanos", "reported_nanos", "notional_nanos", "book", "rule"),
    *("gateway_team", "declared_team", "tags", "tier", "conditions", "parts", "units", "cost_reason"),
)


def event_columns(bookings: Sequence[Booking], labels: Sequence[EventLabels], *, received_at: int) -> Columns:
    """Returns the rows of bookings, whose `labels` name their series, in the order of `EVENT_COLUMNS`."""
    events = [booking.event for booking in bookings]
    series, gateway_teams, declared_teams, tags, tiers, conditions = zip(*labels, strict=True)
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
            _with_guesses(conditions, [event.cost_is_guess for event in events]),
            [parts_text(event.parts) if event.parts else "" for event in events],
            [units_text(event.units) if event.units else "" for event in events],
            [booking.cost_reason for booking in bookings],
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
    conditions = conditions_text(labels) if labels.geo or labels.region else ""
    return series_id, labels.gateway_team, labels.declared_team, tags, labels.tier, conditions


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


_GUESS = "guess"


class Conditions(NamedTuple):
    """Where a model ran, and whether the sender's cost is a guess."""

    geo: str = ""
    region: str = ""
    cost_is_guess: bool = False


NO_CONDITIONS = Conditions()


def units_text(units: Units) -> str:
    """Returns units as they are stored, `{"seconds": 12.5, "web_searches": 3}`."""
    return "{" + ", ".join(f'"{name}": {count_text(count)}' for name, count in units) + "}"


def count_text(count: int) -> str:
    """Returns a count of millionths as a decimal without needless places."""
    whole, rest = divmod(count, MILLION)
    return f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)


def units_of_text(text: str) -> Units:
    """Returns the units of an event's row."""
    return units_of(json.loads(text, parse_float=Decimal).items()) if text else ()


def parts_text(parts: Parts) -> str:
    """Returns parts as they are stored, `{"audio_input": 900}`."""
    return json.dumps(dict(parts))


def parts_of_text(text: str) -> Parts:
    """Returns the parts of an event's row."""
    return tuple(json.loads(text).items()) if text else ()


def conditions_text(labels: Labels) -> str:
    """Returns the conditions that a call's labels have, as they are stored."""
    return json.dumps({name: value for name in ("geo", "region") if (value := getattr(labels, name))})


def _with_guesses(conditions: Sequence[str], guesses: list[bool]) -> Sequence[str]:
    """Returns conditions, those of a cost that is a guess with its mark."""
    if True not in guesses:
        return conditions
    marked = zip(conditions, guesses, strict=True)
    return [json.dumps({**json.loads(text or "{}"), _GUESS: True}) if guess else text for text, guess in marked]


def conditions_of_text(text: str) -> Conditions:
    """Returns the conditions of an event's row."""
    if not text:
        return NO_CONDITIONS
    found = json.loads(text)
    return Conditions(found.get("geo", ""), found.get("region", ""), found.get(_GUESS, False))
