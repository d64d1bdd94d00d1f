"""The fast path on PostgreSQL: one statement for a group, in one visit to the database."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import bulk
from storage.intake import pending
from storage.intake.event_keys.inserts import KEY_OF, KeysInsert
from storage.intake.groups.fast_writer import FastWriter
from storage.intake.rollups import Insert, totals


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
        self,
        keys: KeysInsert,
        events: Insert,
        others: Sequence[Insert],
        *,
        version: int,
        deferred_at: int | None = None,
    ) -> bool:
        import asyncpg

        if self._driver is None:
            self._connection = await self._engine.connect()
            self._driver = (await self._connection.get_raw_connection()).driver_connection
        inserts = [
            keys.insert._replace(on_conflict=_ONCE),
            *(insert for insert in reversed(others) if insert.rows),
            events,
        ]
        found = [bulk.folded(insert.rows) for insert in inserts]
        parts = tuple(
            (insert.table, insert.columns, insert.on_conflict, rows.fixed)
            for insert, rows in zip(inserts, found, strict=True)
        )
        statement = _statement(parts, is_deferred=deferred_at is not None)
        values = chain(*((*rows.values, *rows.columns) for rows in found))
        deferred = () if deferred_at is None else (deferred_at,)
        try:
            suspects = (*bulk.arrays(keys.suspects.in_runs, 3), *bulk.arrays(keys.suspects.in_old, 2))
            asked = (len(keys.insert.rows), version, *deferred, keys.token, *suspects)
            await self._driver.execute(statement, *values, *asked)
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


_EVENTS, _HELD = "given_events", "held_state"
_TOTALS = tuple(f"{total.table}_in AS ({total.statement})" for total in totals(_EVENTS))


@lru_cache(maxsize=256)
def _statement(inserts: tuple[_StatementPart, ...], *, is_deferred: bool) -> str:
    """Returns one statement with all inserts and the totals of the last one, the events, or what they wait by.

    It fails by a division by zero unless every key of the first insert is new, the keys' state has the expected token and
    the configuration the expected version. Its parts see one snapshot in one transaction, but the row of the keys' state
    is locked as it is now, before a key is written.

    PostgreSQL runs unreferenced parts from the last to the first. So totals are locked in the order of `add_sums`, and
    no deadlock is possible.
    """
    place = 1
    parts: list[tuple[str, str]] = []
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
        given += "" if parts else f" CROSS JOIN {_HELD}"
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
    after = place + 2 + is_deferred
    totals_in = [deferred] if is_deferred else [*reversed(_TOTALS)]
    written[-1:] = [*totals_in, f"events_in AS ({into} SELECT {', '.join(columns)} FROM {_EVENTS})"]
    return (
        f"WITH {_HELD} AS (SELECT FROM key_state WHERE token = ${after}::bigint FOR SHARE), "
        f"{_EVENTS} AS ({rows}), {', '.join(written)} "
        f"SELECT 1 / CASE WHEN (SELECT count(*) FROM {inserts[0][0]}_in) = ${place}::bigint "
        f"AND (SELECT version FROM config) = ${place + 1}::bigint "
        f"{_none_there('run_keys', after + 1)} {_none_there('event_keys', after + 4)} THEN 1 ELSE 0 END"
    )


def _none_there(table: str, place: int) -> str:
    """Returns the condition that a table has none of the keys that may be in it."""
    columns = KEY_OF[table]
    matched = " AND ".join(f"{table}.{column} = given.{column}" for column in columns)
    # OFFSET keeps PostgreSQL to this order: each key by the index, where a join may read the table.
    there = f"LATERAL (SELECT FROM {table} WHERE {matched} OFFSET 0) AS there"
    return f"AND NOT EXISTS (SELECT FROM {bulk.unnest(table, columns, first=place)} CROSS JOIN {there})"
