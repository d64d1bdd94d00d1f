"""`kill -9` while gateways reserve and settle: what was answered is there once, and a repeated request changes nothing."""

import asyncio
from contextlib import suppress
from typing import Any

import aiohttp

from tests.scenarios.booked import organised
from tests.support.processes import BotProcess, tokens
from tests.support.waiting import until

KILLS = 2


async def test_a_bot_killed_while_it_reserves_keeps_what_it_answered_and_a_repetition_counts_once(
    database_url: str,
) -> None:
    key = await organised(database_url)
    bot = BotProcess(database_url)
    made: dict[str, str] = {}
    settled: set[str] = set()
    number = 0

    async def caller(session: aiohttp.ClientSession) -> None:
        nonlocal number
        while True:
            number += 1
            name = f"call-{number}"
            with suppress(aiohttp.ClientError, TimeoutError):
                made[name] = (await reserve(session, name))["id"]
                async with session.post(f"/v1/reservations/{made[name]}/settle", json={"cost_usd": "0.01"}) as answer:
                    if answer.status == 200:
                        settled.add(name)
            await asyncio.sleep(0)

    async def reserve(session: aiohttp.ClientSession, name: str) -> dict[str, Any]:
        body = {"team": "search", "max_usd": "0.02", "ttl_seconds": 3600}
        async with session.post("/v1/reservations", json=body, headers={"Idempotency-Key": name}) as answer:
            found: dict[str, Any] = await answer.json()
            assert answer.status == 201, found
            return found

    try:
        async with aiohttp.ClientSession(bot.url, headers={"Authorization": f"Bearer {key}"}) as session:
            for kill in range(1, KILLS + 1):
                await bot.start()
                await bot.ready()
                before = len(settled)
                callers = [asyncio.create_task(caller(session)) for _ in range(6)]
                await until(lambda least=before + 30: _more(settled, least), what=f"answers before kill {kill}")  # type: ignore[misc]
                await bot.kill()
                for task in callers:
                    task.cancel()
                await asyncio.gather(*callers, return_exceptions=True)
            await bot.start()
            await bot.ready()
            for name, reservation_id in made.items():
                assert (await reserve(session, name))["id"] == reservation_id
            for name in settled:
                async with session.delete(f"/v1/reservations/{made[name]}") as answer:
                    assert answer.status == 409, "what was settled stays settled"
    finally:
        await bot.remove()

    assert "Everything agrees" in await tokens(database_url, "check")


async def _more(settled: set[str], least: int) -> bool:
    return len(settled) >= least
