"""Statements that are compiled once: constant SQL whose parameters go to the driver, without SQLAlchemy's work per call."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import bulk

Values = Mapping[str, Any]
_DIALECTS: Mapping[str, Any] = {
    "sqlite": sqlite.dialect(paramstyle="named"),  # by name, so that a list that stands twice counts once
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy types it not
}
_MOST_DOUBLED = 512


class NeedsLoop(Exception):
    """Work in SQLite's thread needs the event loop: another statement than a prepared one, or a wait."""


class ThreadConnection:
    """SQLite's own connection, within its thread. It runs prepared statements alone."""

    dialect = _DIALECTS["sqlite"]

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    def __getattr__(self, name: str) -> Any:
        raise NeedsLoop(name)


def one(name: str) -> BindParameter[Any]:
    """Returns a parameter of a prepared statement."""
    return bindparam(name)


def many(name: str) -> BindParameter[Any]:
    """Returns a list among the parameters, for `in_`."""
    return bindparam(name, expanding=True)


class Prepared:
    """A statement with parameters (`one`, `many`), compiled once per database and per size of its lists.

    A list's last value is repeated up to one of a few sizes, so that few texts serve any length.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._compiled: dict[str, Any] = {}
        self._texts: dict[tuple[Any, ...], tuple[str, dict[str, Any], list[str] | None]] = {}

    def sql(self, dialect: str, values: Values) -> tuple[str, Any]:
        """Returns the text for a database, and its arguments: by name on SQLite, in order on PostgreSQL."""
        lists = [name for name, value in values.items() if type(value) is list]
        sizes = tuple([(name, bucket_size(len(values[name]))) for name in lists])
        known = self._texts.get((dialect, sizes))
        if known is None:
            known = self._texts[dialect, sizes] = self._expand(dialect, values, dict(sizes))
        text, constants, order = known
        arguments = {**constants, **values}
        for name, size in sizes:
            items = arguments.pop(name)
            for number in range(size):
                arguments[f"{name}_{number + 1}"] = items[number] if number < len(items) else items[-1]
        return text, arguments if order is None else [arguments[name] for name in order]

    def _expand(
        self, dialect: str, values: Values, sizes: Mapping[str, int]
    ) -> tuple[str, dict[str, Any], list[str] | None]:
        if dialect not in self._compiled:
            self._compiled[dialect] = self._statement.compile(dialect=_DIALECTS[dialect])
        compiled = self._compiled[dialect]
        given = {**values, **{name: [0] * size for name, size in sizes.items()}}
        state = compiled.construct_expanded_state({**dict.fromkeys(compiled.params), **compiled.params, **given})
        expanded = {f"{name}_{number + 1}" for name, size in sizes.items() for number in range(size)}
        constants = {
            name: value for name, value in state.parameters.items() if name not in values and name not in expanded
        }
        return state.statement, constants, state.positiontup


def bucket_size(length: int) -> int:
    """Returns the next of a few sizes."""
    if length <= _MOST_DOUBLED:
        return 1 << (length - 1).bit_length() if length else 0
    return -(-length // _MOST_DOUBLED) * _MOST_DOUBLED


async def rows(connection: AsyncConnection, statement: Prepared, values: Values) -> list[Any]:
    """Returns the rows of a statement as tuples. Raises SQLAlchemy's errors."""
    if isinstance(connection, ThreadConnection):
        text, arguments = statement.sql("sqlite", values)
        return connection.raw.execute(text, arguments).fetchall()
    if connection.dialect.name == "sqlite":
        return await bulk.on_sqlite(connection, [statement.sql("sqlite", values)])
    text, arguments = statement.sql("postgresql", values)
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():  # SQLAlchemy begins its transaction with this statement
        return [tuple(row) for row in await connection.exec_driver_sql(text, tuple(arguments))]
    found: list[Any] = await _on_postgresql(connection, text, lambda driver: driver.fetch(text, *arguments))
    return found


async def run_each(connection: AsyncConnection, statement: Prepared, each: Sequence[Values]) -> None:
    """Runs a statement without lists for each of some values. Raises SQLAlchemy's errors."""
    if not each:
        return
    dialect = connection.dialect.name
    text, _ = statement.sql(dialect, each[0])
    arguments = [statement.sql(dialect, values)[1] for values in each]
    if isinstance(connection, ThreadConnection):
        connection.raw.executemany(text, arguments)
    elif dialect == "sqlite":
        await bulk.on_sqlite(connection, [(text, one) for one in arguments])
    else:
        await _on_postgresql(connection, text, lambda driver: driver.executemany(text, arguments))


async def _on_postgresql(connection: AsyncConnection, text: str, work: Any) -> Any:
    import asyncpg

    driver = await bulk.driver(connection)
    try:
        return await work(driver)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise DBAPIError.instance(text, None, error, Exception) from error
