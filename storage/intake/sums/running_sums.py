"""Running sums of senders' counters: what is booked of each, within one transaction."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Update, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.intake.running_sums import SumState
from storage.tables.intake import running_sums
from storage.transaction import OpenTransaction

_STATE = ("value", "at", "restarts", "next_value", "next_at")


class RunningSums:
    """The counters within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def for_booking(self, source_id: int, streams: Sequence[bytes]) -> dict[bytes, SumState]:
        """Returns the states of a source's counters, which it locks; new ones begin at 0."""
        found = running_sums.c
        ordered = sorted(set(streams))  # so that two writers wait for each other instead of deadlocking
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        rows = [
            {"source_id": source_id, "stream": stream, **SumState()._asdict(), "changed_at": 0} for stream in ordered
        ]
        await self._connection.execute(insert(running_sums).on_conflict_do_nothing(), rows)
        query = select(found.stream, *(found[name] for name in _STATE)).with_for_update().order_by(found.stream)
        wanted = (found.source_id == source_id) & found.stream.in_(ordered)
        return {row[0]: SumState(*row[1:]) for row in await self._connection.execute(query.where(wanted))}

    async def save(self, source_id: int, states: Mapping[bytes, SumState], *, now: int) -> None:
        """Stores the states of locked counters."""
        for stream, state in sorted(states.items()):
            await self._connection.execute(self._update(source_id, stream).values(**state._asdict(), changed_at=now))

    async def settle(self, source_id: int, states: Mapping[bytes, SumState]) -> None:
        """Stores that the next values of counters are booked, unless somebody else has done that."""
        found = running_sums.c
        for stream, state in sorted(states.items()):
            same = [found[name] == getattr(state, name) for name in _STATE]
            query = self._update(source_id, stream).where(*same)
            await self._connection.execute(query.values(**state.settled._asdict()))

    async def is_expiring(self, *, before: int) -> bool:
        """Returns whether a counter did not change since a moment."""
        return bool(await self._connection.scalar(select(exists().where(running_sums.c.changed_at < before))))

    async def expire(self, *, before: int) -> int:
        """Deletes counters that did not change since a moment, and returns their number. Their events' keys stay, so a
        counter that comes back is a conflict and not booked twice.
        """
        gone = await self._connection.execute(delete(running_sums).where(running_sums.c.changed_at < before))
        return gone.rowcount

    def _update(self, source_id: int, stream: bytes) -> Update:
        return update(running_sums).where(running_sums.c.source_id == source_id, running_sums.c.stream == stream)
