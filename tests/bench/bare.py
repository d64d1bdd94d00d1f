"""The bare database doing the same work: the rows the bot wrote, written again by the plain driver.

No HTTP, decoding, pricing, attribution or sums: rows and sums are made beforehand. The same tables, triggers,
durability, rows per transaction and number of writers as the bot's, and the quickest way the driver has: many rows a
statement on SQLite, array parameters and COPY on PostgreSQL.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from bot.periods import HOUR_MICROS
from storage.tables.base import COUNTER_COLUMNS, metadata
from tests.bench.databases import postgresql, sqlite_file

GROUP = 4_000
ROWS_PER_STATEMENT = 500
WRITERS = 2
Row = tuple[Any, ...]
_EVENTS = tuple(column.name for column in metadata.tables["usage_events"].columns)
_AMOUNTS = ("calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos")
_AT = {name: place for place, name in enumerate(_EVENTS)}
_SUMMARIZED = tuple(_AT[name] for name in _AMOUNTS[1:])
_WRITTEN_BY = (
    f"SELECT e.{', e.'.join(_EVENTS)}, k.fingerprint FROM usage_events e JOIN run_keys k USING (source_id, key_hash)"
)


class Group(NamedTuple):
    """What one transaction writes."""

    given: list[Row]
    keys: list[Row]
    events: list[Row]
    hours: list[Row]
    days: list[Row]
    teams: list[Row]


class Statement(NamedTuple):
    """An insert into a table, its columns and what it does about a row that is there."""

    table: str
    columns: tuple[str, ...]
    on_conflict: str


def _adding(table: str, key: tuple[str, ...], amounts: tuple[str, ...]) -> Statement:
    summed = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in amounts)
    return Statement(table, (*key, *amounts), f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {summed}")


STATEMENTS = (
    Statement("run_keys", ("run", "source_id", "key_hash", "fingerprint", "occurred_at"), "ON CONFLICT DO NOTHING"),
    Statement("usage_events", _EVENTS, ""),
    _adding("usage_hours", ("team_id", "hour", "series_id"), _AMOUNTS),
    _adding("usage_days", ("team_id", "local_day", "series_id"), _AMOUNTS),
    _adding("team_changes", ("team_id",), ("version",)),
)


async def written_by_bot(url: str, *, prefix: str) -> list[Group]:
    """The rows of the events whose id begins so, as the bot left them in its database, in groups."""
    if url.startswith("sqlite"):
        plain = sqlite3.connect(sqlite_file(url))
        rows = plain.execute(f"{_WRITTEN_BY} WHERE e.event_id LIKE ? ORDER BY e.rowid", (f"{prefix}%",)).fetchall()
        plain.close()
    else:
        connection = await postgresql(url)
        found = await connection.fetch(f"{_WRITTEN_BY} WHERE e.event_id LIKE $1 ORDER BY e.received_at", f"{prefix}%")
        rows = [tuple(row) for row in found]
        await connection.close()
    return [_group(rows[start : start + GROUP]) for start in range(0, len(rows), GROUP)]


def _group(rows: Sequence[Row]) -> Group:
    events = [row[:-1] for row in rows]
    return Group(
        given=list(rows),
        keys=sorted(  # all in one run: the usual table of keys
            (1, row[_AT["source_id"]], row[_AT["key_hash"]], row[-1], row[_AT["occurred_at"]]) for row in rows
        ),
        events=events,
        hours=_sums(
            (row[_AT["team_id"]], row[_AT["occurred_at"]] // HOUR_MICROS, row[_AT["series_id"]], row) for row in events
        ),
        days=_sums((row[_AT["team_id"]], row[_AT["local_day"]], row[_AT["series_id"]], row) for row in events),
        teams=[(team, 1) for team in sorted({row[_AT["team_id"]] for row in events})],
    )


def _sums(keyed: Any) -> list[Row]:
    sums: dict[Row, list[int]] = {}
    for team, bucket, series, row in keyed:
        there = sums.setdefault((team, bucket, series), [0] * len(_AMOUNTS))
        for i, amount in enumerate((1, *(row[place] for place in _SUMMARIZED))):
            there[i] += amount
    return [(*at, *sums[at]) for at in sorted(sums)]


def sqlite_seconds(url: str, groups: Sequence[Group]) -> float:
    """Writes all groups by one connection, each in a transaction that is on disk before the next begins."""
    connection = sqlite3.connect(sqlite_file(url), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    began = time.perf_counter()
    for group in groups:
        connection.execute("BEGIN IMMEDIATE")
        for statement, rows in zip(STATEMENTS, group[1:], strict=True):
            for start in range(0, len(rows), ROWS_PER_STATEMENT):
                piece = rows[start : start + ROWS_PER_STATEMENT]
                connection.execute(_sqlite_statement(statement, len(piece)), [*chain.from_iterable(piece)])
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


@lru_cache
def _sqlite_statement(statement: Statement, rows: int) -> str:
    marks = ", ".join([f"({', '.join('?' * len(statement.columns))})"] * rows)
    return f"INSERT INTO {statement.table} ({', '.join(statement.columns)}) VALUES {marks} {statement.on_conflict}"


async def postgresql_seconds(url: str, groups: Sequence[Group]) -> float:
    """Writes all groups by two connections, a statement per table and group."""
    written_out = {statement.table: _postgresql_statement(statement) for statement in STATEMENTS}
    waiting = list(groups)[::-1]
    connections = [await postgresql(url) for _ in range(WRITERS)]
    await partition(connections[0], groups)

    async def write_on(connection: Any) -> None:
        while waiting:
            group = waiting.pop()
            async with connection.transaction():
                for (table, columns, _), rows in zip(STATEMENTS, group[1:], strict=True):
                    if table == "usage_events":
                        await connection.copy_records_to_table(table, records=rows, columns=columns)
                    else:
                        await connection.execute(written_out[table], *zip(*rows, strict=True))

    began = time.perf_counter()
    await asyncio.gather(*map(write_on, connections))
    seconds = time.perf_counter() - began
    for connection in connections:
        await connection.close()
    return seconds


async def partition(connection: Any, groups: Sequence[Group]) -> None:
    """Makes the one partition that the events of all groups are in."""
    moments = {row[_AT["occurred_at"]] // HOUR_MICROS for group in groups for row in group.events}
    bounds = f"FROM ({min(moments) * HOUR_MICROS}) TO ({(max(moments) + 1) * HOUR_MICROS})"
    await connection.execute(f"CREATE TABLE usage_events_bench PARTITION OF usage_events FOR VALUES {bounds}")


def _postgresql_statement(statement: Statement) -> str:
    types = [str(metadata.tables[statement.table].c[name].type) for name in statement.columns]
    spelled = [{"TEXT": "text", "BLOB": "bytea"}.get(name, "bigint") for name in types]
    arrays = ", ".join(f"${i}::{name}[]" for i, name in enumerate(spelled, 1))
    into = f"INSERT INTO {statement.table} ({', '.join(statement.columns)})"
    return f"{into} SELECT * FROM unnest({arrays}) {statement.on_conflict}"
