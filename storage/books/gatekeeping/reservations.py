"""Stored reservations, and the sums that they take from what teams have available."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import and_, delete, insert, select, text, update

from bot.books.gatekeeping.reservations import Change, Reservation
from storage.queries.statements import Prepared, many, one
from storage.queries.sums import nano_sums, whole
from storage.tables.reservations import COUNTS, COUNTS_NO_MORE, HAS_KEY, reserved_sums
from storage.tables.reservations import reservations as stored
from storage.transaction import OpenTransaction

SumKey = tuple[int, str, str, str, str, int]
"""(team id, period, tool, model, workflow, person id)"""
_SUM_KEY = ("team_id", "period", "tool", "model", "workflow", "person_id")
_COLUMNS = tuple(field.name for field in fields(Reservation))
_CHANGED = ("state", "counted_nanos", "cost_nanos", "counts_until")
_ALL = tuple(stored.c[name] for name in _COLUMNS)
_KEYS_OF = tuple(stored.c[name] for name in _SUM_KEY)
_IDS, _TEAMS = many("ids"), many("teams")

_FOR_CHANGE = Prepared(select(*_ALL).where(stored.c.id.in_(_IDS)).order_by(stored.c.id).with_for_update())
_BY_KEYS = Prepared(
    select(*_ALL).where(
        stored.c.source_id == one("source"),
        stored.c.idempotency_key.in_(many("keys")),
        HAS_KEY,
    )
)
_sums = select(reserved_sums).where(reserved_sums.c.nanos != 0)
_over = (
    select(*_KEYS_OF, *nano_sums(stored.c.counted_nanos))
    .where(COUNTS, stored.c.counts_until <= one("now"))
    .group_by(*_KEYS_OF)
)
_SUMS, _OVER = Prepared(_sums), Prepared(_over)
_SUMS_OF_TEAMS = Prepared(_sums.where(reserved_sums.c.team_id.in_(_TEAMS)))
_OVER_OF_TEAMS = Prepared(_over.where(stored.c.team_id.in_(_TEAMS)))
_ADD = Prepared(insert(stored))
_CHANGE = Prepared(update(stored).where(stored.c.id == one("of_id")).values({n: one(f"new_{n}") for n in _CHANGED}))
_ADD_SUMS = Prepared(
    text(
        "INSERT INTO reserved_sums (team_id, period, tool, model, workflow, person_id, nanos) "
        "VALUES (:team_id, :period, :tool, :model, :workflow, :person_id, :nanos) "
        "ON CONFLICT (team_id, period, tool, model, workflow, person_id) "
        "DO UPDATE SET nanos = reserved_sums.nanos + excluded.nanos"
    )
)


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
        found = [_reservation(row) for row in await self._tx.rows(_FOR_CHANGE, ids=wanted)]
        return {reservation.id: reservation for reservation in found}

    async def by_keys(self, keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Reservation]:
        """Returns the reservations of (source id, idempotency key)."""
        by_source: dict[int, list[str]] = {}
        for source_id, key in keys:
            by_source.setdefault(source_id, []).append(key)
        found: dict[tuple[int, str], Reservation] = {}
        for source_id, listed in by_source.items():
            rows = await self._tx.rows(_BY_KEYS, source=source_id, keys=listed)
            found |= {(source_id, known.idempotency_key): known for known in map(_reservation, rows)}
        return found

    async def sums(self, team_ids: Iterable[int] | None = None, *, now: int) -> dict[SumKey, int]:
        """Returns what is reserved now, of some teams or of all: the sums less what has run out and is not swept yet.

        Read it before the usage: what a booking turns from one into the other then counts twice for a moment, and never not
        at all.
        """
        if team_ids is None:
            sums, over, teams = _SUMS, _OVER, {}
        else:
            sums, over, teams = _SUMS_OF_TEAMS, _OVER_OF_TEAMS, {"teams": list(team_ids)}
        found = {_sum_key(row): int(row[-1]) for row in await self._tx.rows(sums, **teams)}
        if found:
            for row in await self._tx.rows(over, now=now, **teams):
                key = _sum_key(row)
                if key in found:
                    found[key] = max(0, found[key] - whole(row[-2], row[-1]))
        return found

    async def add(self, reservations: Sequence[Reservation]) -> None:
        """Stores new reservations; their sums are to be added by `add_sums`."""
        await self._tx.run_each(_ADD, [vars(reservation) for reservation in reservations])

    async def change(self, changed: Sequence[tuple[Reservation, Change]]) -> None:
        """Stores what becomes of locked reservations; their sums are to be added by `add_sums`."""
        rows = [
            {"of_id": found.id, **{f"new_{name}": getattr(change, name) for name in _CHANGED}}
            for found, change in changed
        ]
        await self._tx.run_each(_CHANGE, rows)

    async def add_sums(self, changes: Mapping[SumKey, int]) -> None:
        """Adds to the sums, in key order."""
        rows = [
            dict(zip((*_SUM_KEY, "nanos"), (*key, nanos), strict=True))
            for key, nanos in sorted(changes.items())
            if nanos
        ]
        self._tx.after_commit(self._tx.memory.of(ReservationMemory).count)
        await self._tx.run_each(_ADD_SUMS, rows)

    async def due(self, *, now: int, limit: int) -> list[Reservation]:
        """Returns reservations that have run out and still count, locked. Those that another process works on are left out."""
        query = select(*_ALL).where(COUNTS, stored.c.counts_until <= now).order_by(stored.c.counts_until).limit(limit)
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
    values = dict(zip(_COLUMNS, row, strict=True))
    return Reservation(**{**values, "asked": bytes(values["asked"])})
