"""Usage in the books whose totals follow: under load a group's sums wait for a fold of many groups.

A group behind which others wait writes its events and one row of `usage_pending`. A fold moves the groups of many rows
into the totals, in key order, and deletes the rows in the same transaction. So the totals and the rows together are
exact at any moment, and a process that dies loses neither.

On SQLite a row names its events, which stand side by side in a table that only grows. PostgreSQL has no such order
between transactions, so there a row holds the events' numbers themselves, as arrays that are stored as they are sent.
"""

from typing import Any, NamedTuple

from sqlalchemy import Subquery, column, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

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
    *sqlite_totals(f"({_OF_ROWS} WHERE usage_pending.id <= ?1) WHERE true"),
    "DELETE FROM usage_pending WHERE id <= ?1",
)
"""Statements that move the groups up to an id into the totals."""
POSTGRESQL_FOLD = (
    f"WITH taken AS (DELETE FROM usage_pending WHERE id = ANY($1::bigint[]) RETURNING *), "
    f"{_GIVEN} AS ({_UNNESTED.format(rows='taken')}), "
    + ", ".join(f"{total.table}_in AS ({total.statement})" for total in reversed(totals(_GIVEN)))
    + " SELECT 1"
)
"""Moves the groups of some ids into the totals, which it locks in the order of `add_sums`."""
POSTGRESQL_LOCK = f"SELECT pg_advisory_xact_lock({_FOLD_LOCK})"
"""Lets one process fold at a time."""
WAITING = "SELECT id, calls FROM usage_pending ORDER BY id"


def pending_events(connection: AsyncConnection) -> Subquery:
    """Returns the events that the totals miss, with the columns of `NUMBERS`."""
    found = _UNNESTED.format(rows="usage_pending") if connection.dialect.name == "postgresql" else _OF_ROWS
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
        """Returns what waits; None if nothing does."""
        events, since = func.sum(usage_pending.c.calls), func.min(usage_pending.c.received_at)
        row = (await self._connection.execute(select(events, since))).one()
        return None if row[1] is None else Waiting(int(row[0]), int(row[1]))

    async def fold(self) -> bool:
        """Moves the oldest groups into the totals; returns whether others are left.

        Call it first in a transaction of its own: it waits for other processes that fold.
        """
        return await fold(self._connection)


async def fold(connection: AsyncConnection) -> bool:
    """Moves the oldest groups into the totals within a transaction; returns whether others are left."""
    if is_postgresql := connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(POSTGRESQL_LOCK)
    waiting: list[Any] = list((await connection.execute(text(WAITING))).all())
    taken = next_fold([(int(pending_id), int(calls)) for pending_id, calls in waiting])
    if taken and is_postgresql:
        await connection.exec_driver_sql(POSTGRESQL_FOLD, (taken,))
    elif taken:
        for statement in SQLITE_FOLD:
            await connection.exec_driver_sql(statement, (taken[-1],) if "?1" in statement else ())
    return len(taken) < len(waiting)
