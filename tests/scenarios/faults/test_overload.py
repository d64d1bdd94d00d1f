"""More than can be taken: answers are 200 or 503 with Retry-After, memory stays flat, and all that was answered is there once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from bot.clock import SystemClock
from bot.org.teams_yml.teams_file import read_teams_file
from bot.settings import Settings
from handlers.cli import prepare
from handlers.context import Context
from handlers.intake.keys import create_key
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import Answer, NotDurable, TooBusy
from handlers.org.teams import import_teams
from tests.scenarios.booked import organised, times_booked
from tests.storage.conftest import Books
from tests.support.company import TEAMS_YML
from tests.support.processes import bot_process, tokens
from tests.support.traffic.flood import WITHIN_SECONDS, Flood, changes_nothing, is_booked_once, mixed_posts

MIB = 1024 * 1024
MAX_GROWTH = 48 * MIB


@pytest.mark.parametrize(
    ("bound", "most"), [("TOKENS_MOST_WAITING_ROWS", "120"), ("TOKENS_MAX_IN_FLIGHT_BYTES", "60000")]
)
async def test_senders_beyond_the_bounds_are_told_to_come_again(database_url: str, bound: str, most: str) -> None:
    key = await organised(database_url)
    posts = mixed_posts(90, seed=7)
    settings: dict[str, Any] = {bound: most}
    async with bot_process(database_url, TOKENS_GROUP_ROWS="80", **settings) as bot:
        process = psutil.Process(bot.pid)
        async with Flood(bot.url, key, posts, connections=24) as flood:
            await flood.answers(200, more=20)
            before = process.memory_info().rss
            await flood.done()
        grown = process.memory_info().rss - before
        assert flood.unexpected == []
        assert set(flood.statuses) == {200, 503}
        assert grown < MAX_GROWTH
        await is_booked_once(database_url, flood)
        await changes_nothing(bot.url, key, posts)

    assert await times_booked(database_url) == dict.fromkeys(flood.all_ids, 1)
    assert "Everything agrees" in await tokens(database_url, "check")


ANSWER_SECONDS = 0.4
MAX_ROWS = 10
ROWS = 4


@pytest.fixture
async def small(database_url: str) -> AsyncIterator[Books]:
    """Acme's books with room for a few rows, which wait for a moment only."""
    settings = Settings(database_url=database_url, answer_seconds=ANSWER_SECONDS, most_waiting_rows=MAX_ROWS)
    context = await prepare(settings, SystemClock())
    await import_teams(context, read_teams_file(TEAMS_YML), dry_run=False)
    token = await create_key(context, "gateway", source="cloudevents")
    source = await context.rulebooks.source_of(token)
    assert source is not None
    intake = Intake(context)
    intake.start()
    yield Books(context=context, intake=intake, source=source, key=b"")
    await intake.stop()
    await context.store.close()


@asynccontextmanager
async def _held_up(context: Context) -> AsyncIterator[None]:
    """Somebody writes and does not come to an end: on SQLite that alone keeps others out."""
    async with context.store.begin() as tx:
        if not context.store.is_sqlite:
            await tx.connection.execute(text("LOCK TABLE run_keys IN EXCLUSIVE MODE"))
        yield


async def _comes_again(small: Books, body: list[dict[str, Any]]) -> Answer:
    """As a sender does that was told to: the writers may still be letting go of what they gave up."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while True:
            try:
                return await small.takes(*body)
            except (NotDurable, TooBusy):
                await asyncio.sleep(0.1)


async def test_what_waits_stays_bounded_while_senders_come_and_leave(small: Books) -> None:
    """The database is held up: a few rows are let in and their senders told to come again, wave after wave, and however
    often that happens no more are let in than the bound says."""
    bodies = [[small.event(f"{body}-{row}") for row in range(ROWS)] for body in range(30)]
    fates: Counter[str] = Counter()

    async def sends(body: int) -> None:
        try:
            answer: Answer = await small.takes(*bodies[body])
            fates["answered"] += answer.accepted
        except (NotDurable, TooBusy) as error:
            fates[type(error).__name__] += 1

    async with _held_up(small.context), asyncio.timeout(WITHIN_SECONDS):  # all are answered while it is held up
        for wave in range(0, 30, 10):
            waited = fates["NotDurable"]
            await asyncio.gather(*(sends(body) for body in range(wave, wave + 10)))
            assert (fates["NotDurable"] - waited) * ROWS <= MAX_ROWS
    assert fates["answered"] == 0
    assert fates["NotDurable"] >= 2, "the first few were let in, and waited"
    assert fates["TooBusy"] >= 15, "the others were not"

    for body in bodies:
        answer = await _comes_again(small, body)
        assert answer.accepted + answer.duplicates == ROWS
    assert {calls for calls, _ in await small.totals()} == {len(bodies) * ROWS}
    assert await small.faults() == []
