"""The fast path into the books, for a group of new events with known people and series: one visit to the database.

Each wait for the database also waits for the event loop, which reads the next bodies meanwhile. So the eight steps of a
transaction of `storage/intake/usage.py` are one statement on PostgreSQL, and one call of the connection's thread on
SQLite. It writes all or nothing: if a key exists, or the configuration changed since the group was decided, it writes
nothing, and the caller takes the full path.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial

from bot.intake.known_keys import Suspects
from storage import bulk
from storage.drivers.fifo import FifoLock
from storage.intake import pending
from storage.intake.event_keys.inserts import KEY_OF, KeysInsert
from storage.intake.rollups import Insert, sqlite_totals
from storage.sqlite_thread import SqliteThread


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
    """A connection in its own thread; a second write queues there behind the first."""

    def __init__(self, url: str, lock: FifoLock) -> None:
        # A prepared statement of thousands of rows takes a megabyte.
        self._thread = SqliteThread(url, lock, name="express", cached_statements=48)

    async def write(
        self,
        keys: KeysInsert,
        events: Insert,
        others: Sequence[Insert],
        *,
        version: int,
        deferred_at: int | None = None,
    ) -> bool:
        return await self._thread.in_turn(partial(self._write, keys, events, others, version, deferred_at))

    async def fold(self) -> bool:
        return await self._thread.in_turn(self._fold)

    def _write(
        self, keys: KeysInsert, events: Insert, others: Sequence[Insert], version: int, deferred_at: int | None
    ) -> bool:
        with self._thread.transaction() as connection:
            found = connection.execute("SELECT version, token FROM config, key_state").fetchone()
            if (
                found != (version, keys.token)
                or _any_there(connection, keys.suspects)
                or _insert(connection, keys.insert) != len(keys.insert.rows)
            ):
                connection.execute("ROLLBACK")
                return False
            (last,) = connection.execute(_LAST_EVENT).fetchone()
            _insert(connection, events)
            if deferred_at is None:
                for statement in _SQLITE_TOTALS:
                    connection.execute(statement, (last,) if "?1" in statement else ())
            elif events.rows:
                connection.execute(_SQLITE_DEFER, (deferred_at, len(events.rows), last + 1))
            for other in others:
                _insert(connection, other)
        return True

    def _fold(self) -> bool:
        with self._thread.transaction() as connection:
            waiting = connection.execute(pending.WAITING).fetchall()
            if taken := pending.next_fold(waiting):
                for statement in pending.SQLITE_FOLD:
                    connection.execute(statement, (taken[0], taken[-1]) if "?1" in statement else ())
        return len(taken) < len(waiting)

    async def close(self) -> None:
        await self._thread.close()


def _any_there(connection: sqlite3.Connection, suspects: Suspects) -> bool:
    """Returns True if one of the keys is where it may be."""
    for table, rows in (("run_keys", suspects.in_runs), ("event_keys", suspects.in_old)):
        columns = KEY_OF[table]
        matched = " AND ".join(f"{table}.{name} = given.column{at}" for at, name in enumerate(columns, 1))
        for count, values in bulk.pieces(rows):
            given = f"(VALUES {bulk.marks(count, len(columns))}) AS given"
            statement = f"SELECT 1 FROM {given} CROSS JOIN {table} ON {matched} LIMIT 1"
            if connection.execute(statement, values).fetchone() is not None:
                return True
    return False


def _insert(connection: sqlite3.Connection, insert: Insert) -> int:
    if not insert.rows:
        return 0
    written, rows, columns = 0, bulk.folded(insert.rows), insert.columns
    ordered = [columns[at] for at in sorted(rows.fixed)]
    ordered += [column for at, column in enumerate(columns) if at not in rows.fixed]
    into = f"INSERT INTO {insert.table} ({', '.join(ordered)}) SELECT * FROM (VALUES "
    for size, values in bulk.padded(rows, len(insert.rows)):
        marks = bulk.marks(size, len(columns), len(rows.values))
        statement = f"{into}{marks}) LIMIT ?{len(values)} {insert.on_conflict}"
        written += connection.execute(statement, values).rowcount
    return written
