"""The ids of events that were booked before there were runs of keys: they are read piece by piece into runs of their own,
below zero, so that these events too are found by their id.
"""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from sqlalchemy import func, select, update

from storage import bulk
from storage.tables.intake import key_state, run_ids, usage_events
from storage.transaction import OpenTransaction

PIECE_EVENTS = 8_192
"""A piece holds the writer of SQLite for about 20 ms."""
RUN_IDS = 65_536
_COLUMNS = ("run", "id_hash", "occurred_at")
Ids = Sequence[tuple[int, int]]


class OldIds:
    """The ids of events before the runs within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def are_read(self) -> bool:
        """Returns True if every booked event has its id in a run."""
        return bool((await self._connection.execute(select(key_state.c.old_ids_are_read))).scalar_one())

    async def next_piece(self, *, limit: int = PIECE_EVENTS) -> tuple[int | None, Ids]:
        """Returns the moment up to which ids are stored, and (hash, moment) of the next events in order of time.

        All events of one moment are in one piece. It is empty if no event is left.
        """
        until = (await self._connection.execute(select(key_state.c.old_ids_until))).scalar_one()
        at = usage_events.c.occurred_at
        query = select(usage_events.c.event_id, at).order_by(at).limit(limit)
        if until is not None:
            query = query.where(at > until)
        rows = (await self._connection.execute(query)).all()
        if len(rows) == limit:
            last = rows[-1].occurred_at
            whole = select(usage_events.c.event_id, at).where(at == last)
            rows = [row for row in rows if row.occurred_at < last] + list(await self._connection.execute(whole))
        return until, [(crc32(row.event_id.encode()), row.occurred_at) for row in rows]

    async def store(self, until: int | None, ids: Ids) -> bool:
        """Stores the ids of a piece that began after `until`; marks all as read if there are none.

        Returns False, with nothing stored, if another process stored them.
        """
        state: Any = (await self._connection.execute(select(key_state).with_for_update())).one()
        if state.old_ids_until != until or state.old_ids_are_read:
            return False
        if not ids:
            await self._connection.execute(update(key_state).values(old_ids_are_read=1))
            return True
        run = await self._open_run()
        rows = sorted({(run, *found) for found in ids})
        await bulk.insert_missing(self._connection, "run_ids", _COLUMNS, _COLUMNS, rows)
        await self._connection.execute(update(key_state).values(old_ids_until=max(at for _, at in ids)))
        return True

    async def _open_run(self) -> int:
        """Returns the lowest run, or a new one below it if it is full."""
        lowest = await lowest_run(self._connection)
        if lowest >= 0:
            return -1
        count = select(func.count()).select_from(run_ids).where(run_ids.c.run == lowest)
        return lowest if (await self._connection.execute(count)).scalar_one() < RUN_IDS else lowest - 1


async def lowest_run(connection: Any) -> int:
    """Returns the lowest run with ids; 0 if there is none."""
    return min(0, (await connection.execute(select(func.min(run_ids.c.run)))).scalar() or 0)
