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
from functools import partial

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.intake.known_keys import Suspects
from storage import bulk
from storage.drivers.fifo import FifoLock
from storage.engine import set_pragmas
from storage.intake import pending
from storage.intake.event_keys.inserts import KEY_OF, KeysInsert
from storage.intake.rollups import Insert, sqlite_totals


class FastWriter(ABC):
    """The fast path of one writer; not for two tasks at once."""

    @abstractmethod
    async def write(
        self,
        keys: KeysInsert,
        events: Insert,
        others: Sequence[Insert],
        *,
        version: int,
        deferred_at: int | None = None,
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
_SQLITE_TOTALS = sqlite_totals("usage_events WHERE rowid > ?1")
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
        self,
        keys: KeysInsert,
        events: Insert,
        others: Sequence[Insert],
        *,
        version: int,
        deferred_at: int | None = None,
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
        self, keys: KeysInsert, events: Insert, others: Sequence[Insert], version: int, deferred_at: int | None
    ) -> bool:
        with self._transaction() as connection:
            found = connection.execute("SELECT version, token FROM config, key_state").fetchone()
            if (
                found != (version, keys.token)
                or self._any_there(keys.suspects)
                or self._insert(keys.insert) != len(keys.insert.rows)
            ):
                connection.execute("ROLLBACK")
                return False
            (last,) = connection.execute(_LAST_EVENT).fetchone()
            self._insert(events)
            if deferred_at is None:
                for statement in _SQLITE_TOTALS:
                    connection.execute(statement, (last,) if "?1" in statement else ())
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
                    connection.execute(statement, (taken[0], taken[-1]) if "?1" in statement else ())
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

    def _any_there(self, suspects: Suspects) -> bool:
        """Returns True if one of the keys is where it may be."""
        assert self._connection is not None
        for table, rows in (("run_keys", suspects.in_runs), ("event_keys", suspects.in_old)):
            columns = KEY_OF[table]
            matched = " AND ".join(f"{table}.{name} = given.column{at}" for at, name in enumerate(columns, 1))
            for count, values in bulk.pieces(rows):
                given = f"(VALUES {bulk.marks(count, len(columns))}) AS given"
                statement = f"SELECT 1 FROM {given} CROSS JOIN {table} ON {matched} LIMIT 1"
                if self._connection.execute(statement, values).fetchone() is not None:
                    return True
        return False

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
