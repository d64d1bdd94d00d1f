"""Many rows at once: insert-once, upserts and look-ups. The hot path uses no ORM and no statement per row.

On PostgreSQL rows go as array parameters, or by COPY where no conflict is possible. On SQLite one statement holds many
rows, so that the driver works through them without taking Python's lock for each. Table and column names come from the
code alone.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.drivers.columns import Folded, Rows, folded
from storage.tables.base import metadata

__all__ = ["Folded", "Rows", "folded"]  # beside what follows
_MOST_PARAMETERS = 32_766  # parameters of one SQLite statement


def _is_postgresql(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "postgresql"


async def driver(connection: AsyncConnection) -> Any:
    """Returns asyncpg's own connection, in SQLAlchemy's transaction.

    SQLAlchemy begins its transaction at its first statement. Without one, each statement sent past it would commit by
    itself.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():
        await connection.exec_driver_sql("SELECT 1")
    return driver


def unnest(table: str, columns: Sequence[str], *, first: int = 1) -> str:
    """Returns SQL that unnests one array parameter per column into rows; the first parameter is `$first`."""
    types = [postgresql_type(table, column) for column in columns]
    return f"unnest({', '.join(f'${i}::{t}[]' for i, t in enumerate(types, first))}) AS given({', '.join(columns)})"


def postgresql_type(table: str, column: str) -> str:
    return {"TEXT": "text", "BLOB": "bytea", "BYTEA": "bytea"}.get(str(metadata.tables[table].c[column].type), "bigint")


def _arrays(rows: Rows) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True))


def arrays(rows: Rows, columns: int) -> list[tuple[Any, ...]]:
    """Returns the columns of rows, also of none."""
    return _arrays(rows) if rows else [()] * columns


def pieces(rows: Rows) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yields rows in pieces that fit one SQLite statement, each as its row count and its flat values.

    Sizes are powers of two, so that few statements serve any number of rows and stay prepared.
    """
    if not rows:
        return
    largest = 1 << (_MOST_PARAMETERS // len(rows[0])).bit_length() - 1
    start = 0
    while start < len(rows):
        size = min(largest, 1 << (len(rows) - start).bit_length() - 1)
        yield size, tuple(chain.from_iterable(rows[start : start + size]))
        start += size


@lru_cache(maxsize=512)
def marks(rows: int, columns: int, fixed: int = 0) -> str:
    """Returns SQLite's placeholders for values, such as `(?, ?), (?, ?)`.

    The first `fixed` columns use the same parameters in all rows: `(?1, ?), (?1, ?)`.
    """
    row = ", ".join([*(f"?{number}" for number in range(1, fixed + 1)), *["?"] * (columns - fixed)])
    return ", ".join([f"({row})"] * rows)


def padded(rows: Folded, count: int) -> Iterator[tuple[int, list[Any]]]:
    """Yields folded rows in as few SQLite statements as possible: each as its size and its flat values.

    The values are the shared ones, all rows' values, and the number of real rows. Each statement waits for Python's
    lock, so the last one is padded to a power of two with zeros, which the statement's LIMIT leaves out.
    """
    width = len(rows.columns)
    columns = [list(map(bytearray, column)) if type(column[0]) is bytes else column for column in rows.columns]
    largest = 1 << ((_MOST_PARAMETERS - len(rows.values) - 1) // max(width, 1)).bit_length() - 1
    start = 0
    while start < count:
        left = count - start
        size = min(largest, 1 << left.bit_length() - 1)
        if start and size < left:
            size = min(largest, 2 * size)
        taken = min(size, left)
        line: list[Any] = [0] * (size * width)
        for place, column in enumerate(columns):
            line[place : taken * width : width] = column[start : start + taken]
        yield size, [*rows.values, *line, taken]
        start += size


async def on_sqlite(connection: AsyncConnection, statements: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Any]:
    """Runs statements in the connection's thread in one visit, and returns their rows; SQLAlchemy would take three or
    four visits for each.

    Raises SQLAlchemy's errors.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection

    def work() -> list[Any]:
        found: list[Any] = []
        for statement, values in statements:
            found += driver._conn.execute(statement, values).fetchall()
        return found

    try:
        rows: list[Any] = await driver._execute(work)
    except sqlite3.Error as error:
        raise DBAPIError.instance(statements[0][0], None, error, sqlite3.Error) from error
    return rows


async def _insert_into_sqlite(
    connection: AsyncConnection, table: str, columns: Sequence[str], rows: Rows, tail: str = ""
) -> list[Any]:
    into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
    statements = [(f"{into}{marks(count, len(columns))}{tail}", values) for count, values in pieces(rows)]
    return await on_sqlite(connection, statements)


async def insert(connection: AsyncConnection, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Inserts rows; a conflict is an error."""
    if not rows:
        return
    if _is_postgresql(connection):
        await (await driver(connection)).copy_records_to_table(table, records=rows, columns=columns)
        return
    await _insert_into_sqlite(connection, table, columns, rows)


async def insert_missing(
    connection: AsyncConnection, table: str, columns: Sequence[str], key: Sequence[str], rows: Rows
) -> set[tuple[Any, ...]]:
    """Inserts the rows whose key is missing, and returns their keys. Keys within `rows` are distinct.

    Safe under concurrency: PostgreSQL decides by its index, SQLite by its one writer.
    """
    return set(await _insert_new(connection, table, columns, key, rows, returning=key))


async def ids_of(connection: AsyncConnection, table: str, key: Sequence[str], keys: Rows) -> dict[Any, int]:
    """Returns the id of each row that consists of a key; inserts the missing ones. Keys are distinct."""
    found = await _insert_new(connection, table, key, key, keys, returning=(*key, "id"))
    if len(found) < len(keys):
        new = {row[:-1] for row in found}
        found += await select(connection, table, (*key, "id"), key, [one for one in keys if one not in new])
    return {row[:-1]: int(row[-1]) for row in found}


async def insert_returning(
    connection: AsyncConnection, table: str, columns: Sequence[str], rows: Rows
) -> list[tuple[Any, ...]]:
    """Inserts rows, and returns the columns of each with its id, in any order; a conflict is an error."""
    return await _insert_new(connection, table, columns, (), rows, returning=(*columns, "id"))


async def _insert_new(
    connection: AsyncConnection,
    table: str,
    columns: Sequence[str],
    key: Sequence[str],
    rows: Rows,
    *,
    returning: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Inserts the rows whose key is missing, all without a key, and returns columns of them."""
    if not rows:
        return []
    once = f" ON CONFLICT ({', '.join(key)}) DO NOTHING" if key else ""
    tail = f"{once} RETURNING {', '.join(returning)}"
    if _is_postgresql(connection):
        statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {unnest(table, columns)}{tail}"
        return [tuple(found) for found in await (await driver(connection)).fetch(statement, *_arrays(rows))]
    return await _insert_into_sqlite(connection, table, columns, rows, tail)


async def select(
    connection: AsyncConnection, table: str, columns: Sequence[str], key: Sequence[str], keys: Rows
) -> list[tuple[Any, ...]]:
    """Returns the columns of the rows with one of the keys."""
    if not keys:
        return []
    selected = ", ".join(f"{table}.{column}" for column in columns)
    if _is_postgresql(connection):
        joined = " AND ".join(f"{table}.{column} = given.{column}" for column in key)
        statement = f"SELECT {selected} FROM {unnest(table, key)} JOIN {table} ON {joined}"
        return [tuple(found) for found in await (await driver(connection)).fetch(statement, *_arrays(keys))]
    # CROSS JOIN keeps SQLite to this order: each given key is looked up, where `IN (VALUES …)` would scan the table.
    matched = " AND ".join(f"{table}.{column} = given.column{place}" for place, column in enumerate(key, 1))
    tail = f") AS given CROSS JOIN {table} ON {matched}"
    select_from = f"SELECT {selected} FROM (VALUES "
    statements = [(f"{select_from}{marks(count, len(key))}{tail}", values) for count, values in pieces(keys)]
    return await on_sqlite(connection, statements)


Numbers = NDArray[np.int64]
"""Columns of whole numbers, as an array of shape (columns, rows)."""


async def numbers_since(
    connection: AsyncConnection,
    table: str,
    columns: Sequence[str],
    key: Sequence[str],
    since: Sequence[tuple[int, int]],
) -> Numbers:
    """Returns number columns of rows whose key starts with a given first part and continues at or above its second
    part. A column may be a sum of columns, such as `input+output`.

    Made for millions of rows: PostgreSQL creates no Python object per row, SQLite one tuple.
    """
    if not since:
        return np.empty((len(columns), 0), dtype=np.int64)
    selected = ", ".join(f"{table}.{column}" for column in columns)
    matched = f"{table}.{key[0]} = given.column1 AND {table}.{key[1]} >= given.column2"
    if _is_postgresql(connection):
        packed = bytearray()
        given = "unnest($1::bigint[], $2::bigint[]) AS given(column1, column2)"
        # OFFSET keeps PostgreSQL to this order: each key's rows by the index, where a join would read the table.
        looked_up = f"LATERAL (SELECT * FROM {table} WHERE {matched} OFFSET 0) AS {table}"
        await (await driver(connection)).copy_from_query(
            f"SELECT {selected} FROM {given} CROSS JOIN {looked_up}",
            *_arrays(since),
            output=_appending(packed),
            format="binary",
        )
        return _unpacked(packed, len(columns))
    select_from = f"SELECT {selected} FROM (VALUES "
    tail = f") AS given CROSS JOIN {table} ON {matched}"
    statements = [(f"{select_from}{marks(count, 2)}{tail}", values) for count, values in pieces(since)]
    rows = await on_sqlite(connection, statements)
    return np.array(rows, dtype=np.int64).reshape(-1, len(columns)).T


def _appending(packed: bytearray) -> Any:
    async def write(data: bytes) -> None:
        packed.extend(data)

    return write


def _unpacked(packed: bytearray, columns: int) -> Numbers:
    """Decodes PostgreSQL's binary COPY of bigints without nulls: each row has its field count, each field its length.

    https://www.postgresql.org/docs/current/sql-copy.html
    """
    head, tail = 19, 2  # the signature, flags and no extension; a last row of -1 fields
    row = np.dtype([("fields", ">i2"), *((f"{part}{at}", kind) for at in range(columns) for part, kind in _FIELD)])
    rows = np.frombuffer(packed, dtype=row, offset=head, count=(len(packed) - head - tail) // row.itemsize)
    return np.stack([rows[f"value{at}"] for at in range(columns)]).astype(np.int64)


_FIELD = (("length", ">i4"), ("value", ">i8"))


def adding(table: str, key: Sequence[str], amounts: Sequence[str]) -> str:
    """Returns an ON CONFLICT clause that adds the amounts to the existing row."""
    summed = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in amounts)
    return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {summed}"


async def add(connection: AsyncConnection, table: str, key: Sequence[str], amounts: Sequence[str], rows: Rows) -> None:
    """Adds amounts to the rows of a rollup, which start at zero.

    Rows come in key order with distinct keys, so that two writers can't deadlock.
    """
    await upsert(connection, table, (*key, *amounts), rows, adding(table, key, amounts))


async def upsert(connection: AsyncConnection, table: str, columns: Sequence[str], rows: Rows, on_conflict: str) -> None:
    """Inserts rows of distinct keys in key order, and applies `on_conflict` to existing rows."""
    if not rows:
        return
    tail = f" {on_conflict}"
    if _is_postgresql(connection):
        statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {unnest(table, columns)}{tail}"
        await (await driver(connection)).execute(statement, *_arrays(rows))
        return
    await _insert_into_sqlite(connection, table, columns, rows, tail)
