"""Constant columns of a large insert are sent once, and stored in every row: on both databases, in every column's
place.
"""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.periods import HOUR_MICROS
from storage import bulk
from storage.intake.event_keys.inserts import keys_insert
from storage.intake.rollups import Insert
from storage.store import Store
from storage.tables.base import metadata
from tests.storage.conftest import Books


def test_few_rows_stay_as_they_are() -> None:
    assert bulk.folded([(1, "a"), (1, "b")]) == (frozenset(), (), [(1, 1), ("a", "b")])


def test_what_all_rows_share_is_found_once_wherever_it_stands() -> None:
    rows = [(number, 7, None, "x") for number in range(300)]

    assert bulk.folded(rows) == (frozenset({1, 2, 3}), (7, None, "x"), [tuple(range(300))])


def test_a_value_that_differs_once_anywhere_is_not_shared() -> None:
    for odd in (0, 1, 150, 151, 298, 299):
        rows = [(number, 8 if number == odd else 7) for number in range(300)]

        assert bulk.folded(rows).fixed == frozenset()


@pytest.mark.parametrize("count", [1, 3, 199, 200, 1_000, 2_049, 5_000])
async def test_shared_values_reach_every_row_and_the_totals(store: Store, count: int) -> None:
    await _prepare(store)
    columns = tuple(column.name for column in metadata.tables["usage_events"].columns)
    shared: dict[str, Any] = dict.fromkeys(columns, 0) | {
        "source_id": 1,
        "team_id": 3,
        "series_id": 9,
        "output": 2,
        "book_nanos": None,
    }
    shared |= dict.fromkeys(
        ("book", "rule", "gateway_team", "declared_team", "tier", "conditions", "parts", "units", "cost_reason"), ""
    ) | {"tags": "[]"}
    rows = [_event_row(shared, number) for number in range(count)]
    await store.keep_keys()
    keys = keys_insert(
        sorted((1, row["key_hash"], b"f", row["occurred_at"], 0) for row in rows), store.usage_memory.keys
    )
    assert keys is not None
    events = Insert("usage_events", columns, [tuple(row[name] for name in columns) for row in rows])
    seen = Insert("source_hours", ("source_id", "hour"), [(1, 7), (1, 8)], "ON CONFLICT DO NOTHING")
    way = store.fast_writers(1)[0]

    assert await way.write(keys, events, [seen], version=1)
    async with store.read() as tx:
        found = (
            await tx.connection.execute(text(f"SELECT {', '.join(columns)} FROM usage_events ORDER BY cost_nanos"))
        ).all()
        marks = (await tx.connection.execute(text("SELECT DISTINCT source_id, fingerprint FROM run_keys"))).all()
        hours = (
            await tx.connection.execute(text("SELECT hour, calls, output, cost_nanos FROM usage_hours ORDER BY 1"))
        ).all()
        days = (await tx.connection.execute(text("SELECT local_day, calls, reasoning FROM usage_days"))).all()
        changed = (
            await tx.connection.execute(text("SELECT team_id, newest_hour, oldest_hour FROM team_changes"))
        ).all()
        beats = (await tx.connection.execute(text("SELECT source_id, hour FROM source_hours ORDER BY 2"))).all()
    assert [dict(zip(columns, map(_plain, row), strict=True)) for row in found] == rows
    assert [(source, bytes(mark)) for source, mark in marks] == [(1, b"f")]
    by_hour = [[row for row in rows if row["occurred_at"] // HOUR_MICROS == FIRST_HOUR + hour] for hour in range(3)]
    sums = [
        (FIRST_HOUR + hour, len(own), 2 * len(own), sum(row["cost_nanos"] for row in own))
        for hour, own in enumerate(by_hour)
        if own
    ]
    assert [tuple(row) for row in hours] == sums
    assert [tuple(row) for row in days] == [(0, count, 0)]
    assert [tuple(row) for row in changed] == [(3, sums[-1][0], FIRST_HOUR)]
    assert [tuple(row) for row in beats] == [(1, 7), (1, 8)]
    assert not await way.write(keys, events, [], version=1)
    other = keys._replace(insert=keys.insert._replace(rows=[(1, 2, b"other", b"f", 0, 0)]))
    assert not await way.write(other, events, [], version=2)
    assert not await way.write(other._replace(token=keys.token + 1), events, [], version=1)
    await way.close()


FIRST_HOUR = 500_000


def _event_row(shared: dict[str, Any], number: int) -> dict[str, Any]:
    at = FIRST_HOUR * HOUR_MICROS + number % 3 * HOUR_MICROS
    return shared | {"key_hash": b"k%d" % number, "event_id": f"e{number}", "occurred_at": at, "cost_nanos": number}


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, bytes | memoryview) else value


async def test_a_body_of_many_like_calls_is_in_the_books_as_one_by_one(books: Books) -> None:
    events = [books.event(number, ago=timedelta(seconds=number)) for number in range(600)]

    assert (await books.takes(*events[:2])).accepted == 2
    assert (await books.takes(*events[2:])).accepted == 598
    assert await books.totals() == {(600, 600 * 10**9)}
    assert await books.faults() == []


async def _prepare(store: Store) -> None:
    async with store.begin() as tx:
        await tx.config.changed()
        if not store.is_sqlite:
            bounds = f"FROM (0) TO ({2 * FIRST_HOUR * HOUR_MICROS})"
            await tx.connection.execute(
                text(f"CREATE TABLE usage_events_all PARTITION OF usage_events FOR VALUES {bounds}")
            )
