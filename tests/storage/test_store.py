"""Transactions are atomic, whatever their first statement is; writers take turns."""

import asyncio

import pytest
from sqlalchemy import select, text

from storage import bulk
from storage.drivers.fifo import FifoLock
from storage.faults import is_data_error
from storage.store import Store
from storage.tables.books import accounts
from storage.tables.intake import run_keys
from storage.tables.org import teams

KEYS = ("run", "source_id", "key_hash", "fingerprint", "occurred_at")


async def count(store: Store) -> int:
    async with store.read() as tx:
        return len((await tx.connection.execute(select(run_keys.c.source_id))).all())


@pytest.mark.parametrize("way", ["insert", "insert_missing", "add"])
async def test_a_transaction_that_begins_with_a_bulk_statement_rolls_back_whole(store: Store, way: str) -> None:
    """Bulk statements bypass SQLAlchemy on PostgreSQL; its transaction has to begin before them."""
    with pytest.raises(RuntimeError, match="changed my mind"):  # noqa: PT012 -- a transaction's whole life
        async with store.begin() as tx:
            if way == "insert":
                await bulk.insert(tx.connection, "run_keys", KEYS, [(1, 1, b"a", b"f", 0)])
            elif way == "insert_missing":
                await bulk.insert_missing(tx.connection, "run_keys", KEYS, KEYS[:3], [(1, 1, b"a", b"f", 0)])
            else:
                await bulk.add(tx.connection, "team_changes", ("team_id",), ("version",), [(1, 1)])
            raise RuntimeError("changed my mind")

    assert await count(store) == 0
    async with store.read() as tx:
        assert (await tx.connection.execute(text("SELECT count(*) FROM team_changes"))).scalar() == 0


async def test_bulk_insert_missing_says_which_keys_were_new(store: Store) -> None:
    async with store.begin() as tx:
        await bulk.insert_missing(
            tx.connection, "run_keys", KEYS, KEYS[:3], [(1, 1, b"a", b"f", 0), (1, 1, b"b", b"f", 0)]
        )
    async with store.begin() as tx:
        rows = [(1, 1, b"b", b"other", 0), (1, 1, b"c", b"f", 0), (1, 2, b"a", b"f", 0)]
        new = await bulk.insert_missing(tx.connection, "run_keys", KEYS, KEYS[:3], rows)
        marks = await bulk.select(tx.connection, "run_keys", ("fingerprint",), KEYS[:3], [(1, 1, b"b"), (1, 9, b"z")])

    assert {(run, source, bytes(key)) for run, source, key in new} == {(1, 1, b"c"), (1, 2, b"a")}
    assert [bytes(mark) for (mark,) in marks] == [b"f"]


async def test_more_keys_than_a_statement_takes_are_read_in_pieces(store: Store) -> None:
    keys = [(1, 1, number.to_bytes(4, "big")) for number in range(9_001)]
    async with store.begin() as tx:
        await bulk.insert_missing(tx.connection, "run_keys", KEYS, KEYS[:3], [(*key, b"f", 0) for key in keys])
        found = await bulk.select(tx.connection, "run_keys", KEYS[:3], KEYS[:3], keys)

    assert {(run, source, bytes(key)) for run, source, key in found} == set(keys)


async def test_writers_at_once_all_get_their_turn(store: Store) -> None:
    """Each reads, waits and writes the value plus one: none may read a value that another is about to change."""
    async with store.begin() as tx:
        await tx.connection.execute(
            text(
                "INSERT INTO teams (id, slug, name, kind, timezone, budget_nanos) VALUES (1, 't', 'T', 'team', 'UTC', 0)"
            )
        )

    async def adds_one() -> None:
        async with store.begin() as tx:
            wanted = select(teams.c.budget_nanos).with_for_update()
            before = (await tx.connection.execute(wanted)).scalar_one()
            await asyncio.sleep(0.002)
            await tx.connection.execute(teams.update().values(budget_nanos=before + 1))

    await asyncio.gather(*(adds_one() for _ in range(25)))

    async with store.read() as tx:
        assert (await tx.connection.execute(select(teams.c.budget_nanos))).scalar_one() == 25


async def test_a_snapshot_sees_one_moment_while_others_write(store: Store) -> None:
    async with store.read() as tx:
        before = (await tx.connection.execute(select(run_keys.c.source_id))).all()
        async with store.begin() as other:
            await bulk.insert(other.connection, "run_keys", KEYS, [(1, 1, b"a", b"f", 0)])
        after = (await tx.connection.execute(select(run_keys.c.source_id))).all()

    assert before == after == []
    assert await count(store) == 1


async def test_what_waits_for_a_commit_happens_only_after_it(store: Store) -> None:
    done: list[str] = []
    with pytest.raises(RuntimeError):  # noqa: PT012 -- a transaction's whole life
        async with store.begin() as tx:
            tx.after_commit(lambda: done.append("never"))
            raise RuntimeError
    async with store.begin() as tx:
        tx.after_commit(lambda: done.append("committed"))
        assert done == []

    assert done == ["committed"]


async def test_the_databases_complaint_about_data_is_told_from_its_other_troubles(store: Store) -> None:
    async with store.begin() as tx:
        await bulk.insert(tx.connection, "run_keys", KEYS, [(1, 1, b"a", b"f", 0)])
    with pytest.raises(Exception, match=r"(?i)unique") as twice:
        async with store.begin() as tx:
            await bulk.insert(tx.connection, "run_keys", KEYS, [(1, 1, b"a", b"f", 0)])
    with pytest.raises(Exception, match=r"(?i)foreign key") as orphan:
        async with store.begin() as tx:
            await tx.connection.execute(accounts.insert().values(team_id=99, period="2026-11", bucket="held"))
    with pytest.raises(Exception, match=r"(?i)syntax") as mistake:
        async with store.begin() as tx:
            await tx.connection.execute(text("SELEKT 1"))

    assert [is_data_error(error.value) for error in (twice, orphan, mistake)] == [True, True, False]
    assert not is_data_error(ConnectionResetError("gone"))


async def test_the_lock_serves_in_the_order_of_asking() -> None:
    lock, served = FifoLock(), []

    async def asks(number: int) -> None:
        async with lock:
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(asks(number) for number in range(20)))

    assert served == list(range(20))
