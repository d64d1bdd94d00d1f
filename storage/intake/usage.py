"""Usage: each event once, with its hour and day totals, in one transaction."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import text

from bot.intake.known_keys import Key
from bot.periods import DAY_MICROS
from bot.usage import Booking, BookingOutcome, UsageEvent
from storage import bulk
from storage.intake.event_columns import EVENT_COLUMNS, event_columns, labels_key, labels_row, series_key
from storage.intake.event_keys.inserts import new_key
from storage.intake.event_keys.runs import EventKeys
from storage.intake.groups.group_rows import month_of
from storage.intake.rollups import Bucket, Insert, add_sums, summed
from storage.intake.twins.records import CallRecords
from storage.org.people import People
from storage.queries.memory import SeriesKey, remember
from storage.transaction import OpenTransaction

SERIES_KEY = ("team_id", "tool", "provider", "model", "workflow", "person_id", "credential", "basis")


class Usage:
    """The usage events and rollups within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection
        self._memory = transaction.memory.usage
        self.call_records = CallRecords(transaction)

    async def book(self, bookings: Sequence[Booking], *, received_at: int) -> list[BookingOutcome]:
        """Books new events and returns the outcome of each, in order.

        A known key with the same fingerprint is a duplicate, with another one a conflict; neither changes anything.
        """
        outcomes = await self.record_keys([(booking.source_id, booking.event) for booking in bookings])
        accepted = [booking for booking, outcome in zip(bookings, outcomes, strict=True) if outcome == "accepted"]
        if accepted:
            await self.insert(accepted, received_at=received_at)
        return outcomes

    async def record_keys(self, events: Sequence[tuple[int, UsageEvent]]) -> list[BookingOutcome]:
        """Stores the keys of new (source id, event) pairs and returns the outcome of each, in order."""
        firsts: dict[Key, int] = {}
        for index, (source_id, event) in enumerate(events):
            firsts.setdefault((source_id, event.key), index)
        # In key order, so that two writers with the same events wait for each other instead of deadlocking.
        ordered = [events[firsts[at]] for at in sorted(firsts)]
        keys = [new_key(source_id, event) for source_id, event in ordered]
        event_keys = EventKeys(self._tx)
        new, fingerprints = await event_keys.record(keys)
        if len(new) == len(events):
            return ["accepted"] * len(events)
        fingerprints |= {(source, key): mark for source, key, mark, *_ in keys if (source, key) in new}
        outcomes: list[BookingOutcome] = []
        for index, (source_id, event) in enumerate(events):
            at = (source_id, event.key)
            if at in new and firsts[at] == index:
                outcomes.append("accepted")
            elif fingerprints[at] == event.fingerprint:
                outcomes.append("duplicate")
            else:  # what the release before did not read is no difference
                is_older = at in event_keys.old and fingerprints[at] == event.older_fingerprint
                outcomes.append("duplicate" if is_older else "conflict")
        return outcomes

    async def ensure_references(self, bookings: Sequence[Booking]) -> list[int]:
        """Creates missing people, series and partitions of bookings, and returns their series."""
        people = await People(self._tx).ids_of({b.event.labels.user for b in bookings if b.event.labels.user})
        people[""] = 0
        memory, generation = self._tx.memory, self._tx.memory.generation
        self._tx.after_commit(lambda: memory.remember_users(people, generation))
        await self._ensure_months({b.event.occurred_at // DAY_MICROS for b in bookings})
        return await self.series_ids([series_key(labels_key(b), people) for b in bookings])

    async def insert(
        self, bookings: Sequence[Booking], *, received_at: int, sums: dict[Bucket, list[int]] | None = None
    ) -> None:
        """Inserts events whose keys are stored, and adds them to the totals, with the sums of adjusting rows if given:
        totals are locked once, in key order.
        """
        totals = dict(sums or {})
        if bookings:
            series = await self.ensure_references(bookings)
            labels = [labels_row(series_id, b.event.labels) for b, series_id in zip(bookings, series, strict=True)]
            events = event_columns(bookings, labels, received_at=received_at)
            await bulk.insert(self._connection, "usage_events", EVENT_COLUMNS, events)
            for at, amounts in summed(bookings, series).items():
                there = totals.get(at)
                totals[at] = amounts if there is None else [a + b for a, b in zip(there, amounts, strict=True)]
        if totals:
            await add_sums(self._connection, totals)

    async def record_active_sources(self, first_occurred_at: dict[int, int], *, received_at: int) -> None:
        """Stores the activity of sources: the moment of the first event stays, that of the last grows."""
        insert = activity_insert(first_occurred_at, received_at=received_at)
        await bulk.upsert(self._connection, insert.table, insert.columns, insert.rows, insert.on_conflict)

    async def record_source_hours(self, hours: Iterable[tuple[int, int]]) -> None:
        """Stores the UTC hours in which sources had usage, by time of use."""
        insert = source_hours_insert(hours)
        await bulk.upsert(self._connection, insert.table, insert.columns, insert.rows, insert.on_conflict)

    async def series_ids(self, keys: Sequence[SeriesKey]) -> list[int]:
        """Returns the series id of each key; creates missing ones. They are cached after the commit."""
        known = self._memory.series
        ids = [known.get(key) for key in keys]
        missing = sorted({key for key, series_id in zip(keys, ids, strict=True) if series_id is None})
        fresh: dict[SeriesKey, int] = {}
        if missing:
            fresh = await bulk.ids_of(self._connection, "usage_series", SERIES_KEY, missing)
            self._tx.after_commit(lambda: remember(self._memory.series, fresh))
        return [fresh[key] if found is None else found for key, found in zip(keys, ids, strict=True)]

    async def _ensure_months(self, days: set[int]) -> None:
        """Creates PostgreSQL's missing partitions: one per month, in UTC."""
        if self._connection.dialect.name != "postgresql":
            return
        months = {month_of(day) for day in days} - self._memory.months
        for month in sorted(months):
            year, number = map(int, month.split("-"))
            first = datetime(year, number, 1, tzinfo=UTC)
            end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
            name = f"usage_events_{year}_{number:02d}"
            # Two writers may create the same partition at once: the lock lets the second find it.
            await self._connection.execute(text("SELECT pg_advisory_xact_lock(7041776)"))
            bounds = f"FROM ({int(first.timestamp())}000000) TO ({int(end.timestamp())}000000)"
            statement = f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF usage_events FOR VALUES {bounds}"
            await self._connection.execute(text(statement))
        if months:
            self._tx.after_commit(lambda: self._memory.months.update(months))


def activity_insert(first_occurred_at: dict[int, int], *, received_at: int) -> Insert:
    """Returns the insert of active sources, by their id."""
    rows = [(source_id, first_occurred_at[source_id], received_at) for source_id in sorted(first_occurred_at)]
    columns = ("source_id", "first_occurred_at", "last_received_at")
    tail = "ON CONFLICT (source_id) DO UPDATE SET last_received_at = excluded.last_received_at"
    return Insert("source_activity", columns, rows, tail)


def source_hours_insert(hours: Iterable[tuple[int, int]]) -> Insert:
    """Returns the insert of (source, UTC hour) pairs with usage."""
    return Insert("source_hours", ("source_id", "hour"), sorted(hours), "ON CONFLICT (source_id, hour) DO NOTHING")
