"""The same year in the tables of another build: that build makes its tables, and takes every column that both have."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from tests.bench.databases import postgresql, sqlite_file
from tests.bench.shapes.builds import Build

_IGNORED = ("alembic_version", "sqlite_sequence")


async def copied_into(build: Build, url: str, target: str) -> None:
    """Fills an empty database with what another holds, in the build's own tables."""
    await build.tokens(target, "migrate")
    if url.startswith("sqlite"):
        _copy_sqlite(sqlite_file(url), sqlite_file(target))
    else:
        await _copy_postgresql(url, target)


class Copied(NamedTuple):
    """Columns that go from a table to a table, of the same name but for keys of events, which may be in two tables here."""

    source: str
    target: str
    columns: list[str]


def _common(ours: Mapping[str, set[str]], theirs: Mapping[str, set[str]]) -> list[Copied]:
    """Returns the columns of each table that both databases have."""
    shared = sorted((ours.keys() & theirs.keys()).difference(_IGNORED))
    copied = [Copied(table, table, sorted(ours[table] & theirs[table])) for table in shared]
    if "run_keys" in ours and "run_keys" not in theirs:
        copied.append(Copied("run_keys", "event_keys", sorted(ours["run_keys"] & theirs["event_keys"])))
    return copied


def _copy_sqlite(file: str, target: str) -> None:
    connection = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("ATTACH ? AS ours", (file,))
    tables = _common(_sqlite_tables(connection, "ours"), _sqlite_tables(connection, "main"))
    connection.execute("BEGIN")
    for source, target_table, columns in tables:
        names = ", ".join(columns)
        if source == target_table and connection.execute(f"SELECT 1 FROM main.{source} LIMIT 1").fetchone():
            connection.execute(f"DELETE FROM main.{source}")  # what the migrations put there
        connection.execute(f"INSERT INTO main.{target_table} ({names}) SELECT {names} FROM ours.{source}")
    connection.execute("COMMIT")
    for pragma in ("synchronous=FULL", "journal_mode=DELETE", "user_version=0"):  # the last is written, and synced
        connection.execute(f"PRAGMA {pragma}")
    connection.close()


def _sqlite_tables(connection: sqlite3.Connection, schema: str) -> dict[str, set[str]]:
    names = [name for (name,) in connection.execute(f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table'")]
    return {name: {row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({name})")} for name in names}


_TABLES = """
SELECT c.relname, array_agg(a.attname::text) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1
"""
_PARTITIONS = """
SELECT c.relname, p.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent WHERE c.relispartition
"""
_SEQUENCES = """
SELECT table_name, column_name FROM information_schema.columns WHERE is_identity = 'YES' AND table_schema = 'public'
"""


async def _copy_postgresql(url: str, target: str) -> None:
    ours, theirs = await postgresql(url), await postgresql(target)
    there = {name for name, *_ in await theirs.fetch(_PARTITIONS)}
    tables = _common(await _postgresql_tables(ours), await _postgresql_tables(theirs))
    for name, parent, bounds in await ours.fetch(_PARTITIONS):
        if name not in there and any(copied.target == parent for copied in tables):
            await theirs.execute(f"CREATE TABLE {name} PARTITION OF {parent} {bounds}")
    await theirs.execute("SET synchronous_commit = off")
    await theirs.execute("SET session_replication_role = replica")  # foreign keys hold in the other database
    for copied in tables:
        if copied.source == copied.target and await theirs.fetchval(f"SELECT count(*) FROM {copied.target}"):
            await theirs.execute(f"DELETE FROM {copied.target}")
        await _pipe(ours, theirs, copied)
    for table, column in await theirs.fetch(_SEQUENCES):
        most = f"SELECT coalesce(max({column}), 0) + 1 FROM {table}"
        await theirs.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), ({most}), false)")
    await theirs.execute("ANALYZE")
    await ours.close()
    await theirs.close()


async def _postgresql_tables(connection: Any) -> dict[str, set[str]]:
    return {name: set(columns) for name, columns in await connection.fetch(_TABLES)}


async def _pipe(ours: Any, theirs: Any, copied: Copied) -> None:
    """Copies a table from one server's database to another's without a Python object for a row."""
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(64)

    async def pieces() -> AsyncIterator[bytes]:
        while (piece := await queue.get()) is not None:
            yield piece

    async def read() -> None:
        query = f"SELECT {', '.join(copied.columns)} FROM {copied.source}"
        await ours.copy_from_query(query, output=queue.put, format="binary")
        await queue.put(None)

    writing = theirs.copy_to_table(copied.target, source=pieces(), columns=copied.columns, format="binary")
    await asyncio.gather(read(), writing)
