"""The bare database doing the same work: keys once, events, hour and day rollups, by the plain driver in one go.

No HTTP, decoding, pricing or attribution: the rows are made beforehand. Same tables, triggers, durability, rows per
transaction and number of writers as the bot's.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from bot.periods import HOUR_MICROS
from bot.sources import SOURCES
from handlers.context import Context
from storage.store import Store
from storage.tables import COUNTER_COLUMNS, usage_events
from tests.bench.events import bodies

GROUP = 4_000
SOURCE_ID = 1
Row = tuple[Any, ...]
_COLUMNS = tuple(column.name for column in usage_events.columns)
_AT, _TEAM, _DAY, _SERIES = (_COLUMNS.index(name) for name in ("occurred_at", "team_id", "local_day", "series_id"))
_SUMMED = tuple(_COLUMNS.index(name) for name in (*COUNTER_COLUMNS, "cost_nanos", "notional_nanos"))
_AMOUNTS = ("calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos")
_ADDED = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in _AMOUNTS)


async def rows_of(context: Context, count: int, *, now: datetime) -> list[tuple[Row, bytes]]:
    """The rows as the bot itself would write them, each with its fingerprint; their series are made."""
    rulebook = await context.rulebooks.latest()
    source = next(iter(rulebook.sources.values()))
    parse = SOURCES["cloudevents"]
    parsed = [event for body in bodies(count, batch=500, seed=2, now=now) for _, event in parse(body, now=now).events]
    found = []
    async with context.store.begin() as tx:
        for start in range(0, count, GROUP):
            bookings = [rulebook.booking(event, source) for event in parsed[start : start + GROUP]]
            written = await tx.usage.rows_of(bookings, received_at=context.now_micros())
            found += [(row, b.event.fingerprint) for row, b in zip(written, bookings, strict=True)]
    return found
