"""The producers of each source's rows: those whose calls are booked, and those with usage that is not, by reason."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import case, delete, func, select

from bot.crosschecks.producers import ProducerKey, SeenProducer
from storage import bulk
from storage.intake.rollups import Insert
from storage.tables.crosschecks import source_producers
from storage.tables.intake import quarantine, sources, usage_events, usage_series
from storage.transaction import OpenTransaction

_KEY = ("source_id", "name", "version", "service", "kind", "reason")


class SourceProducer(NamedTuple):
    """A row of a source: its id and name, and the producer as seen."""

    source_id: int
    source: str
    seen: SeenProducer


class BookedCalls(NamedTuple):
    """Calls with their cost, and how many of them have no price."""

    calls: int
    cost_nanos: int
    unpriced: int


class SourceProducers:
    """The producers within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def lock(self, source_ids: Sequence[int]) -> None:
        """Lets transactions that write the producers of a source take turns on PostgreSQL: each sees those of the one before."""
        query = select(sources.c.id).where(sources.c.id.in_(source_ids)).order_by(sources.c.id)
        await self._connection.execute(query.with_for_update(key_share=True))

    async def add(self, counts: Mapping[tuple[int, ProducerKey], int], *, at: int) -> None:
        """Adds numbers of rows by source and key, and marks them as seen."""
        insert = producers_insert(counts, at=at)
        await bulk.upsert(self._connection, insert.table, insert.columns, insert.rows, insert.on_conflict)

    async def of(self, source_ids: Sequence[int] | None = None) -> list[SourceProducer]:
        """Returns the producers of sources, or of all, those seen last first."""
        columns = source_producers.c
        query = (
            select(sources.c.name.label("source"), source_producers)
            .join(sources, sources.c.id == columns.source_id)
            .order_by(sources.c.name, columns.last_at.desc(), columns.name, columns.version, columns.kind)
        )
        if source_ids is not None:
            query = query.where(columns.source_id.in_(list(source_ids)))
        return [
            SourceProducer(
                row.source_id,
                row.source,
                SeenProducer(
                    key=ProducerKey(row.name, row.version, row.service, row.kind, row.reason),
                    rows=row.row_count,
                    first_at=row.first_at,
                    last_at=row.last_at,
                ),
            )
            for row in await self._connection.execute(query)
        ]

    async def remove(self, keys: Iterable[tuple[int, ProducerKey]]) -> None:
        """Deletes rows by their keys."""
        columns = source_producers.c
        for source_id, key in sorted(keys):
            matched = [columns[name] == value for name, value in zip(_KEY, (source_id, *key), strict=True)]
            await self._connection.execute(delete(source_producers).where(*matched))

    async def quarantined_for(self, source_id: int, reasons: Sequence[str]) -> list[int]:
        """Returns the rows of unread usage that quarantine keeps for one of the reasons."""
        query = select(quarantine.c.id).where(quarantine.c.source_id == source_id, quarantine.c.kind == "unread")
        return [
            int(found)
            for found in (await self._connection.execute(query.where(quarantine.c.reason.in_(reasons)))).scalars()
        ]

    async def booked_since(self, source_id: int, *, received_at: int, occurred_at: int) -> BookedCalls:
        """Returns a source's calls received since a moment that happened since another, which an index finds."""
        c = usage_events.c
        query = (
            select(
                func.count(), func.sum(c.cost_nanos), func.sum(case((usage_series.c.basis == "unpriced", 1), else_=0))
            )
            .join(usage_series, usage_series.c.id == c.series_id)
            .where(c.occurred_at >= occurred_at, c.source_id == source_id, c.received_at >= received_at)
        )
        calls, cost, unpriced = (await self._connection.execute(query)).one()
        return BookedCalls(int(calls), int(cost or 0), int(unpriced or 0))

    async def expire(self, *, before: int) -> int:
        """Deletes producers that were last seen before a moment. Returns their number."""
        gone = await self._connection.execute(delete(source_producers).where(source_producers.c.last_at < before))
        return gone.rowcount


def producers_insert(counts: Mapping[tuple[int, ProducerKey], int], *, at: int) -> Insert:
    """Returns the insert of producers that were seen, in key order."""
    rows = [(source_id, *key, counts[source_id, key], at, at) for source_id, key in sorted(counts)]
    grow = (
        f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET row_count = source_producers.row_count + excluded.row_count, "
        "last_at = excluded.last_at"
    )
    return Insert("source_producers", (*_KEY, "row_count", "first_at", "last_at"), rows, grow)
