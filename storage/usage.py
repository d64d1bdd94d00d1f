"""Usage remembered: each event once, with the hour and day totals that follow from it, in one transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from bot.periods import DAY_MICROS, HOUR_MICROS, date_of
from bot.usage import Booking, Fate
from storage import bulk
from storage.tables import COUNTER_COLUMNS

if TYPE_CHECKING:
    from storage.store import Transaction

_SERIES_KEY = ("team_id", "tool", "provider", "model", "workflow", "person_id", "credential", "basis")
_EVENT_COLUMNS = (
    *("source_id", "key_hash", "event_id", "occurred_at", "received_at", "team_id", "local_day", "series_id"),
    *COUNTER_COLUMNS,
    *("cost_nanos", "book_nanos", "reported_nanos", "notional_nanos", "book", "rule"),
    *("gateway_team", "declared_team", "tags"),
)
_AMOUNTS = ("calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos")
_Key = tuple[int, bytes]
SeriesKey = tuple[int, str, str, str, str, int, str, str]


@dataclass
class UsageMemory:
    """What a process remembers between transactions: only ids that were committed."""

    series: dict[SeriesKey, int] = field(default_factory=dict)
    months: set[str] = field(default_factory=set)

    LIMIT = 200_000


class Usage:
    """The usage events and rollups of one transaction."""

    def __init__(self, transaction: "Transaction") -> None:
        self._tx = transaction
        self._connection = transaction.connection
        self._memory = transaction.memory.usage

    async def book(self, bookings: Sequence[Booking], *, received_at: int) -> list[Fate]:
        """Books the events that are new and says what became of each, in order.

        A known key with the same fingerprint is a duplicate, with another one a conflict; neither changes anything.
        """
        firsts: dict[_Key, int] = {}
        for index, booking in enumerate(bookings):
            firsts.setdefault((booking.source_id, booking.event.key), index)
        # In key order, so that two writers with the same events wait for each other rather than lock each other out.
        keys = [(*at, bookings[firsts[at]].event.fingerprint) for at in sorted(firsts)]
        columns = ("source_id", "key_hash", "fingerprint")
        new = await bulk.insert_missing(self._connection, "event_keys", columns, columns[:2], keys)
        if len(new) == len(bookings):
            await self._insert(bookings, received_at)
            return ["accepted"] * len(bookings)
        fingerprints: dict[_Key, bytes] = {(source, key): mark for source, key, mark in keys if (source, key) in new}
        known = [at for at in firsts if at not in new]
        for source, key, mark in await bulk.select(self._connection, "event_keys", columns, columns[:2], known):
            fingerprints[source, bytes(key)] = bytes(mark)
        fates: list[Fate] = []
        accepted: list[Booking] = []
        for index, booking in enumerate(bookings):
            at = (booking.source_id, booking.event.key)
            if at in new and firsts[at] == index:
                accepted.append(booking)
                fates.append("accepted")
            else:
                fates.append("duplicate" if fingerprints[at] == booking.event.fingerprint else "conflict")
        if accepted:
            await self._insert(accepted, received_at)
        return fates

    async def _insert(self, bookings: Sequence[Booking], received_at: int) -> None:
        people = await self._tx.people.ids_of({b.event.user for b in bookings if b.event.user})
        people[""] = 0
        keys = [_series_key(b, people) for b in bookings]
        series = await self._series_ids(keys)
        await self._ensure_months({b.event.occurred_at // DAY_MICROS for b in bookings})
        events = [_event_row(b, series_id, received_at) for b, series_id in zip(bookings, series, strict=True)]
        await bulk.insert(self._connection, "usage_events", _EVENT_COLUMNS, events)
        sums = _summed(bookings, series)
        for table, bucket, place in (("usage_hours", "hour", 1), ("usage_days", "local_day", 2)):
            rows = _rolled_up(sums, place)
            await bulk.add(self._connection, table, ("team_id", bucket, "series_id"), _AMOUNTS, rows)
        changed = [(team, 1) for team in sorted({b.team_id for b in bookings})]
        await bulk.add(self._connection, "team_changes", ("team_id",), ("version",), changed)

    async def _series_ids(self, keys: list[SeriesKey]) -> list[int]:
        """The id of each key's series, made where missing. They are remembered only once this transaction is committed."""
        known = self._memory.series
        ids = [known.get(key) for key in keys]
        missing = sorted({key for key, series_id in zip(keys, ids, strict=True) if series_id is None})
        fresh: dict[SeriesKey, int] = {}
        if missing:
            await bulk.insert_missing(self._connection, "usage_series", _SERIES_KEY, _SERIES_KEY, missing)
            rows = await bulk.select(self._connection, "usage_series", (*_SERIES_KEY, "id"), _SERIES_KEY, missing)
            fresh = {row[:-1]: row[-1] for row in rows}
            self._tx.after_commit(lambda: self._remember(fresh))
        return [fresh[key] if found is None else found for key, found in zip(keys, ids, strict=True)]

    def _remember(self, fresh: dict[SeriesKey, int]) -> None:
        if len(self._memory.series) > self._memory.LIMIT:
            self._memory.series.clear()
        self._memory.series.update(fresh)

    async def _ensure_months(self, days: set[int]) -> None:
        """PostgreSQL keeps events in a partition a month (of UTC days), made when a month's first event comes."""
        if self._connection.dialect.name != "postgresql":
            return
        months = {date_of(day).strftime("%Y-%m") for day in days} - self._memory.months
        for month in sorted(months):
            year, number = map(int, month.split("-"))
            first = datetime(year, number, 1, tzinfo=UTC)
            end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
            name = f"usage_events_{year}_{number:02d}"
            # Two writers may make the same partition at once: the lock lets one wait and find it made.
            await self._connection.execute(text("SELECT pg_advisory_xact_lock(7041776)"))
            bounds = f"FROM ({int(first.timestamp())}000000) TO ({int(end.timestamp())}000000)"
            statement = f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF usage_events FOR VALUES {bounds}"
            await self._connection.execute(text(statement))
        if months:
            self._tx.after_commit(lambda: self._memory.months.update(months))


def _series_key(booking: Booking, people: dict[str, int]) -> SeriesKey:
    event = booking.event
    return (
        booking.team_id,
        booking.tool,
        event.provider,
        event.model,
        event.workflow,
        people[event.user],
        event.credential,
        booking.basis,
    )


def _event_row(booking: Booking, series_id: int, received_at: int) -> tuple[Any, ...]:
    """One tuple, written out: unpacking parts into it would cost as much again."""
    event = booking.event
    return (
        booking.source_id,
        event.key,
        event.event_id,
        event.occurred_at,
        received_at,
        booking.team_id,
        booking.local_day,
        series_id,
        event.uncached_input,
        event.cache_read,
        event.cache_write_5m,
        event.cache_write_1h,
        event.output,
        event.reasoning,
        booking.cost_nanos,
        booking.book_nanos,
        event.reported_nanos,
        booking.notional_nanos,
        booking.book,
        booking.rule,
        event.gateway_team,
        event.declared_team,
        _tags_json(event.tags),
    )


@lru_cache(maxsize=20_000)
def _tags_json(tags: tuple[str, ...]) -> str:
    return json.dumps(tags)


Bucket = tuple[int, int, int, int]
"""(team, UTC hour, local day, series): the finest grain that both rollups are sums of."""


def _summed(bookings: Sequence[Booking], series: Sequence[int]) -> dict[Bucket, list[int]]:
    sums: dict[Bucket, list[int]] = {}
    for booking, series_id in zip(bookings, series, strict=True):
        event = booking.event
        at = (booking.team_id, event.occurred_at // HOUR_MICROS, booking.local_day, series_id)
        there = sums.get(at)
        if there is None:
            there = sums[at] = [0] * len(_AMOUNTS)
        there[0] += 1
        there[1] += event.uncached_input
        there[2] += event.cache_read
        there[3] += event.cache_write_5m
        there[4] += event.cache_write_1h
        there[5] += event.output
        there[6] += event.reasoning
        there[7] += booking.cost_nanos
        there[8] += booking.notional_nanos
    return sums


def _rolled_up(sums: dict[Bucket, list[int]], place: int) -> list[tuple[int, ...]]:
    """Rows of a rollup, in key order, from the bucket's hour (place 1) or day (place 2)."""
    rolled: dict[tuple[int, int, int], Sequence[int]] = {}
    for bucket, amounts in sums.items():
        at = (bucket[0], bucket[place], bucket[3])
        there = rolled.get(at)
        rolled[at] = amounts if there is None else [a + b for a, b in zip(there, amounts, strict=True)]
    return [(*at, *rolled[at]) for at in sorted(rolled)]
