"""Posting by what changed: late usage, days of long ago, several processes, and a process killed in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.money import NANOS
from handlers.books import charges
from handlers.books.charges import post_charges
from handlers.books.periods import keep_books
from handlers.context import Context
from storage.books.charges import Charges
from tests.storage.conftest import Books

DAY = timedelta(days=1)


class KilledError(Exception):
    """The process ends here."""


async def charged(books: Books) -> list[tuple[int, str, int]]:
    """Returns (usage day, kind, dollars) of all charges so far."""
    entries = [e for e in await books.rows("entries") if e.usage_day is not None]
    first = min((e.usage_day for e in entries), default=0)
    return [(e.usage_day - first, e.kind, e.amount_nanos // NANOS) for e in sorted(entries, key=lambda e: e.id)]


@pytest.fixture
def written(books: Books, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the transactions that write."""
    transactions: list[int] = []
    begin = books.context.store.begin

    @asynccontextmanager
    async def counted() -> AsyncIterator[Any]:
        transactions.append(1)
        async with begin() as tx:
            yield tx

    monkeypatch.setattr(books.context.store, "begin", counted)
    return transactions


async def test_an_idle_minute_writes_nothing_and_neither_does_todays_usage(
    mid_month: Books, written: list[int]
) -> None:
    await mid_month.takes(mid_month.event(1, dollars=30, ago=2 * DAY))
    await keep_books(mid_month.context)
    written.clear()

    await keep_books(mid_month.context)
    await mid_month.takes(mid_month.event(2, dollars=5))
    written.clear()
    await keep_books(mid_month.context)

    assert written == []
    assert await charged(mid_month) == [(0, "charge", 30)]


async def test_usage_of_months_ago_that_comes_late_is_posted(mid_month: Books) -> None:
    await mid_month.takes(mid_month.event(1, dollars=30, ago=DAY))
    await keep_books(mid_month.context)

    await mid_month.takes(mid_month.event(2, dollars=4, ago=60 * DAY), mid_month.event(3, dollars=2, ago=20 * DAY))
    await keep_books(mid_month.context)

    assert await charged(mid_month) == [(59, "charge", 30), (0, "charge", 4), (40, "charge", 2)]
    assert await mid_month.faults() == []


async def test_days_that_end_while_nobody_calls_are_posted(mid_month: Books) -> None:
    await mid_month.takes(mid_month.event(1, dollars=30))
    await keep_books(mid_month.context)
    assert await charged(mid_month) == []

    mid_month.jump_to(mid_month.context.now() + 5 * DAY)
    await keep_books(mid_month.context)

    assert await charged(mid_month) == [(0, "charge", 30)]


async def test_a_release_without_marks_that_posts_too_makes_nothing_twice(mid_month: Books) -> None:
    """It posts by the same keys, and leaves no mark: the next pass sums the days again."""
    await mid_month.takes(mid_month.event(1, dollars=30, ago=2 * DAY))
    await post_charges(mid_month.context)
    await mid_month.takes(mid_month.event(2, dollars=12, ago=2 * DAY))
    await post_charges(mid_month.context)
    async with mid_month.context.store.begin() as tx:
        await tx.connection.execute(text("DELETE FROM posted_usage"))

    assert await post_charges(mid_month.context) == 0
    assert await charged(mid_month) == [(0, "charge", 30), (0, "charge", 12)]


async def test_a_day_that_another_posts_between_reading_and_writing_stays_due(
    mid_month: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release without marks posts an older sum under the key that this process wants."""
    await mid_month.takes(mid_month.event(1, dollars=30, ago=2 * DAY))
    post = charges._post

    async def late(context: Context, *arguments: Any, at: int) -> int:
        async with context.store.begin() as tx:
            usages = await tx.charges.usage()
            (due,) = await tx.charges.due({usages[0].team_id: (0, 10**6)})
            entries = charges._entries((await context.rulebooks.current(tx)).directory, {}, [due], [], at=at)
            older = [entry for _, entry in entries]
            object.__setattr__(older[0], "amount_nanos", 10 * NANOS)
            await tx.ledger.post(older, at=at)
        monkeypatch.setattr(charges, "_post", post)
        return await post(context, *arguments, at=at)

    monkeypatch.setattr(charges, "_post", late)
    await post_charges(mid_month.context)
    assert await charged(mid_month) == [(0, "charge", 10)]

    await post_charges(mid_month.context)

    assert await charged(mid_month) == [(0, "charge", 10), (0, "charge", 20)]
    assert await mid_month.faults() == []


async def test_usage_that_comes_between_reading_and_writing_is_posted_by_the_next_pass(
    mid_month: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mid_month.takes(mid_month.event(1, dollars=30, ago=2 * DAY))
    post = charges._post

    async def late(*arguments: Any, at: int) -> int:
        await mid_month.takes(mid_month.event(2, dollars=12, ago=2 * DAY))
        monkeypatch.setattr(charges, "_post", post)
        return await post(*arguments, at=at)

    monkeypatch.setattr(charges, "_post", late)
    await post_charges(mid_month.context)
    await post_charges(mid_month.context)

    assert await charged(mid_month) == [(0, "charge", 30), (0, "charge", 12)]


async def test_several_processes_that_post_at_once_post_each_day_once(mid_month: Books) -> None:
    await mid_month.takes(*(mid_month.event(n, dollars=n, ago=n * DAY) for n in range(1, 9)))

    await asyncio.gather(*(post_charges(mid_month.context) for _ in range(4)))
    await post_charges(mid_month.context)

    assert sorted(await charged(mid_month)) == sorted((8 - n, "charge", n) for n in range(1, 9))
    assert await mid_month.faults() == []


async def test_a_pass_killed_between_two_writes_is_carried_on(
    mid_month: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A team is marked with its last entry, so that no day of it is forgotten."""
    monkeypatch.setattr(charges, "ENTRIES_AT_ONCE", 2)
    await mid_month.takes(*(mid_month.event(n, dollars=n, ago=n * DAY) for n in range(1, 6)))
    unchanged, count = Charges.unchanged, 0

    async def killed(*arguments: Any) -> set[int]:
        nonlocal count
        count += 1
        if count == 3:
            raise KilledError
        return await unchanged(*arguments)

    monkeypatch.setattr(Charges, "unchanged", killed)
    with pytest.raises(KilledError):
        await post_charges(mid_month.context)
    assert len(await charged(mid_month)) == 4

    await post_charges(mid_month.context)

    assert sorted(await charged(mid_month)) == sorted((5 - n, "charge", n) for n in range(1, 6))
