"""A database that restarts, stands still or is locked, under load: senders are told to come again, and nothing is lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

import pytest
from sqlalchemy.engine import make_url

from storage.engine import BUSY_TIMEOUT_MS
from tests.scenarios.booked import organised, times_booked
from tests.support.postgres import Postgres, postgres
from tests.support.processes import BotProcess, bot_process, tokens
from tests.support.traffic.flood import Flood, changes_nothing, is_booked_once, mixed_posts

ANSWER_SECONDS = 1.5


class Away(NamedTuple):
    """A running bot on a server of its own."""

    server: Postgres
    url: str
    bot: BotProcess
    key: str


@pytest.fixture
async def away() -> AsyncIterator[Away]:
    async with postgres() as server:
        url = await server.create()
        key = await organised(url)
        async with bot_process(url, TOKENS_ANSWER_SECONDS=str(ANSWER_SECONDS)) as bot:
            yield Away(server, url, bot, key)


@pytest.mark.parametrize("how", ["stopped at once", "killed"])
async def test_a_database_that_restarts_under_load_costs_answers_and_no_event(away: Away, how: str) -> None:
    server, url, bot, key = away
    posts = mixed_posts(250, seed=3)
    async with Flood(bot.url, key, posts) as flood:
        for _ in range(2):
            await flood.answers(200, more=20)
            await (server.stop_at_once() if how == "stopped at once" else server.stop_hard())
            await flood.each_refused()
            assert await bot.gets("/healthz") == 200
            assert await bot.gets("/readyz") == 503
            await server.start()
        await flood.done()

    assert flood.unexpected == []
    assert set(flood.statuses) == {200, 503}
    await is_booked_once(url, flood)
    await changes_nothing(bot.url, key, posts)
    assert await times_booked(url) == dict.fromkeys(flood.all_ids, 1)
    assert "Everything agrees" in await tokens(url, "check")


async def test_a_database_that_stands_still_is_not_waited_for(away: Away) -> None:
    """Its connections stay open and nothing answers: each sender has its 503 meanwhile, and what was under way may be booked
    all the same, once."""
    server, url, bot, key = away
    posts = mixed_posts(200, seed=4)
    async with Flood(bot.url, key, posts) as flood:
        await flood.answers(200, more=20)
        server.pause()
        await flood.each_refused()
        allowance = "/v1/teams/search/allowance"
        asked = (("/healthz", ""), ("/readyz", ""), (allowance, key), (allowance, "tok_unknown"))
        assert await asyncio.gather(*(bot.gets(path, key=by) for path, by in asked)) == [200, 503, 503, 503]
        server.go_on()
        await flood.done()

    assert flood.unexpected == []
    await is_booked_once(url, flood)
    await changes_nothing(bot.url, key, posts)
    assert "Everything agrees" in await tokens(url, "check")


async def test_a_lock_that_somebody_holds_on_the_books_is_not_waited_for(away: Away) -> None:
    server, url, bot, key = away
    posts = mixed_posts(200, seed=5)
    async with Flood(bot.url, key, posts) as flood:
        await flood.answers(200, more=20)
        async with server.connection() as connection, connection.transaction():
            await connection.execute("LOCK TABLE usage_days")
            await flood.each_refused()
        await flood.done()

    assert flood.unexpected == []
    await is_booked_once(url, flood)
    assert "Everything agrees" in await tokens(url, "check")


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """Another process has SQLite's write lock."""
    connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def _waits_for_the_lock_in_vain(url: str) -> None:
    """Asks for the write lock as patiently as the bot: then its threads, which asked before, have given up as well."""
    with (
        closing(sqlite3.connect(str(make_url(url).database), timeout=BUSY_TIMEOUT_MS / 1_000)) as connection,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        connection.execute("BEGIN IMMEDIATE")


@pytest.mark.parametrize("answer_seconds", [1.5, 8.0], ids=["before SQLite gives up", "after SQLite gave up"])
async def test_a_sqlite_file_that_another_process_locks_costs_answers_and_no_event(
    sqlite_url: str, answer_seconds: float
) -> None:
    key = await organised(sqlite_url)
    posts = mixed_posts(200, seed=6)
    async with (
        bot_process(sqlite_url, TOKENS_ANSWER_SECONDS=str(answer_seconds)) as bot,
        Flood(bot.url, key, posts) as flood,
    ):
        await flood.answers(200, more=20)
        with _locked(sqlite_url):
            await flood.each_refused(more=1)
            await asyncio.to_thread(_waits_for_the_lock_in_vain, sqlite_url)
            assert await bot.gets("/healthz") == 200
        await flood.done()
        await is_booked_once(sqlite_url, flood)
        await changes_nothing(bot.url, key, posts)

    assert flood.unexpected == []
    assert set(flood.statuses) == {200, 503}
    assert await times_booked(sqlite_url) == dict.fromkeys(flood.all_ids, 1)
    assert "Everything agrees" in await tokens(sqlite_url, "check")
