"""The quick way into the books, for a group in which everything is new and known: one visit to the database, no more.

Each wait for the database is a wait for the event loop as well, which reads the next bodies meanwhile; so what a
transaction of `storage/intake/usage.py` asks in eight steps is one statement on PostgreSQL, and one call of the connection's
thread on SQLite. It is all or nothing: if a key was known already, or the configuration changed since the group was decided
about, nothing is written, and the caller goes the longer way.
"""

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import bulk
from storage.engine import set_pragmas
from storage.fifo import FifoLock
from storage.intake.rollups import Insert, totals


class FastWriter(ABC):
    """One writer's way; not for two tasks at once."""

    @abstractmethod
    async def write(self, keys: Insert, events: Insert, others: Sequence[Insert], *, version: int) -> bool:
        """Writes everything in one transaction. False, and nothing written, if a key is not new or the configuration's
        version is another. Raises SQLAlchemy's errors."""

    @abstractmethod
    async def close(self) -> None:
        """Gives back what the way holds."""


_SQLITE_TOTALS = totals("usage_events WHERE rowid > ?")
"""Of the rows after a given one: the table only grows."""


class SqliteFastWriter(FastWriter):
    """A connection in a thread of its own. Writers of this process take turns by the store's lock, others by SQLite's.

    While nobody else waits for the lock, who comes while one is in the database stands behind it in the thread: the thread
    goes on without a word from the event loop, which may be in the middle of reading bodies.
    """

    def __init__(self, url: str, lock: FifoLock) -> None:
        self._file = str(make_url(url).database)
        self._lock = lock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="express")
        self._connection: sqlite3.Connection | None = None
        self._inside = 0

    async def write(self, keys: Insert, events: Insert, others: Sequence[Insert], *, version: int) -> bool:
        if not self._inside or self._lock.is_waited_for:
            await self._lock.acquire()
        self._inside += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._write, keys, events, others, version)
        finally:
            self._inside -= 1
            if not self._inside:
                self._lock.release()

    def _write(self, keys: Insert, events: Insert, others: Sequence[Insert], version: int) -> bool:
        try:
            if self._connection is None:
                # A statement of thousands of rows takes a megabyte as long as it is kept ready.
                self._connection = sqlite3.connect(self._file, check_same_thread=False, cached_statements=48)
                set_pragmas(self._connection, writer=True)
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                found = connection.execute("SELECT version FROM config").fetchone()
                if found is None or found[0] != version or self._insert(keys) != len(keys.rows):
                    connection.execute("ROLLBACK")
                    return False
                (last,) = connection.execute("SELECT coalesce(max(rowid), 0) FROM usage_events").fetchone()
                self._insert(events)
                for total in _SQLITE_TOTALS:
                    connection.execute(total.statement, (last,))
                for other in others:
                    self._insert(other)
                connection.execute("COMMIT")
            except BaseException:
                self._give_up(connection)
                raise
        except sqlite3.Error as error:
            raise DBAPIError.instance("express", None, error, sqlite3.Error) from error
        return True

    def _give_up(self, connection: sqlite3.Connection) -> None:
        """Rolls back what was begun; a full disk or a fault of it may have done that already, or may let it not be done:
        then the connection goes, and the transaction and its lock with it."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection = None
            connection.close()

    def _insert(self, wanted: Insert) -> int:
        assert self._connection is not None
        if not wanted.rows:
            return 0
        written, rows, columns = 0, bulk.folded(wanted.rows), wanted.columns
        ordered = [columns[at] for at in sorted(rows.fixed)]
        ordered += [column for at, column in enumerate(columns) if at not in rows.fixed]
        into = f"INSERT INTO {wanted.table} ({', '.join(ordered)}) SELECT * FROM (VALUES "
        for size, values in bulk.padded(rows, len(wanted.rows)):
            marks = bulk.marks(size, len(columns), len(rows.values))
            statement = f"{into}{marks}) LIMIT ?{len(values)} {wanted.on_conflict}"
            written += self._connection.execute(statement, values).rowcount
        return written

    async def close(self) -> None:
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
            self._connection = None
        self._thread.shutdown()


class PostgresqlFastWriter(FastWriter):
    """A connection of the pool, kept; another one is taken after a fault."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

    async def write(self, keys: Insert, events: Insert, others: Sequence[Insert], *, version: int) -> bool:
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
        statement = _statement(parts)
        values = chain(*((*rows.values, *rows.columns) for rows in found))
        try:
            await self._driver.execute(statement, *values, len(keys.rows), version)
        except asyncpg.DivisionByZeroError:
            return False
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            await self._drop()
            raise DBAPIError.instance("express", None, error, Exception) from error
        except BaseException:  # cancelled, say: who knows what the connection is in the middle of
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
"""A table, its columns, what is done about a row that is there, and which columns have one value in all rows."""


_EVENTS = "given_events"
_TOTALS = tuple(f"{total.table}_in AS ({total.statement})" for total in totals(_EVENTS))


@lru_cache(maxsize=256)
def _statement(inserts: tuple[_StatementPart, ...]) -> str:
    """All inserts, and the totals of the last one, which are the events, as parts of one statement. It fails by a division
    by zero unless every key was new (the first part says so) and the configuration's version is the expected one. Its
    parts see one snapshot and are one transaction.

    PostgreSQL completes the parts that nothing asks for from the last to the first. So the totals are locked in the order in
    which `add_sums` locks them, and none locks another out.
    """
    place = 1
    parts = []
    for table, columns, on_conflict, fixed in inserts:
        varying = [column for at, column in enumerate(columns) if at not in fixed]
        numbers = {at: f"${place + number}" for number, at in enumerate(sorted(fixed))}
        given = bulk.unnest(table, varying, first=place + len(fixed))
        place += len(columns)
        wanted = ", ".join(
            f"{numbers[at]}::{bulk.postgresql_type(table, column)} AS {column}" if at in fixed else f"given.{column}"
            for at, column in enumerate(columns)
        )
        parts.append((f"INSERT INTO {table} ({', '.join(columns)})", f"SELECT {wanted} FROM {given} {on_conflict}"))
    written = [f"{table}_in AS ({into} {rows})" for (table, *_), (into, rows) in zip(inserts, parts, strict=True)]
    into, rows = parts[-1]
    written[-1:] = [*reversed(_TOTALS), f"events_in AS ({into} SELECT {', '.join(inserts[-1][1])} FROM {_EVENTS})"]
    return (
        f"WITH {_EVENTS} AS ({rows}), {', '.join(written)} "
        f"SELECT 1 / CASE WHEN (SELECT count(*) FROM {inserts[0][0]}_in) = ${place}::bigint "
        f"AND (SELECT version FROM config) = ${place + 1}::bigint THEN 1 ELSE 0 END"
    )
