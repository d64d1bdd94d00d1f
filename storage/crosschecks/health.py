"""The rhythm of sources: the quarter hours in which each sent something, and those in which a watcher ran."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from storage import bulk
from storage.tables.crosschecks import source_beats
from storage.transaction import OpenTransaction

WATCHER = 0
"""The id under which the watcher's own slots are stored; ids of sources start at 1."""


class Health:
    """The rhythms within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def mark(self, beats: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        """Stores new (source, slot) pairs and returns them."""
        await self._connection.execute(select(source_beats.c.slot).limit(1))
        key = ("source_id", "slot")
        return set(await bulk.insert_missing(self._connection, "source_beats", key, key, sorted(set(beats))))

    async def beats(self, source_id: int, *, from_slot: int) -> list[int]:
        """Returns the slots in which a source sent something, or in which a watcher ran."""
        query = select(source_beats.c.slot).where(source_beats.c.source_id == source_id)
        rows = await self._connection.execute(query.where(source_beats.c.slot >= from_slot))
        return [int(slot) for slot in rows.scalars()]

    async def expire(self, *, before_slot: int) -> None:
        """Deletes slots older than any check looks back."""
        await self._connection.execute(delete(source_beats).where(source_beats.c.slot < before_slot))
