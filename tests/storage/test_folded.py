"""What all rows of a large insert share is sent once, and stored in each: on both databases, in every column's place."""

from datetime import timedelta

from sqlalchemy import text

from storage import bulk
from storage.express import Insert
from storage.store import Store
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


async def test_shared_values_reach_every_row(store: Store) -> None:
    await _prepare(store)
    rows = [(3, number, 9, number * 2, number, 5, 0, 0, 0, 0, 1, 0) for number in range(1_000)]
    columns = ("team_id", "hour", "series_id", "calls", *bulk_counters(), "cost_nanos", "notional_nanos")
    marked = [(1, b"k%d" % number, b"f") for number in range(1_000)]
    keys = Insert("event_keys", ("source_id", "key_hash", "fingerprint"), marked, "ON CONFLICT DO NOTHING")
    way = store.express(1)[0]

    assert await way.write(keys, [Insert("usage_hours", columns, rows)], version=1)
    async with store.read() as tx:
        found = (await tx.connection.execute(text(f"SELECT {', '.join(columns)} FROM usage_hours ORDER BY hour"))).all()
        marks = (await tx.connection.execute(text("SELECT DISTINCT source_id, fingerprint FROM event_keys"))).all()
    assert [tuple(row) for row in found] == rows
    assert [(source, bytes(mark)) for source, mark in marks] == [(1, b"f")]
    assert not await way.write(keys, [], version=1)
    await way.close()


async def test_a_body_of_many_like_calls_is_in_the_books_as_one_by_one(books: Books) -> None:
    events = [books.event(number, ago=timedelta(seconds=number)) for number in range(600)]

    assert (await books.takes(*events[:2])).accepted == 2
    assert (await books.takes(*events[2:])).accepted == 598
    assert await books.totals() == {(600, 600 * 10**9)}
    assert await books.faults() == []


def bulk_counters() -> tuple[str, ...]:
    return ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")


async def _prepare(store: Store) -> None:
    async with store.begin() as tx:
        await tx.config.changed()
