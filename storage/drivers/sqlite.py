"""SQLite's driver with one visit of its thread for each statement; aiosqlite alone takes four (make a cursor, execute,
fetch, close), and each wakes two threads.
"""

import sqlite3
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

Parameters = Sequence[Any]
_FIRST_ROWS = 200
_MOST_ROWS = 2**31 - 1  # that a cursor can be asked for


class _Cursor:
    """One statement's rows. The first are fetched as it is executed, and are mostly all."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection: Any = connection
        self._cursor: sqlite3.Cursor | None = None  # while it may have more rows
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Parameters = ()) -> None:
        await self._connection._execute(self._run, self._connection._conn.execute, statement, parameters)

    async def executemany(self, statement: str, parameters: Sequence[Parameters]) -> None:
        await self._connection._execute(self._run, self._connection._conn.executemany, statement, parameters)

    def _run(self, execute: Any, statement: str, parameters: Any) -> None:
        cursor: sqlite3.Cursor = execute(statement, parameters)
        self.description, self.lastrowid = cursor.description, cursor.lastrowid
        self._read(cursor, _FIRST_ROWS)

    def _read(self, cursor: sqlite3.Cursor, most: int) -> None:
        """Reads up to `most` more rows, and closes the cursor after the last one."""
        found = cursor.fetchmany(most)
        self._rows += found
        self.rowcount = cursor.rowcount  # right once all rows are fetched
        if len(found) == most:
            self._cursor = cursor
        else:
            cursor.close()
            self._cursor = None

    async def fetchall(self) -> list[Any]:
        return await self.fetchmany(sys.maxsize)

    async def fetchmany(self, size: int) -> list[Any]:
        if self._cursor is not None and len(self._rows) < size:
            await self._connection._execute(self._read, self._cursor, min(size - len(self._rows), _MOST_ROWS))
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        if self._cursor is not None:
            cursor, self._cursor = self._cursor, None
            await self._connection._execute(cursor.close)


class _Connection(aiosqlite.Connection):
    def cursor(self) -> Any:
        return _Cursor(self)


def connect(database: str, **options: Any) -> aiosqlite.Connection:
    """Returns a connection that is not open yet; its thread keeps no process from ending."""
    made = _Connection(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
    made._thread.daemon = True
    return made
