"""Rows of usage events by column, as they are written: a list per column costs a third of a tuple per row.

What follows from a call's labels alone is looked up once per distinct set (`storage/queries/memory.py`). What few events have
is a JSON object, as people and archives read it, and `""` for none: kinds of tokens, units, conditions of the price.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from bot.costs.plain_bookings import BOOK, PlainBookings
from bot.units import MILLION, Units, units_of
from bot.usage import Booking, Labels, Parts
from storage.drivers.columns import Columns
from storage.queries.memory import EventLabels, LabelsKey, SeriesKey, UsageMemory
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


def plain_columns(plain: PlainBookings, memory: UsageMemory, *, received_at: int) -> Columns:
    """Returns the rows of plain calls, as `event_columns` does. Raises KeyError if a person or series is not cached."""
    calls, count, known = plain.calls, len(plain.calls), memory.labels
    team_ids, rules, tools = zip(*plain.placed, strict=True)
    bases = plain.column([BOOK] * count, lambda price: price.basis)
    keys = zip(calls.labels, team_ids, tools, bases, strict=True)
    labels = [known.get(key) or _looked_up(key, memory) for key in keys]
    series, gateway_teams, declared_teams, tags, tiers, conditions = zip(*labels, strict=True)
    none = [""] * count
    return Columns(
        (
            [plain.source_id] * count,
            calls.keys,
            calls.event_ids,
            calls.moments,
            [received_at] * count,
            team_ids,
            plain.local_days,
            series,
            *zip(*calls.counters, strict=True),
            plain.costs,
            plain.column([*plain.costs], lambda price: price.book_nanos),
            [None] * count,
            plain.column([0] * count, lambda price: price.notional_nanos),
            [plain.book] * count,
            rules,
            gateway_teams,
            declared_teams,
            tags,
            tiers,
            conditions,
            none,
            none,
            plain.column([""] * count, lambda price: price.reason),
        )
    )


def known_labels(bookings: Sequence[Booking], memory: UsageMemory) -> list[EventLabels]:
    """Returns the labels of bookings. Raises KeyError if a person or series is not cached."""
    known = memory.labels
    return [known.get(key) or _looked_up(key, memory) for key in map(labels_key, bookings)]


def _looked_up(key: LabelsKey, memory: UsageMemory) -> EventLabels:
    labels = labels_row(memory.series[series_key(key, memory.people)], key[0])
    memory.labels.remember(key, labels)
    return labels


@lru_cache(maxsize=512)
def _tags_text(tags: tuple[str, ...]) -> str:
    return json.dumps(tags)


def labels_row(series_id: int, labels: Labels) -> EventLabels:
    """Returns what an event's row has from its labels."""
    tags = _tags_text(labels.tags)
    conditions = conditions_text(labels) if labels.geo or labels.region else ""
    return series_id, labels.gateway_team, labels.declared_team, tags, labels.tier, conditions


def labels_key(booking: Booking) -> LabelsKey:
    return booking.event.labels, booking.team_id, booking.tool, booking.basis


def series_key(key: LabelsKey, people: dict[str, int]) -> SeriesKey:
    """Returns the key of a booking's series. Raises KeyError if its person is not in `people`."""
    labels, team_id, tool, basis = key
    person = people[labels.user]
    return team_id, tool, labels.provider, labels.model, labels.workflow, person, labels.credential, basis


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
