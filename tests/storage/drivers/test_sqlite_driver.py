"""SQLite's driver: what a statement gives back after one visit of the driver's thread."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engine import create_engines
from storage.store import Store


async def visits(connection: AsyncConnection, statement: str, *rows: dict[str, object]) -> int:
    """Returns how many functions the thread was given for a statement."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    given: list[object] = []
    real = driver._tx.put_nowait

    class Counting:
        @staticmethod
        def put_nowait(work: object) -> None:
            given.append(work)
            real(work)

    kept, driver._tx = driver._tx, Counting
    await connection.execute(text(statement), list(rows) or None)
    driver._tx = kept
    return len(given)


async def test_a_statement_takes_one_visit_of_the_thread(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    async with store.begin() as tx:
        await tx.connection.execute(text("CREATE TABLE words (word TEXT UNIQUE)"))
        assert await visits(tx.connection, "SELECT 1") == 1
        assert await visits(tx.connection, "INSERT INTO words VALUES ('one')") == 1
        many: list[dict[str, object]] = [{"word": "two"}, {"word": "three"}]
        assert await visits(tx.connection, "INSERT INTO words VALUES (:word)", *many) == 1
    await store.close()


async def test_rows_counts_ids_and_faults_are_those_of_sqlite(sqlite_url: str) -> None:
    writer, reader = create_engines(sqlite_url)
    async with writer.begin() as connection:
        await connection.execute(text("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT UNIQUE)"))
        first = await connection.execute(text("INSERT INTO words VALUES (7, 'one')"))
        assert (first.rowcount, first.lastrowid, first.returns_rows) == (1, 7, False)
        given = await connection.execute(text("INSERT INTO words (word) VALUES ('two'), ('three') RETURNING id, word"))
        assert [tuple(row) for row in given] == [(8, "two"), (9, "three")]
        many = [{"word": "four"}, {"word": "five"}]
        assert (await connection.execute(text("INSERT INTO words (word) VALUES (:word)"), many)).rowcount == 2
        assert (await connection.execute(text("DELETE FROM words WHERE id > 100"))).rowcount == 0
        assert (await connection.execute(text("UPDATE words SET word = word || '!' RETURNING id"))).all()[0][0] == 7
        nothing = await connection.execute(text("SELECT id AS number, word FROM words WHERE id = 0"))
        assert (list(nothing.keys()), nothing.all()) == (["number", "word"], [])
    with pytest.raises(IntegrityError, match=r"UNIQUE constraint failed: words\.word"):
        async with writer.begin() as connection:
            await connection.execute(text("INSERT INTO words (word) VALUES ('one!')"))
    with pytest.raises(OperationalError, match="no such table"):
        async with reader.connect() as connection:
            await connection.execute(text("SELECT * FROM nowhere"))
    await writer.dispose()
    await reader.dispose()


@pytest.mark.parametrize("rows", [199, 200, 201, 1_000])
async def test_many_rows_are_read_at_once_or_piece_by_piece(sqlite_url: str, rows: int) -> None:
    store = Store(sqlite_url)
    numbers = text(f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows}) SELECT n FROM n")
    async with store.read() as tx:
        assert (await tx.connection.execute(numbers)).scalars().all() == list(range(1, rows + 1))
        async with tx.connection.stream(numbers) as streamed:
            pieces = [piece async for piece in streamed.scalars().partitions(150)]
            assert [number for piece in pieces for number in piece] == list(range(1, rows + 1))
        async with tx.connection.stream(numbers) as broken_off:
            assert await broken_off.fetchone() == (1,)
        first = await tx.connection.execute(numbers)
        assert first.scalar() == 1
    await store.close()


async def test_a_stream_reads_ahead_a_few_rows_alone(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    endless = text("WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT n FROM n")
    async with store.read() as tx, tx.connection.stream(endless) as streamed:
        assert [await anext(streamed) for _ in range(1_000)][-1] == (1_000,)
    await store.close()
