"""`kill -9` at random moments under load: answered usage is booked once, and a retry changes nothing."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handlers.intake.replays import read_events
from storage.store import Store
from tests.scenarios.booked import agrees, booked, organised, times_booked
from tests.support.company import usage_event
from tests.support.processes import BotProcess, tokens
from tests.support.traffic.azure import write_csv
from tests.support.traffic.flood import (
    Flood,
    changes_nothing,
    is_booked_once,
    mixed_posts,
    native,
)
from tests.support.waiting import until

BATCH = 100
LONGEST_LIFE_SECONDS = 0.15


@pytest.mark.parametrize("seed", [1])
async def test_a_bot_killed_at_random_moments_loses_nothing_it_answered_and_books_nothing_twice(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    file = tmp_path / "azure.csv"
    sums = write_csv(file, with_ids=True)
    key = await organised(database_url)
    events = list(read_events(file, b""))
    posts = [native(events[start : start + BATCH]) for start in range(0, len(events), BATCH)]
    bot = BotProcess(database_url)
    try:
        async with Flood(bot.url, key, posts, connections=4, may_vanish=True) as flood:
            await _dies_often(bot, flood, random.Random(seed), kills=8)
            assert len(flood.answered) < len(posts), "the kills must come before the replay's end"
            await is_booked_once(database_url, flood)
            await bot.start()
            await flood.done()
        assert flood.unexpected == []
        await changes_nothing(bot.url, key, posts)
    finally:
        await bot.remove()

    assert len(await times_booked(database_url)) == sums.calls
    await agrees(database_url, sums)


@pytest.mark.parametrize("seed", [2])
async def test_killed_amid_overlapping_batches_of_two_senders_it_lost_nothing_it_answered(
    database_url: str, seed: int
) -> None:
    """Native batches that overlap, new people and models, rows for quarantine and LiteLLM's bodies, all at once: the
    fast path and the full path, in one group or in two at the same time.
    """
    key = await organised(database_url)
    posts = mixed_posts(300, seed=seed)
    bot = BotProcess(database_url, TOKENS_GROUP_ROWS="200")  # many small commits, so that many are interrupted
    try:
        async with Flood(bot.url, key, posts, connections=12, may_vanish=True) as flood:
            await _dies_often(bot, flood, random.Random(seed), kills=5)
            assert 0 < len(flood.answered) < len(posts), "the kills must come amid the sending"
            await is_booked_once(database_url, flood)
            await bot.start()
            await flood.done()
        assert flood.unexpected == []
        await changes_nothing(bot.url, key, posts)
    finally:
        await bot.remove()

    assert await times_booked(database_url) == dict.fromkeys(flood.all_ids, 1)
    assert "Everything agrees" in await tokens(database_url, "check")


async def test_killed_while_totals_wait_it_adds_them_at_its_next_start(database_url: str) -> None:
    key = await organised(database_url)
    now = datetime.now(UTC)
    events = [usage_event(number, at=now - timedelta(minutes=number % 90), dollars=1) for number in range(20_000)]
    posts = [native(events[start : start + 20]) for start in range(0, len(events), 20)]
    bot = BotProcess(database_url, TOKENS_GROUP_ROWS="40")  # others wait behind every group
    store = Store(database_url)
    try:
        async with Flood(bot.url, key, posts, connections=12, may_vanish=True) as flood:
            while not await _waits(store):
                await bot.start()
                await bot.ready()
                await flood.answers(200)
                await until(lambda: _waits(store), what="totals that wait")
                await bot.kill()
            await is_booked_once(database_url, flood)
        assert (await booked(database_url)).calls > (await booked(database_url, of="hours")).calls
        assert "Everything agrees" in await tokens(database_url, "check")

        await bot.start()
        await until(lambda: _waits(store, False), what="a fold after the start")
    finally:
        await bot.remove()
        await store.close()

    await agrees(database_url, await booked(database_url))


async def _waits(store: Store, expected: bool = True) -> bool:
    """Returns whether usage waits for its totals, as `expected`."""
    async with store.read() as tx:
        return (await tx.pending.waiting() is not None) == expected


async def _dies_often(bot: BotProcess, flood: Flood, chance: random.Random, *, kills: int) -> None:
    """Starts the bot again and again, and kills it a moment after its first answers."""
    for _ in range(kills):
        await bot.start()
        await bot.ready()
        await flood.answers(200, more=chance.choice((0, 1, 3)))
        await asyncio.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
        await bot.kill()
