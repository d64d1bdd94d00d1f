"""The rhythm of sources: the quarters of an hour in which each was heard, and those in which somebody watched."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from storage import bulk
from storage.tables.crosschecks import source_beats
from storage.transaction import OpenTransaction

WATCHER = 0
"""Stands for whoever watches among the sources; ids of sources begin at 1."""


class Health:
    """The rhythms of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def mark(self, beats: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        """Keeps (source, slot) where it is not known, and returns those that were not."""
        await self._connection.execute(select(source_beats.c.slot).limit(1))
        key = ("source_id", "slot")
        return set(await bulk.insert_missing(self._connection, "source_beats", key, key, sorted(set(beats))))

    async def beats(self, source_id: int, *, from_slot: int) -> list[int]:
        """The slots in which a source was heard, or in which somebody watched."""
        wanted = select(source_beats.c.slot).where(source_beats.c.source_id == source_id)
        rows = await self._connection.execute(wanted.where(source_beats.c.slot >= from_slot))
        return [int(slot) for slot in rows.scalars()]

    async def expire(self, *, before_slot: int) -> None:
        """Forgets what is older than anybody looks back."""
        await self._connection.execute(delete(source_beats).where(source_beats.c.slot < before_slot))
