"""Many rows at once: insert-once, upserts and look-ups, by array parameters on PostgreSQL and executemany on SQLite.

No ORM and no statement per row here: this is the hot path. Table and column names come from the code alone.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import metadata

Rows = Sequence[tuple[Any, ...]]
_CHUNK = 8_000  # SQLite takes 32,766 parameters a statement


def _is_postgresql(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "postgresql"


async def _driver(connection: AsyncConnection) -> Any:
    """asyncpg's own connection, in SQLAlchemy's transaction. That begins at the first statement which SQLAlchemy sends: without
    one, each statement sent past it would be committed by itself."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():
        await connection.exec_driver_sql("SELECT 1")
    return driver


def _unnest(table: str, columns: Sequence[str]) -> str:
    types = [_postgresql_type(table, column) for column in columns]
    return f"unnest({', '.join(f'${i}::{t}[]' for i, t in enumerate(types, 1))}) AS given({', '.join(columns)})"


def _postgresql_type(table: str, column: str) -> str:
    return {"TEXT": "text", "BLOB": "bytea", "BYTEA": "bytea"}.get(str(metadata.tables[table].c[column].type), "bigint")


def _arrays(rows: Rows) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def insert(connection: AsyncConnection, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Inserts rows; a conflict is an error."""
    if not rows:
        return
    if _is_postgresql(connection):
        statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {_unnest(table, columns)}"
        await (await _driver(connection)).execute(statement, *_arrays(rows))
        return
    marks = ", ".join("?" * len(columns))
    await connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(rows))


async def insert_missing(
    connection: AsyncConnection, table: str, columns: Sequence[str], key: Sequence[str], rows: Rows
) -> set[tuple[Any, ...]]:
    """Inserts the rows whose key is not there yet, and returns the keys of those. Keys within `rows` are distinct.

    Safe against others doing the same: PostgreSQL decides by its index, SQLite by its one writer.
    """
    if not rows:
        return set()
    if _is_postgresql(connection):
        statement = (
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {_unnest(table, columns)} "
            f"ON CONFLICT ({', '.join(key)}) DO NOTHING RETURNING {', '.join(key)}"
        )
        return {tuple(found) for found in await (await _driver(connection)).fetch(statement, *_arrays(rows))}
    places = [columns.index(name) for name in key]
    keyed = {tuple(row[i] for i in places): row for row in rows}
    there = {tuple(found) for found in await select(connection, table, key, key, list(keyed))}
    missing = [row for at, row in keyed.items() if at not in there]
    await insert(connection, table, columns, missing)
    return {at for at in keyed if at not in there}


async def select(
    connection: AsyncConnection, table: str, columns: Sequence[str], key: Sequence[str], keys: Rows
) -> list[tuple[Any, ...]]:
    """The columns of the rows whose key is one of `keys`."""
    if not keys:
        return []
    wanted = ", ".join(f"{table}.{column}" for column in columns)
    if _is_postgresql(connection):
        joined = " AND ".join(f"{table}.{column} = given.{column}" for column in key)
        statement = f"SELECT {wanted} FROM {_unnest(table, key)} JOIN {table} ON {joined}"
        return [tuple(found) for found in await (await _driver(connection)).fetch(statement, *_arrays(keys))]
    found: list[tuple[Any, ...]] = []
    step = _CHUNK // len(key)
    for start in range(0, len(keys), step):
        chunk = keys[start : start + step]
        rows_of_marks = ", ".join([f"({', '.join('?' * len(key))})"] * len(chunk))
        statement = f"SELECT {wanted} FROM {table} WHERE ({', '.join(key)}) IN (VALUES {rows_of_marks})"
        result = await connection.exec_driver_sql(statement, tuple(value for given in chunk for value in given))
        found += [tuple(row) for row in result]
    return found


async def add(connection: AsyncConnection, table: str, key: Sequence[str], amounts: Sequence[str], rows: Rows) -> None:
    """Adds amounts to the rows of a rollup, which begin at zero. Rows come in key order, so that two writers can't lock
    each other out; their keys are distinct."""
    if not rows:
        return
    columns = (*key, *amounts)
    summed = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in amounts)
    tail = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {summed}"
    if _is_postgresql(connection):
        statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {_unnest(table, columns)} {tail}"
        await (await _driver(connection)).execute(statement, *_arrays(rows))
        return
    marks = ", ".join("?" * len(columns))
    await connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) {tail}", list(rows))
