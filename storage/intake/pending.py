"""Usage in the books whose totals follow: under load a group's sums wait for a fold of many groups.

A group behind which others wait writes its events and one row of `usage_pending`. A fold moves the groups of many rows
into the totals, in key order, and deletes the rows in the same transaction. So the totals and the rows together are
exact at any moment, and a process that dies loses neither.

On SQLite a row names its events, which stand side by side in a table that only grows. PostgreSQL has no such order
between transactions, so there a row holds the events' numbers themselves, as arrays that are stored as they are sent.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

from sqlalchemy import Subquery, column, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.faults import is_data_error
from storage.intake.rollups import AMOUNTS, sqlite_totals, totals
from storage.tables.base import Big
from storage.tables.intake import usage_pending
from storage.transaction import OpenTransaction

NUMBERS = ("team_id", "occurred_at", "local_day", "series_id", *AMOUNTS[1:])
"""The columns of an event that its totals need."""
FOLD_EVENTS = 32_768
"""Events of one fold, about: it holds SQLite's writer for as long as it takes."""
_FOLD_LOCK = 7_041_779
_GIVEN = "given_events"

_OF_ROWS = (
    f"SELECT {', '.join(f'usage_events.{name}' for name in NUMBERS)} FROM usage_pending CROSS JOIN usage_events "
    "ON usage_events.rowid BETWEEN usage_pending.first_event AND usage_pending.last_event"
)
_UNNESTED = (
    f"SELECT events.* FROM {{rows}}, unnest({', '.join(f'{{rows}}.{name}' for name in NUMBERS)}) "
    f"AS events({', '.join(NUMBERS)})"
)

SQLITE_FOLD = (
    *sqlite_totals(f"({_OF_ROWS} WHERE usage_pending.id BETWEEN ?1 AND ?2 AND calls > 0) WHERE true"),
    "DELETE FROM usage_pending WHERE id BETWEEN ?1 AND ?2 AND calls > 0",
)
"""Statements that move the groups between two ids into the totals."""
POSTGRESQL_FOLD = (
    f"WITH taken AS (DELETE FROM usage_pending WHERE id = ANY($1::bigint[]) RETURNING *), "
    f"{_GIVEN} AS ({_UNNESTED.format(rows='taken')}), "
    + ", ".join(f"{total.table}_in AS ({total.statement})" for total in reversed(totals(_GIVEN)))
    + " SELECT 1"
)
"""Moves the groups of some ids into the totals, which it locks in the order of `add_sums`."""
POSTGRESQL_LOCK = f"SELECT pg_advisory_xact_lock({_FOLD_LOCK})"
"""Lets one process fold at a time."""
WAITING = "SELECT id, calls FROM usage_pending WHERE calls > 0 ORDER BY id"
"""The groups to fold. A group that no total can hold has its number of calls below zero: it is set aside."""


def pending_events(dialect: str) -> Subquery:
    """Returns the events that the totals miss, with the columns of `NUMBERS`."""
    found = _UNNESTED.format(rows="usage_pending") if dialect == "postgresql" else _OF_ROWS
    return text(found).columns(*(column(name, Big) for name in NUMBERS)).subquery("pending")


def next_fold(waiting: list[tuple[int, int]]) -> list[int]:
    """Returns the ids of the oldest groups, of (id, events), that one fold takes: at least one, if any waits."""
    taken, events = list[int](), 0
    for pending_id, calls in waiting:
        if taken and events + calls > FOLD_EVENTS:
            break
        taken.append(pending_id)
        events += calls
    return taken


class Waiting(NamedTuple):
    """The events that wait for their totals, and when the oldest group came in."""

    events: int
    since: int


class Pending:
    """The groups that wait for their totals, within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def waiting(self) -> Waiting | None:
        """Returns what waits, or is set aside; None if nothing is."""
        events, since = func.sum(func.abs(usage_pending.c.calls)), func.min(usage_pending.c.received_at)
        row = (await self._connection.execute(select(events, since))).one()
        return None if row[1] is None else Waiting(int(row[0]), int(row[1]))

    async def ids(self) -> list[int]:
        """Returns the ids of the groups to fold, oldest first."""
        return [int(pending_id) for pending_id, _ in await self._connection.execute(text(WAITING))]

    async def fold(self, *, only: int | None = None) -> bool:
        """Moves the oldest groups into the totals, or one alone; returns whether others are left.

        Call it first in a transaction of its own: it waits for other processes that fold.
        """
        return await fold(self._connection, only=only)

    async def set_aside(self, pending_id: int) -> None:
        """Keeps a group from further folds, so that one that no total can hold holds up no other."""
        changed = update(usage_pending).where(usage_pending.c.id == pending_id, usage_pending.c.calls > 0)
        await self._connection.execute(changed.values(calls=-usage_pending.c.calls))


async def fold(connection: AsyncConnection, *, only: int | None = None) -> bool:
    """Moves the oldest groups, or one alone, into the totals within a transaction; returns whether others are left."""
    if is_postgresql := connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(POSTGRESQL_LOCK)
    waiting = [(int(found), int(calls)) for found, calls in await connection.execute(text(WAITING))]
    taken = next_fold([group for group in waiting if only in (None, group[0])])
    if taken and is_postgresql:
        await connection.exec_driver_sql(POSTGRESQL_FOLD, (taken,))
    elif taken:
        for statement in SQLITE_FOLD:
            await connection.exec_driver_sql(statement, (taken[0], taken[-1]) if "?1" in statement else ())
    return len(taken) < len(waiting)


Opens = Callable[[], AbstractAsyncContextManager[OpenTransaction]]


async def fold_everything(begin: Opens, read: Opens) -> int:
    """Folds until nothing waits, and returns the number of folds. `begin` opens transactions, `read` snapshots."""
    async with read() as tx:
        if await Pending(tx).waiting() is None:
            return 0
    folds, more = 0, True
    while more:
        try:
            async with begin() as tx:
                more = await Pending(tx).fold()
        except DBAPIError as error:
            if not is_data_error(error):
                raise
            more = await _fold_one_by_one(begin, read)
        folds += 1
    return folds


async def _fold_one_by_one(begin: Opens, read: Opens) -> bool:
    """Folds each group alone, sets aside those that no total can hold, and returns False: none is left."""
    async with read() as tx:
        waiting = await Pending(tx).ids()
    for pending_id in waiting:
        try:
            async with begin() as tx:
                await Pending(tx).fold(only=pending_id)
        except DBAPIError as error:
            if not is_data_error(error):
                raise
            async with begin() as tx:
                await Pending(tx).set_aside(pending_id)
    return False
