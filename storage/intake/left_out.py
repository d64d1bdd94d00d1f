"""Fields that did not fit and were left out of booked calls: their number by source and field."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import select

from storage import bulk
from storage.intake.rollups import Insert
from storage.tables.intake import left_out_fields, sources
from storage.transaction import OpenTransaction


class LeftOutField(NamedTuple):
    """The number of a source's calls out of which a field was left, and when the last one came."""

    source: str
    field: str
    calls: int
    last_received_at: int


class LeftOutFields:
    """The fields left out of calls, within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(self, counts: Mapping[tuple[int, str], int], *, received_at: int) -> None:
        """Adds numbers of calls by (source id, field)."""
        if counts:
            insert = left_out_insert(counts, received_at=received_at)
            await bulk.upsert(self._connection, insert.table, insert.columns, insert.rows, insert.on_conflict)

    async def all(self) -> list[LeftOutField]:
        """Returns all fields, by source and name."""
        found = left_out_fields.c
        rows = await self._connection.execute(
            select(sources.c.name, found.field, found.calls, found.last_received_at)
            .join(sources, sources.c.id == found.source_id)
            .order_by(sources.c.name, found.field)
        )
        return [LeftOutField(*row) for row in rows]


def left_out_insert(counts: Mapping[tuple[int, str], int], *, received_at: int) -> Insert:
    """Returns the insert of fields that were left out, in key order."""
    rows = [(*at, counts[at], received_at) for at in sorted(counts)]
    grow = (
        "ON CONFLICT (source_id, field) DO UPDATE SET calls = left_out_fields.calls + excluded.calls, "
        "last_received_at = excluded.last_received_at"
    )
    return Insert("left_out_fields", ("source_id", "field", "calls", "last_received_at"), rows, grow)
