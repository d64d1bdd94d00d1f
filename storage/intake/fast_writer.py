"""The fast path into the books, for a group of new events with known people and series: one visit to the database.

Each wait for the database also waits for the event loop, which reads the next bodies meanwhile. So the eight steps of a
transaction of `storage/intake/usage.py` are one statement on PostgreSQL, and one call of the connection's thread on
SQLite. It writes all or nothing: if a key exists, or the configuration changed since the group was decided, it writes
nothing, and the caller takes the full path.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import chain
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import bulk
from storage.engine import set_pragmas
from storage.fifo import FifoLock
from storage.intake import pending
from storage.intake.rollups import Insert, totals


class FastWriter(ABC):
    """The fast path of one writer; not for two tasks at once."""

    @abstractmethod
    async def write(
        self, keys: Insert, events: Insert, others: Sequence[Insert], *, version: int, deferred_at: int | None = None
    ) -> bool:
        """Writes everything in one transaction. Returns False, with nothing written, if a key exists or the version
        differs.

        Adds the events to the totals too; with `deferred_at`, the moment, they wait for a fold (`storage/intake/pending.py`).

        Raises SQLAlchemy's errors.
        """

    @abstractmethod
    async def fold(self) -> bool:
        """Adds the oldest events that wait to the totals, in one transaction; returns whether others are left.

        Raises SQLAlchemy's errors.
        """

    @abstractmethod
    async def close(self) -> None:
        """Closes the connection."""


_LAST_EVENT = "SELECT coalesce(max(rowid), 0) FROM usage_events"
_SQLITE_DEFER = (
    "INSERT INTO usage_pending (received_at, calls, first_event, last_event) "
    "SELECT ?, ?, ?, max(rowid) FROM usage_events"
)
_SQLITE_TOTALS = totals("usage_events WHERE rowid > ?")
"""Totals of the rows after a given one: the table only grows."""


class SqliteFastWriter(FastWriter):
    """A connection in its own thread. Writers of this process take turns by the store's lock, others by SQLite's.

    While nobody else waits for the lock, a second write queues in the thread behind the first: the thread goes on
    without the event loop, which may be busy reading bodies.
    """

    def __init__(self, url: str, lock: FifoLock) -> None:
        self._file = str(make_url(url).database)
        self._lock = lock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="express")
        self._connection: sqlite3.Connection | None = None
        self._inside = 0

    async def write(
        self, keys: Insert, events: Insert, others: Sequence[Insert], *, version: int, deferred_at: int | None = None
    ) -> bool:
        return await self._in_turn(partial(self._write, keys, events, others, version, deferred_at))

    async def fold(self) -> bool:
        return await self._in_turn(self._fold)

    async def _in_turn(self, work: Callable[[], bool]) -> bool:
        if not self._inside or self._lock.is_waited_for:
            await self._lock.acquire()
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._inside -= 1
            if not self._inside:
                self._lock.release()

    def _write(
        self, keys: Insert, events: Insert, others: Sequence[Insert], version: int, deferred_at: int | None
    ) -> bool:
        with self._transaction() as connection:
            found = connection.execute("SELECT version FROM config").fetchone()
            if found is None or found[0] != version or self._insert(keys) != len(keys.rows):
                connection.execute("ROLLBACK")
                return False
            (last,) = connection.execute(_LAST_EVENT).fetchone()
            self._insert(events)
            if deferred_at is None:
                for total in _SQLITE_TOTALS:
                    connection.execute(total.statement, (last,))
            elif events.rows:
                connection.execute(_SQLITE_DEFER, (deferred_at, len(events.rows), last + 1))
            for other in others:
                self._insert(other)
        return True

    def _fold(self) -> bool:
        with self._transaction() as connection:
            waiting = connection.execute(pending.WAITING).fetchall()
            if taken := pending.next_fold(waiting):
                for statement in pending.SQLITE_FOLD:
                    connection.execute(statement, (taken[-1],))
        return len(taken) < len(waiting)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Opens a transaction that commits at its end, unless it was rolled back.

        Raises SQLAlchemy's errors.
        """
        try:
            if self._connection is None:
                # A prepared statement of thousands of rows takes a megabyte.
                self._connection = sqlite3.connect(self._file, check_same_thread=False, cached_statements=48)
                set_pragmas(self._connection, writer=True)
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                if connection.in_transaction:
                    connection.execute("COMMIT")
            except BaseException:
                self._give_up(connection)
                raise
        except sqlite3.Error as error:
            raise DBAPIError.instance("express", None, error, sqlite3.Error) from error

    def _give_up(self, connection: sqlite3.Connection) -> None:
        """Rolls back, or closes the connection if that fails.

        A full disk or a disk fault may have rolled back already, or may make a rollback impossible: closing ends the
        transaction and its lock.
        """
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection = None
            connection.close()

    def _insert(self, insert: Insert) -> int:
        assert self._connection is not None
        if not insert.rows:
            return 0
        written, rows, columns = 0, bulk.folded(insert.rows), insert.columns
        ordered = [columns[at] for at in sorted(rows.fixed)]
        ordered += [column for at, column in enumerate(columns) if at not in rows.fixed]
        into = f"INSERT INTO {insert.table} ({', '.join(ordered)}) SELECT * FROM (VALUES "
        for size, values in bulk.padded(rows, len(insert.rows)):
            marks = bulk.marks(size, len(columns), len(rows.values))
            statement = f"{into}{marks}) LIMIT ?{len(values)} {insert.on_conflict}"
            written += self._connection.execute(statement, values).rowcount
        return written

    async def close(self) -> None:
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
            self._connection = None
        self._thread.shutdown()


class PostgresqlFastWriter(FastWriter):
    """A pooled connection that is kept; replaced after a fault."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

    async def fold(self) -> bool:
        async with self._engine.begin() as connection:
            return await pending.fold(connection)

    async def write(
        self, keys: Insert, events: Insert, others: Sequence[Insert], *, version: int, deferred_at: int | None = None
    ) -> bool:
        import asyncpg

        if self._driver is None:
            self._connection = await self._engine.connect()
            self._driver = (await self._connection.get_raw_connection()).driver_connection
        inserts = [keys._replace(on_conflict=_ONCE), *(insert for insert in reversed(others) if insert.rows), events]
        found = [bulk.folded(insert.rows) for insert in inserts]
        parts = tuple(
            (insert.table, insert.columns, insert.on_conflict, rows.fixed)
            for insert, rows in zip(inserts, found, strict=True)
        )
        statement = _statement(parts, is_deferred=deferred_at is not None)
        values = chain(*((*rows.values, *rows.columns) for rows in found))
        deferred = () if deferred_at is None else (deferred_at,)
        try:
            await self._driver.execute(statement, *values, len(keys.rows), version, *deferred)
        except asyncpg.DivisionByZeroError:
            return False
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            await self._drop()
            raise DBAPIError.instance("express", None, error, Exception) from error
        except BaseException:  # for example cancelled: the state of the connection is unknown
            await self._drop()
            raise
        return True

    async def _drop(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    async def close(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.close()


_ONCE = "ON CONFLICT DO NOTHING RETURNING 1"
_StatementPart = tuple[str, tuple[str, ...], str, frozenset[int]]
"""A table, its columns, its ON CONFLICT clause, and the places of columns with one value in all rows."""


_EVENTS = "given_events"
_TOTALS = tuple(f"{total.table}_in AS ({total.statement})" for total in totals(_EVENTS))


@lru_cache(maxsize=256)
def _statement(inserts: tuple[_StatementPart, ...], *, is_deferred: bool) -> str:
    """Returns one statement with all inserts and the totals of the last one, the events, or what they wait by.

    It fails by a division by zero unless every key of the first insert is new and the configuration has the expected
    version. Its parts see one snapshot in one transaction.

    PostgreSQL runs unreferenced parts from the last to the first. So totals are locked in the order of `add_sums`, and
    no deadlock is possible.
    """
    place = 1
    parts = []
    for table, columns, on_conflict, fixed in inserts:
        varying = [column for at, column in enumerate(columns) if at not in fixed]
        numbers = {at: f"${place + number}" for number, at in enumerate(sorted(fixed))}
        given = bulk.unnest(table, varying, first=place + len(fixed))
        numbers |= {columns.index(column): f"${place + len(fixed) + number}" for number, column in enumerate(varying)}
        place += len(columns)
        selected = ", ".join(
            f"{numbers[at]}::{bulk.postgresql_type(table, column)} AS {column}" if at in fixed else f"given.{column}"
            for at, column in enumerate(columns)
        )
        parts.append((f"INSERT INTO {table} ({', '.join(columns)})", f"SELECT {selected} FROM {given} {on_conflict}"))
    written = [f"{table}_in AS ({into} {rows})" for (table, *_), (into, rows) in zip(inserts, parts, strict=True)]
    into, rows = parts[-1]
    table, columns, _, fixed = inserts[-1]
    arrays = [
        f"array_fill({numbers[at]}::bigint, ARRAY[${place}::int])" if at in fixed else f"{numbers[at]}::bigint[]"
        for at in map(columns.index, pending.NUMBERS)
    ]
    deferred = (
        f"pending_in AS (INSERT INTO usage_pending (received_at, calls, {', '.join(pending.NUMBERS)}) "
        f"VALUES (${place + 2}::bigint, ${place}::bigint, {', '.join(arrays)}))"
    )
    totals_in = [deferred] if is_deferred else [*reversed(_TOTALS)]
    written[-1:] = [*totals_in, f"events_in AS ({into} SELECT {', '.join(columns)} FROM {_EVENTS})"]
    return (
        f"WITH {_EVENTS} AS ({rows}), {', '.join(written)} "
        f"SELECT 1 / CASE WHEN (SELECT count(*) FROM {inserts[0][0]}_in) = ${place}::bigint "
        f"AND (SELECT version FROM config) = ${place + 1}::bigint THEN 1 ELSE 0 END"
    )
