"""`kill -9` at random moments of a replay over HTTP: what was answered is there once, and sending again changes nothing."""

import asyncio
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from handlers.replays import read_events
from tests.azure import write_csv
from tests.processes import BotProcess
from tests.scenarios.booked import agrees, organised, times_booked

KILLS = 8
BATCH = 100
SENDERS = 4
LONGEST_LIFE_SECONDS = 0.25

Batch = list[dict[str, Any]]


class Client:
    """A sender that keeps which of its batches were answered 200, and what the answers said."""

    def __init__(self, url: str, key: str, batches: Sequence[Batch]) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents-batch+json"}
        self._waiting = list(enumerate(batches))[::-1]
        self._batches = batches
        self.answered: dict[int, dict[str, Any]] = {}
        self.accepted = 0

    async def send(self) -> None:
        """Sends what was not answered yet, several batches at once; one that failed is tried again, later."""
        async with aiohttp.ClientSession(headers=self._headers) as session:
            await asyncio.gather(*(self._send_on(session) for _ in range(SENDERS)))

    async def _send_on(self, session: aiohttp.ClientSession) -> None:
        while len(self.answered) < len(self._batches):
            if not self._waiting:
                await asyncio.sleep(0.01)
                continue
            number, batch = self._waiting.pop()
            try:
                async with session.post(f"{self._url}/v1/usage", data=json.dumps(batch)) as answer:
                    assert answer.status in (200, 503), await answer.text()
                    if answer.status == 200:
                        self.answered[number] = await answer.json()
                        self.accepted += self.answered[number]["accepted"]
                        continue
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)  # nobody is there: the bot was killed
            self._waiting.append((number, batch))

    def answered_ids(self) -> set[str]:
        return {event["id"] for number in self.answered for event in self._batches[number]}


@pytest.mark.parametrize("seed", [1])
async def test_a_bot_killed_at_random_moments_loses_nothing_it_answered_and_books_nothing_twice(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    file = tmp_path / "azure.csv"
    sums = write_csv(file, with_ids=True)
    key = await organised(database_url)
    events = list(read_events(file, b""))
    batches = [events[start : start + BATCH] for start in range(0, len(events), BATCH)]
    chance = random.Random(seed)
    bot = BotProcess(database_url)
    client = Client(bot.url, key, batches)
    sending = asyncio.create_task(client.send())
    try:
        answered_before_kills = [await _lives_a_while(bot, client, chance) for _ in range(KILLS)]
        assert answered_before_kills[-1] < len(batches), "the kills must come before the replay's end"
        answered = client.answered_ids()
        there = await times_booked(database_url)
        assert {there.get(event_id, 0) for event_id in answered} == {1}
        await bot.start()
        await bot.ready()
        await sending
        resent = Client(bot.url, key, batches)
        await resent.send()
    finally:
        sending.cancel()
        await bot.kill()

    assert set((await times_booked(database_url)).values()) == {1}
    assert resent.accepted == 0
    assert sum(answer["duplicates"] for answer in resent.answered.values()) == sums.calls
    await agrees(database_url, sums)


async def _lives_a_while(bot: BotProcess, client: Client, chance: random.Random) -> int:
    """Starts the bot and kills it a moment after it began to answer; returns how many batches were answered by then."""
    await bot.start()
    await bot.ready()
    await asyncio.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
    await bot.kill()
    return len(client.answered)
