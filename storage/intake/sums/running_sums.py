"""Running sums of senders' counters: what is booked of each, within one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, Update, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.intake.running_sums import SumState
from storage.tables.intake import running_sums
from storage.transaction import OpenTransaction

_STATE = ("value", "at", "restarts", "next_value", "next_at")
_COLUMNS = [running_sums.c[name] for name in ("stream", *_STATE)]


class RunningSums:
    """The counters within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def states(self, source_id: int, streams: Sequence[bytes]) -> dict[bytes, SumState]:
        """Returns the states of a source's counters that are known."""
        return await self._found(source_id, streams, select(*_COLUMNS))

    async def for_booking(self, source_id: int, streams: Sequence[bytes]) -> dict[bytes, SumState]:
        """Returns the states of a source's counters, which it locks; new ones begin at 0."""
        ordered = sorted(set(streams))  # so that two writers wait for each other instead of deadlocking
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        rows = [
            {"source_id": source_id, "stream": stream, **SumState()._asdict(), "changed_at": 0} for stream in ordered
        ]
        await self._connection.execute(insert(running_sums).on_conflict_do_nothing(), rows)
        return await self._found(source_id, ordered, select(*_COLUMNS).with_for_update())

    async def _found(self, source_id: int, streams: Sequence[bytes], query: Select[Any]) -> dict[bytes, SumState]:
        found = running_sums.c
        wanted = query.where(found.source_id == source_id, found.stream.in_(streams)).order_by(found.stream)
        return {row[0]: SumState(*row[1:]) for row in await self._connection.execute(wanted)}

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
