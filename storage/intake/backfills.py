"""How far each gateway's own log was read, and since when its calls arrive live."""

from sqlalchemy import select

from storage import bulk
from storage.tables.intake import backfills, source_activity
from storage.transaction import OpenTransaction


class Backfills:
    """The backfills within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def first_live(self, source_id: int) -> int | None:
        """Returns the moment of a source's first live event; None if there was none."""
        query = select(source_activity.c.first_occurred_at).where(source_activity.c.source_id == source_id)
        found = (await self._connection.execute(query)).scalar()
        return None if found is None else int(found)

    async def read_until(self, source_id: int) -> int | None:
        """Returns the moment up to which a source's log was read; None if it never was."""
        query = select(backfills.c.read_until).where(backfills.c.source_id == source_id)
        found = (await self._connection.execute(query)).scalar()
        return None if found is None else int(found)

    async def keep(self, source_id: int, *, read_until: int) -> None:
        tail = "ON CONFLICT (source_id) DO UPDATE SET read_until = excluded.read_until"
        await bulk.upsert(self._connection, "backfills", ("source_id", "read_until"), [(source_id, read_until)], tail)
