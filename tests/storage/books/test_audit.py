"""The audit log: its chain reveals any record that was changed, inserted, deleted or moved."""

import asyncio

import pytest
from sqlalchemy import text

from storage.books import checks
from storage.store import Store
from storage.triggers import create_triggers


async def record(store: Store, *actions: str) -> None:
    for action in actions:
        async with store.begin() as tx:
            await tx.audit.record(at=7, actor_id=3, action=action, subject="request:1", detail={"amount_nanos": 5})


async def first_broken(store: Store) -> int | None:
    async with store.read() as tx:
        return await tx.audit.first_broken()


async def tamper(store: Store, statement: str) -> None:
    """Tampers with the database's own rights: past the triggers, which are restored afterwards."""
    async with store.begin() as tx:
        if store.is_sqlite:
            for verb in ("update", "delete"):
                await tx.connection.execute(text(f"DROP TRIGGER audit_no_{verb}"))
        else:
            await tx.connection.execute(text("DROP TRIGGER audit_no_change ON audit"))
        await tx.connection.execute(text(statement))
        await tx.connection.run_sync(create_triggers)


async def test_an_untouched_chain_holds(store: Store) -> None:
    assert await first_broken(store) is None
    await record(store, "ask", "approve", "deny")
    assert await first_broken(store) is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET action = 'deny' WHERE id = 2", 2),
        ("UPDATE audit SET at = 8 WHERE id = 2", 2),
        ("UPDATE audit SET actor_id = NULL WHERE id = 2", 2),
        ("UPDATE audit SET subject = 'request:2' WHERE id = 2", 2),
        ("UPDATE audit SET detail = '{\"amount_nanos\": 6}' WHERE id = 2", 2),
        ("DELETE FROM audit WHERE id = 1", 2),
        ("DELETE FROM audit WHERE id = 2", 3),
        ("UPDATE audit SET id = id + 10", 11),
        ("INSERT INTO audit SELECT 5, at, actor_id, action, subject, detail, {other} FROM audit WHERE id = 4", 5),
    ],
)
async def test_the_first_record_that_does_not_fit_is_named(store: Store, statement: str, broken: int) -> None:
    await record(store, "ask", "approve", "ask", "approve")

    await tamper(store, statement.replace("{other}", "X'01'" if store.is_sqlite else "'\\x01'::bytea"))

    assert await first_broken(store) == broken
    async with store.read() as tx:
        found = [fault async for fault in checks.faults(tx)]
    assert found == [f"audit: record {broken} does not fit the chain"]


async def test_records_written_at_once_make_one_chain(store: Store) -> None:
    await asyncio.gather(*(record(store, f"action {n}", "again") for n in range(6)))

    async with store.read() as tx:
        ids = list((await tx.connection.execute(text("SELECT id FROM audit ORDER BY id"))).scalars())
    assert ids == list(range(1, 13))
    assert await first_broken(store) is None


async def test_a_record_of_a_transaction_that_failed_is_not_there_and_leaves_no_gap(store: Store) -> None:
    async def fail() -> None:
        async with store.begin() as tx:
            await tx.audit.record(at=7, actor_id=None, action="lost", subject="", detail={})
            raise ZeroDivisionError

    await record(store, "before")
    with pytest.raises(ZeroDivisionError):
        await fail()
    await record(store, "after")

    assert await first_broken(store) is None
    async with store.read() as tx:
        actions = (await tx.connection.execute(text("SELECT action FROM audit ORDER BY id"))).scalars()
        assert list(actions) == ["before", "after"]


async def test_a_free_text_is_proved_by_its_hash_and_not_kept(store: Store) -> None:
    async with store.begin() as tx:
        first = await tx.audit.hashed("Anna's evals")
        same, other = await tx.audit.hashed("Anna's evals"), await tx.audit.hashed("Anna's eval")

    assert first == same != other
    assert "Anna" not in first
