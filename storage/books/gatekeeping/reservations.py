"""Stored reservations, and the sums that they take from what teams have available."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, select, update

from bot.books.gatekeeping.reservations import Change, Reservation
from storage.sums import nano_sums, whole
from storage.tables.reservations import COUNTS, COUNTS_NO_MORE, reserved_sums
from storage.tables.reservations import reservations as stored
from storage.transaction import OpenTransaction

SumKey = tuple[int, str, str, str, str, int]
"""(team id, period, tool, model, workflow, person id)"""
_SUM_KEY = ("team_id", "period", "tool", "model", "workflow", "person_id")
_COLUMNS = tuple(field.name for field in fields(Reservation))


class ReservationMemory:
    """Counts the transactions of this process that changed what is reserved."""

    changes = 0

    def count(self) -> None:
        self.changes += 1


class Reservations:
    """The reservations of one transaction.

    Locks are taken in one order: accounts of teams, then reservations by id, then sums by key.
    """

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def for_change(self, ids: Iterable[str]) -> dict[str, Reservation]:
        """Returns reservations by id, locked."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        query = select(stored).where(stored.c.id.in_(wanted)).order_by(stored.c.id).with_for_update()
        return {row.id: _reservation(row) for row in await self._connection.execute(query)}

    async def by_keys(self, keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Reservation]:
        """Returns the reservations of (source id, idempotency key)."""
        by_source: dict[int, list[str]] = {}
        for source_id, key in keys:
            by_source.setdefault(source_id, []).append(key)
        found: dict[tuple[int, str], Reservation] = {}
        for source_id, listed in by_source.items():
            query = select(stored).where(stored.c.source_id == source_id, stored.c.idempotency_key.in_(listed))
            found |= {
                (source_id, row.idempotency_key): _reservation(row) for row in await self._connection.execute(query)
            }
        return found

    async def sums(self, team_ids: Iterable[int] | None = None, *, now: int) -> dict[SumKey, int]:
        """Returns what is reserved now, of some teams or of all: the sums less what has run out and is not swept yet.

        Read it before the usage: what a booking turns from one into the other then counts twice for a moment, and never not
        at all.
        """
        query = select(reserved_sums).where(reserved_sums.c.nanos != 0)
        over = select(*(stored.c[name] for name in _SUM_KEY), *nano_sums(stored.c.counted_nanos))
        over = over.where(COUNTS, stored.c.counts_until <= now).group_by(*(stored.c[name] for name in _SUM_KEY))
        if team_ids is not None:
            ids = list(team_ids)
            query, over = query.where(reserved_sums.c.team_id.in_(ids)), over.where(stored.c.team_id.in_(ids))
        found = {_sum_key(row): int(row[-1]) for row in await self._connection.execute(query)}
        if found:
            for row in await self._connection.execute(over):
                key = _sum_key(row)
                if key in found:
                    found[key] = max(0, found[key] - whole(row[-2], row[-1]))
        return found

    async def add(self, reservations: Sequence[Reservation]) -> None:
        """Stores new reservations; their sums are to be added by `add_sums`."""
        if reservations:
            await self._connection.execute(insert(stored), [asdict(reservation) for reservation in reservations])

    async def change(self, changed: Sequence[tuple[Reservation, Change]]) -> None:
        """Stores what becomes of locked reservations; their sums are to be added by `add_sums`."""
        if changed:
            statement = update(stored).where(stored.c.id == bindparam("of_id"))
            names = ("state", "counted_nanos", "cost_nanos", "counts_until")
            statement = statement.values({name: bindparam(f"new_{name}") for name in names})
            rows = [
                {"of_id": found.id, **{f"new_{name}": getattr(change, name) for name in names}}
                for found, change in changed
            ]
            await self._connection.execute(statement, rows)

    async def add_sums(self, changes: Mapping[SumKey, int]) -> None:
        """Adds to the sums, in key order."""
        rows = [
            dict(zip((*_SUM_KEY, "nanos"), (*key, nanos), strict=True))
            for key, nanos in sorted(changes.items())
            if nanos
        ]
        self._tx.after_commit(self._tx.memory.of(ReservationMemory).count)
        if not rows:
            return
        upsert = self._tx.insert(reserved_sums)
        added = {"nanos": reserved_sums.c.nanos + upsert.excluded.nanos}
        await self._connection.execute(upsert.on_conflict_do_update(index_elements=_SUM_KEY, set_=added), rows)

    async def due(self, *, now: int, limit: int) -> list[Reservation]:
        """Returns reservations that have run out and still count, locked. Those that another process works on are left out."""
        query = select(stored).where(COUNTS, stored.c.counts_until <= now).order_by(stored.c.counts_until).limit(limit)
        rows = await self._connection.execute(query.with_for_update(skip_locked=True))
        return [_reservation(row) for row in rows]

    async def delete_old(self, *, before: int, limit: int) -> int:
        """Deletes some reservations that count no more since a moment, and returns their number."""
        old = select(stored.c.id).where(COUNTS_NO_MORE, stored.c.counts_until < before).limit(limit)
        done = await self._connection.execute(delete(stored).where(stored.c.id.in_(old)))
        return int(done.rowcount)

    async def delete_empty_sums(self) -> None:
        """Deletes sums of nothing, except those that another process works on."""
        empty = select(*(reserved_sums.c[name] for name in _SUM_KEY)).where(reserved_sums.c.nanos == 0)
        rows = await self._connection.execute(empty.order_by(*_SUM_KEY).limit(1_000).with_for_update(skip_locked=True))
        for row in rows.all():
            same = and_(*(reserved_sums.c[name] == value for name, value in zip(_SUM_KEY, row, strict=True)))
            await self._connection.execute(delete(reserved_sums).where(same, reserved_sums.c.nanos == 0))

    async def faults(self) -> list[str]:
        """Returns a line for each sum that differs from its reservations."""
        counted: dict[SumKey, int] = {}
        query = select(*(stored.c[name] for name in _SUM_KEY), *nano_sums(stored.c.counted_nanos))
        for row in await self._connection.execute(query.where(COUNTS).group_by(*(stored.c[name] for name in _SUM_KEY))):
            counted[_sum_key(row)] = whole(row[-2], row[-1])
        summed = {_sum_key(row): int(row[-1]) for row in await self._connection.execute(select(reserved_sums))}
        return [
            f"reservations: team {key[0]}, {key[1]}: the sum is {summed.get(key, 0)}, its reservations {counted.get(key, 0)}"
            for key in sorted(counted.keys() | summed.keys())
            if counted.get(key, 0) != summed.get(key, 0)
        ]


def sum_key(reservation: Reservation) -> SumKey:
    r = reservation
    return (r.team_id, r.period, r.tool, r.model, r.workflow, r.person_id)


def _sum_key(row: Any) -> SumKey:
    team_id, period, tool, model, workflow, person_id, *_ = row
    return (int(team_id), str(period), str(tool), str(model), str(workflow), int(person_id))


def _reservation(row: Any) -> Reservation:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Reservation(**{**values, "asked": bytes(values["asked"])})
