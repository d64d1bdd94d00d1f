"""Statements that are compiled once, and work that is one visit of SQLite's thread."""

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from storage.faults import DatabaseError, is_data_error
from storage.queries.statements import Prepared, many, one
from storage.store import Store, Transaction
from storage.tables.base import documents

_NAMES = Prepared(select(documents.c.name).where(documents.c.name.in_(many("names"))).order_by(documents.c.name))
_TWICE = Prepared(
    select(documents.c.name, func.length(documents.c.body)).where(
        documents.c.name.in_(many("names")), documents.c.body != one("body"), documents.c.name.in_(many("names"))
    )
)
_ADD = Prepared(insert(documents))


def row(name: str) -> dict[str, Any]:
    return {"name": name, "body": "{}", "imported_at": 1}


async def add(tx: Transaction, *names: str) -> str:
    """Work of prepared statements alone. Returns the name of its thread."""
    await tx.run_each(_ADD, [row(name) for name in names])
    return threading.current_thread().name


async def names(store: Store, *wanted: str) -> list[str]:
    async with store.read() as tx:
        return [name for (name,) in await tx.rows(_NAMES, names=list(wanted))]


@pytest.mark.parametrize("count", [0, 1, 3, 5, 64, 700])
async def test_lists_of_any_length_are_one_statement(store: Store, count: int) -> None:
    wanted = [f"n{number:03}" for number in range(count)]
    async with store.begin() as tx:
        await tx.run_each(_ADD, [row(name) for name in [*wanted, "other"]])
    async with store.read() as tx:
        found = [name for (name,) in await tx.rows(_NAMES, names=wanted)]
        both = await tx.rows(_TWICE, names=wanted, body="")

    assert found == wanted
    assert sorted(tuple(each) for each in both) == [(name, 2) for name in wanted]


async def test_the_first_statement_of_a_transaction_may_be_a_prepared_one(store: Store) -> None:
    async with store.begin() as tx:
        assert await tx.rows(_NAMES, names=["gone"]) == []
        await add(tx, "one")

    assert await names(store, "one", "two") == ["one"]


async def test_work_of_prepared_statements_needs_no_event_loop(store: Store) -> None:
    committed: list[str] = []

    async def work(tx: Transaction) -> str:
        tx.after_commit(lambda: committed.append(threading.current_thread().name))
        return await add(tx, "one")

    where = await store.run(work)

    assert where.startswith("work") == store.is_sqlite
    assert committed == [threading.main_thread().name]
    assert await names(store, "one") == ["one"]


async def test_other_work_is_done_once_in_an_ordinary_transaction(store: Store) -> None:
    async def selects(tx: Transaction) -> str:
        await add(tx, "one")
        await tx.connection.execute(select(documents.c.name))
        return threading.current_thread().name

    async def waits(tx: Transaction) -> str:
        await add(tx, "two")
        await asyncio.sleep(0)
        return threading.current_thread().name

    assert [await store.run(selects), await store.run(waits)] == [threading.main_thread().name] * 2
    assert await names(store, "one", "two") == ["one", "two"]


async def test_failed_work_leaves_nothing_and_the_next_goes_on(store: Store) -> None:
    committed: list[int] = []

    async def fails(tx: Transaction) -> None:
        tx.after_commit(lambda: committed.append(1))
        await add(tx, "one")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await store.run(fails)
    with pytest.raises(DatabaseError) as fault:
        await store.run(lambda tx: add(tx, "two", "two"))

    assert is_data_error(fault.value)
    await store.run(lambda tx: add(tx, "three"))
    assert await names(store, "one", "two", "three") == ["three"]
    assert committed == []


async def test_work_that_nobody_waits_for_any_more_ends_before_the_next_begins(sqlite_url: str) -> None:
    store, committed, may_go_on = Store(sqlite_url), list[int](), threading.Event()

    async def slow(tx: Transaction) -> None:
        await add(tx, "one")
        tx.after_commit(lambda: committed.append(1))
        assert may_go_on.wait(10)

    running = asyncio.create_task(store.run(slow))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    next_one = asyncio.create_task(_begins(store))
    await asyncio.sleep(0.05)
    assert not next_one.done()
    may_go_on.set()
    await next_one

    assert committed == [1]
    assert await names(store, "one", "two") == ["one", "two"]
    await store.close()


async def _begins(store: Store) -> None:
    async with store.begin() as tx:
        await add(tx, "two")
