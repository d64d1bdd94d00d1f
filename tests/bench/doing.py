"""The bare database doing insert-once and rollup itself: plain event rows in, and SQL for all that follows from them.

No HTTP, decoding, pricing or attribution. The rows go in as parameters; which of them are new, and what their hours and
days sum to, is the database's work, as in the bot's transactions it is the bot's and the database's together. The same
tables, triggers, durability, rows per transaction and number of writers as the bot's.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from itertools import chain
from typing import Any

from bot.periods import HOUR_MICROS
from storage.tables.base import COUNTER_COLUMNS, metadata
from tests.bench.bare import ROWS_PER_STATEMENT, WRITERS, Group, partition
from tests.bench.databases import postgresql, sqlite_file

_EVENTS = tuple(column.name for column in metadata.tables["usage_events"].columns)
_GIVEN = (*_EVENTS, "fingerprint")
_AMOUNTS = ("calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos")
_KEY = "source_id, key_hash"


def _rollup(table: str, bucket: str, of_event: str, new: str, cast: str = "") -> str:
    sums = ", ".join(f"sum({name}){cast}" for name in _AMOUNTS[1:])
    adds = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in _AMOUNTS)
    return (
        f"INSERT INTO {table} (team_id, {bucket}, series_id, {', '.join(_AMOUNTS)}) "
        f"SELECT team_id, {of_event}, series_id, count(*), {sums} FROM {new} WHERE true GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 "
        f"ON CONFLICT (team_id, {bucket}, series_id) DO UPDATE SET {adds}"
    )


def _changes(new: str) -> str:
    return (
        f"INSERT INTO team_changes (team_id, version) SELECT team_id, 1 FROM {new} WHERE true GROUP BY 1 ORDER BY 1 "
        "ON CONFLICT (team_id) DO UPDATE SET version = team_changes.version + excluded.version"
    )


def sqlite_doing_seconds(url: str, groups: Sequence[Group]) -> float:
    """Writes all groups by one connection, each in a transaction that is on disk before the next begins."""
    connection = sqlite3.connect(sqlite_file(url), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(f"CREATE TEMP TABLE given ({', '.join(_GIVEN)})")
    connection.execute(f"CREATE TEMP TABLE fresh ({', '.join(_GIVEN)})")
    into = ", ".join(_EVENTS)
    known = "SELECT 1 FROM run_keys k WHERE k.run = 1 AND k.source_id = g.source_id AND k.key_hash = g.key_hash"
    statements = (
        f"INSERT INTO fresh SELECT * FROM given g WHERE NOT EXISTS ({known})",
        f"INSERT INTO run_keys SELECT 1, {_KEY}, fingerprint, occurred_at FROM fresh ORDER BY 2, 3",
        f"INSERT INTO usage_events ({into}) SELECT {into} FROM fresh",
        _rollup("usage_hours", "hour", f"occurred_at / {HOUR_MICROS}", "fresh"),
        _rollup("usage_days", "local_day", "local_day", "fresh"),
        _changes("fresh"),
        "DELETE FROM given",
        "DELETE FROM fresh",
    )
    mark = f"({', '.join('?' * len(_GIVEN))})"
    began = time.perf_counter()
    for group in groups:
        connection.execute("BEGIN IMMEDIATE")
        for start in range(0, len(group.given), ROWS_PER_STATEMENT):
            piece = group.given[start : start + ROWS_PER_STATEMENT]
            values = [*chain.from_iterable(piece)]
            connection.execute(f"INSERT INTO given VALUES {', '.join([mark] * len(piece))}", values)
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


async def postgresql_doing_seconds(url: str, groups: Sequence[Group]) -> float:
    """Writes all groups by two connections, one statement a group."""
    statement = _postgresql_statement()
    waiting = list(groups)[::-1]
    connections = [await postgresql(url) for _ in range(WRITERS)]
    await partition(connections[0], groups)

    async def write_on(connection: Any) -> None:
        while waiting:
            await connection.execute(statement, *zip(*waiting.pop().given, strict=True))

    began = time.perf_counter()
    await asyncio.gather(*map(write_on, connections))
    seconds = time.perf_counter() - began
    for connection in connections:
        await connection.close()
    return seconds


def _postgresql_statement() -> str:
    types = [str(metadata.tables["usage_events"].c[name].type) for name in _EVENTS]
    spelled = [{"TEXT": "text", "BLOB": "bytea"}.get(name, "bigint") for name in (*types, "BLOB")]
    arrays = ", ".join(f"${i}::{name}[]" for i, name in enumerate(spelled, 1))
    into = ", ".join(_EVENTS)
    hours = _rollup("usage_hours", "hour", f"occurred_at / {HOUR_MICROS}", "fresh", "::bigint")
    return (
        f"WITH given AS (SELECT * FROM unnest({arrays}) AS given({', '.join(_GIVEN)})), "
        f"keys AS (INSERT INTO run_keys SELECT 1, {_KEY}, fingerprint, occurred_at FROM given ORDER BY 2, 3 "
        f"ON CONFLICT DO NOTHING RETURNING {_KEY}), "
        f"fresh AS (SELECT given.* FROM given JOIN keys USING ({_KEY})), "
        f"events AS (INSERT INTO usage_events ({into}) SELECT {into} FROM fresh), "
        f"hours AS ({hours}), "
        f"days AS ({_rollup('usage_days', 'local_day', 'local_day', 'fresh', '::bigint')}) "
        f"{_changes('fresh')}"
    )
