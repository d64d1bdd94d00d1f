"""Producers of a source while several writers see them for the first time."""

import asyncio

import pytest
from sqlalchemy import text

from bot.unread import Producer, Unread
from bot.usage import Parsed, UnreadRows, UnusableRow
from handlers.crosschecks.producers import ProducerLog, SourceRows
from tests.storage.conftest import Books

COPILOT = Producer("GitHub Copilot", "1.0.102")


def metrics_of(producer: Producer) -> Parsed:
    """A body of metrics whose calls another signal tells."""
    row = UnusableRow(index=0, reason="", kept=b"{}", key=b"k" * 16)
    parsed = Parsed(rows=0, events=[], unusable=[], ignored=1)
    parsed.unread = {Unread(producer, "other_signal", "metrics don't separate calls"): UnreadRows(1, [row])}
    return parsed


def calls_of(producer: Producer) -> Parsed:
    return Parsed(rows=0, events=[], unusable=[], producers={producer})


async def kinds(books: Books) -> dict[str, int]:
    return {row.kind: row.row_count for row in await books.rows("source_producers")}


@pytest.mark.parametrize("turned", [False, True])
async def test_metrics_in_a_group_with_the_calls_they_repeat_are_repeats(books: Books, *, turned: bool) -> None:
    group = [SourceRows(books.source.id, body) for body in (metrics_of(COPILOT), calls_of(COPILOT))]

    async with books.context.store.begin() as tx:
        kept = await ProducerLog().write(tx, group[:: -1 if turned else 1], now=books.context.now_micros())

    assert kept == []
    assert await kinds(books) == {"booked": 0, "repeat": 1}


async def test_metrics_of_another_producer_in_the_group_are_kept(books: Books) -> None:
    group = [SourceRows(books.source.id, body) for body in (metrics_of(Producer("Codex")), calls_of(COPILOT))]

    async with books.context.store.begin() as tx:
        (kept,) = await ProducerLog().write(tx, group, now=books.context.now_micros())

    assert kept.row.reason == "Codex: metrics don't separate calls"


async def test_two_writers_take_turns_so_the_second_ends_the_losses_of_the_first(books: Books) -> None:
    async def write(body: Parsed) -> None:
        async with books.context.store.begin() as tx:
            await ProducerLog().write(tx, [SourceRows(books.source.id, body)], now=books.context.now_micros())

    async with books.context.store.begin() as tx:
        first = [SourceRows(books.source.id, metrics_of(COPILOT))]
        (kept,) = await ProducerLog().write(tx, first, now=books.context.now_micros())
        second = asyncio.ensure_future(write(calls_of(COPILOT)))
        await waits(books, second)
    await second

    assert kept.row.reason == "GitHub Copilot 1.0.102: metrics don't separate calls"
    assert await kinds(books) == {"booked": 0, "repeat": 1}


async def waits(books: Books, second: asyncio.Task[None]) -> None:
    """Returns when a transaction waits for another one, or is done. SQLite's always wait."""
    waiting = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN "
        "(SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
    )
    while not (books.context.store.is_sqlite or second.done()):
        async with books.context.store.read() as tx:
            if (await tx.connection.execute(waiting)).scalar():
                return
