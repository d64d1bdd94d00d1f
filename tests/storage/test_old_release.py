"""A database of an early release migrates to the newest form: nothing is lost, wherever the migration ends meanwhile.

`OLD_EVENTS=300000 python -m pytest tests/storage/test_old_release.py` does it with as many events.
"""

import asyncio
import hashlib
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from bot.periods import DAY_MICROS, HOUR_MICROS
from storage import bulk
from storage.books.checks import faults
from storage.migrate import migrate
from storage.revisions import newest
from storage.store import Store
from storage.tables.base import COUNTER_COLUMNS
from tests.support.forks import FORKS

REVISION = "0013_owners"
EVENTS = int(os.environ.get("OLD_EVENTS", "2000"))
DAY = 20_400
SERIES = ("id", "team_id", "tool", "provider", "model", "workflow", "person_id", "credential", "basis")
KEYS = ("source_id", "key_hash", "fingerprint")
TOTALS = ("calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos")
COLUMNS = (
    *("source_id", "key_hash", "event_id", "occurred_at", "received_at", "team_id", "local_day", "series_id"),
    *COUNTER_COLUMNS,
    *("cost_nanos", "notional_nanos", "book", "rule", "gateway_team", "declared_team", "tags"),
)


class _Ended(Exception):
    """Stands for a process that ends."""


async def make(url: str) -> None:
    """Makes a database at the old revision with two teams, 20 series and events of 60 days, their keys and totals."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.migrate.newest", lambda: REVISION)
        patch.setattr("storage.migrate.create_triggers", lambda _connection: None)  # the old release made its own
        await migrate(url)
    store, events = Store(url), [_event(number) for number in range(EVENTS)]
    async with store.begin() as tx:
        connection = tx.connection
        for team in (1, 2):
            await connection.execute(
                text(
                    f"INSERT INTO teams (id, slug, name, kind, timezone) VALUES ({team}, 't{team}', 'T', 'team', 'UTC')"
                )
            )
        await connection.execute(
            text(
                "INSERT INTO sources (id, name, format, role, created_at) VALUES (1, 'gateway', 'cloudevents', 'meter', 1)"
            )
        )
        series = [(n, n % 2 + 1, "Tool", "anthropic", f"m{n}", "", 0, "", "book") for n in range(1, 21)]
        await bulk.insert(connection, "usage_series", SERIES, series)
        await _partitions(store, connection)
        await bulk.insert(connection, "event_keys", KEYS, sorted((1, row[1], row[1][::-1]) for row in events))
        await bulk.insert(connection, "usage_events", COLUMNS, events)
        for table, bucket, place in (("usage_hours", "hour", HOUR_MICROS), ("usage_days", "local_day", DAY_MICROS)):
            sums: dict[tuple[int, int, int], list[int]] = {}
            for row in events:
                at = (row[5], row[3] // place, row[7])
                amounts = (1, *row[8:14], row[14], row[15])
                sums[at] = [a + b for a, b in zip(sums.get(at, [0] * 9), amounts, strict=True)]
            rows = [(*at, *sums[at]) for at in sorted(sums)]
            await bulk.insert(connection, table, ("team_id", bucket, "series_id", *TOTALS), rows)
    await store.close()


def _event(number: int) -> tuple[Any, ...]:
    key = hashlib.blake2b(str(number).encode(), digest_size=16).digest()
    at, series = (DAY + number % 60) * DAY_MICROS + number * 7_919_000 % DAY_MICROS, number % 20 + 1
    counts = (number, 2 * number, 0, 0, 5, 1)
    where = (1, key, f"e{number}", at, at, series % 2 + 1, at // DAY_MICROS, series)
    return (*where, *counts, 1_000 * number, 0, "book", "user", "", "", "[]")


async def _partitions(store: Store, connection: Any) -> None:
    if store.is_sqlite:
        return
    first, last = DAY * DAY_MICROS, (DAY + 60) * DAY_MICROS
    name = "usage_events_2025_11"
    await connection.execute(
        text(f"CREATE TABLE {name} PARTITION OF usage_events FOR VALUES FROM ({first}) TO ({last})")
    )


@contextmanager
def ending_after(statements: int, *, kill: bool = False) -> Iterator[list[int]]:
    """Ends the process after so many statements that may write; yields a list whose length is their number so far."""
    seen: list[int] = []

    def look(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip().split(" ")[0].upper() in ("SELECT", "PRAGMA"):
            return
        seen.append(1)
        if len(seen) == statements:
            if kill:
                os.kill(os.getpid(), 9)
            raise _Ended

    event.listen(Engine, "after_cursor_execute", look)
    try:
        yield seen
    finally:
        event.remove(Engine, "after_cursor_execute", look)


def _migrate_and_die(url: str, statements: int) -> None:
    with ending_after(statements, kill=True):
        asyncio.run(migrate(url))


async def contents(url: str) -> list[tuple[Any, ...]]:
    """Returns counts and sums of what the old release stored."""
    store = Store(url)
    sums = ", ".join(f"sum({name})" for name in (*COUNTER_COLUMNS, "cost_nanos", "notional_nanos"))
    queries = (
        f"SELECT count(*), {sums} FROM usage_events",
        f"SELECT sum(calls), {sums} FROM usage_hours",
        f"SELECT sum(calls), {sums} FROM usage_days",
        "SELECT slug FROM teams WHERE id = 2",
    )
    async with store.read() as tx:
        found = [tuple((await tx.connection.execute(text(query))).one()) for query in queries]
    await store.close()
    return found


async def test_an_old_database_migrates_whole_although_it_ends_at_ten_moments(empty_url: str) -> None:
    await make(empty_url)
    before = await contents(empty_url)
    assert before[0] == before[1] == before[2]
    assert before[0][0] == EVENTS

    with ending_after(10**9) as seen, pytest.raises(_Ended):
        await _dry(empty_url, seen)
    moments = random.Random(7).sample(range(1, len(seen)), 9)
    for statements in moments:
        with ending_after(statements), pytest.raises(_Ended):
            await migrate(empty_url)
        assert await contents(empty_url) == before, statements
    process = FORKS.Process(target=_migrate_and_die, args=(empty_url, len(seen) - 1))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode == -9

    assert await migrate(empty_url) == newest()

    assert await contents(empty_url) == before
    store = Store(empty_url)
    async with store.read() as tx:
        assert [fault async for fault in faults(tx)] == []
    await store.close()


async def _dry(url: str, seen: list[int]) -> None:
    """Counts the statements of the migration, and ends it before its last commit."""

    def ends(_connection: Any) -> None:
        raise _Ended

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.migrate.create_triggers", ends)
        await migrate(url)
