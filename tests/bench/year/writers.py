"""Plain drivers that write a year's rows quickly: nothing is durable before the end, and a year begun is made again."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from storage.bulk import adding, postgresql_type
from tests.bench.databases import postgresql, sqlite_file
from tests.bench.year.runs import Rows


class Writer(ABC):
    """Writes rows into a database that nobody else uses."""

    @abstractmethod
    async def write(self, pieces: Sequence[Rows]) -> None:
        """Writes rows of several tables."""

    @abstractmethod
    async def close(self) -> None:
        """Makes all rows durable, and what the database knows of its tables new."""


class SqliteWriter(Writer):
    """One connection without a journal."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(sqlite_file(url), isolation_level=None)
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=OFF", "synchronous=OFF", "cache_size=-1500000"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def write(self, pieces: Sequence[Rows]) -> None:
        self._connection.execute("BEGIN")
        for piece in pieces:
            marks = ", ".join("?" * len(piece.columns))
            into = f"INSERT INTO {piece.table} ({', '.join(piece.columns)}) VALUES ({marks})"
            self._connection.executemany(f"{into} {_adding(piece)}", piece.rows)
        self._connection.execute("COMMIT")

    async def close(self) -> None:
        for pragma in ("synchronous=FULL", "journal_mode=DELETE", "user_version=0"):  # the last is written, and synced
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.close()


class PostgresqlWriter(Writer):
    """One connection that copies."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def write(self, pieces: Sequence[Rows]) -> None:
        for piece in pieces:
            if not piece.key:
                await self._connection.copy_records_to_table(piece.table, records=piece.rows, columns=piece.columns)
                continue
            types = (f"${at}::{postgresql_type(piece.table, name)}[]" for at, name in enumerate(piece.columns, 1))
            into = f"INSERT INTO {piece.table} ({', '.join(piece.columns)}) SELECT * FROM unnest({', '.join(types)})"
            await self._connection.execute(f"{into} {_adding(piece)}", *zip(*piece.rows, strict=True))

    async def close(self) -> None:
        await self._connection.execute("VACUUM ANALYZE")
        await self._connection.execute("CHECKPOINT")
        await self._connection.close()


def _adding(piece: Rows) -> str:
    if not piece.key:
        return ""
    return adding(piece.table, piece.key, [name for name in piece.columns if name not in piece.key])


async def writer(url: str) -> Writer:
    """Returns the writer for a database's address."""
    if url.startswith("sqlite"):
        return SqliteWriter(url)
    connection = await postgresql(url)
    await connection.execute("SET synchronous_commit = off")
    return PostgresqlWriter(connection)
