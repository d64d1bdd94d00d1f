"""Faults that somebody plants with the triggers off: `tokens check` names each, and `--since` those of the tail alone."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.periods import day_number
from handlers.books.periods import keep_books
from storage.books.checks import faults
from tests.storage.books.closing.conftest import names, next_month
from tests.storage.conftest import Books

DAY = timedelta(days=1)


async def plants(books: Books, table: str, *statements: str) -> None:
    """Changes rows of a table that only grows."""
    async with books.context.store.begin() as tx:
        is_postgresql = tx.connection.dialect.name == "postgresql"
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER"] if is_postgresql else [f"DROP TRIGGER {table}_no_update"]
        for statement in (*off, *statements):
            await tx.connection.execute(text(statement))
        on = (
            f"ALTER TABLE {table} ENABLE TRIGGER USER"
            if is_postgresql
            else f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'grows'); END"
        )
        await tx.connection.execute(text(on))


@pytest.fixture
async def closed(acme: Books) -> Books:
    """A month with charges is closed, and the next one has some too."""
    await acme.takes(acme.event(1, dollars=100))
    acme.jump_to(next_month(acme, 3))
    await keep_books(acme.context)
    await acme.takes(acme.event(2, dollars=30))
    acme.jump_to(acme.context.now() + DAY)
    await keep_books(acme.context)
    assert await acme.faults() == []
    return acme


async def tail(books: Books) -> list[str]:
    """Returns the lines of `tokens check --since` the first day of this month."""
    first = day_number(books.context.now().date().replace(day=1))
    async with books.context.store.read() as tx:
        return [fault async for fault in faults(tx, since_day=first)]


@pytest.mark.parametrize(
    ("change", "what"), [("+", "was charged more than"), ("-", "is not charged, though it is posted")]
)
@pytest.mark.parametrize(("dollars", "is_tail"), [(100, False), (30, True)])
async def test_an_edited_charge_is_named(closed: Books, change: str, what: str, dollars: int, *, is_tail: bool) -> None:
    ours = f"kind = 'charge' AND amount_nanos = {dollars}000000000"
    (entry,) = [
        row for row in await closed.rows("entries") if row.kind == "charge" and row.amount_nanos == dollars * 10**9
    ]

    await plants(closed, "entries", f"UPDATE entries SET amount_nanos = amount_nanos {change} 1 WHERE {ours}")

    found = await closed.faults()
    assert any(f"day {entry.usage_day}: " in fault and what in fault for fault in found), found
    assert any(what in fault for fault in await tail(closed)) == is_tail


async def test_an_edited_entry_of_a_closed_period_leaves_something_in_it(closed: Books) -> None:
    await plants(closed, "entries", "UPDATE entries SET amount_nanos = amount_nanos - 1 WHERE kind = 'carry_forward'")

    first = (await names(closed))[0]
    assert any(fault.startswith(f"periods: {first} is closed, and team ") for fault in await closed.faults())
    assert await tail(closed) == []


async def test_an_entry_that_came_after_the_close_is_named(closed: Books) -> None:
    lapse = next(row for row in await closed.rows("entries") if row.kind == "lapse")

    await plants(closed, "entries", f"UPDATE entries SET posted_at = posted_at + 1 WHERE id = {lapse.id}")

    assert f"periods: entry {lapse.id} came into {lapse.period} after its close" in await closed.faults()


async def test_a_missing_total_is_named_in_the_whole_and_in_the_tail(closed: Books) -> None:
    row = max(await closed.rows("usage_days"), key=lambda one: one.local_day)
    async with closed.context.store.begin() as tx:
        await tx.connection.execute(text(f"DELETE FROM usage_days WHERE local_day = {row.local_day}"))

    place = f"team {row.team_id}, day {row.local_day}"
    assert f"usage days: {place}, series {row.series_id}: events and rollup differ" in await closed.faults()
    assert f"usage days: {place}: events and rollup differ" in await tail(closed)


async def test_a_missing_total_before_the_tail_is_not_read(closed: Books) -> None:
    row = min(await closed.rows("usage_days"), key=lambda one: one.local_day)
    async with closed.context.store.begin() as tx:
        await tx.connection.execute(
            text(f"DELETE FROM usage_hours WHERE team_id = {row.team_id} AND hour < {row.local_day * 24 + 48}")
        )

    assert any(fault.startswith(f"usage hours: team {row.team_id}, ") for fault in await closed.faults())
    assert await tail(closed) == []


@pytest.mark.parametrize(("which", "is_tail"), [("min", False), ("max", True)])
async def test_a_broken_link_of_the_audit_log_is_named(closed: Books, which: str, *, is_tail: bool) -> None:
    await plants(closed, "audit", f"UPDATE audit SET subject = 'another' WHERE id = (SELECT {which}(id) FROM audit)")

    number = {"min": min, "max": max}[which](row.id for row in await closed.rows("audit"))
    line = f"audit: record {number} does not fit the chain"
    assert line in await closed.faults()
    assert (line in await tail(closed)) == is_tail
