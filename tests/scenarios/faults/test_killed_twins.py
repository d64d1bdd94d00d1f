"""`kill -9` between a record of a call and its twin, and while both are booked: each call counts once."""

import asyncio
import time
from contextlib import suppress

import aiohttp

from tests.scenarios.booked import booked, organised
from tests.support.processes import BotProcess, tokens
from tests.support.traffic.otlp import AT
from tests.support.traffic.rebatched import in_protobuf
from tests.support.traffic.twins import SECOND, TRACER, outer, told

CALLS = 24
HEADERS = {"Content-Type": "application/x-protobuf"}


def pair(call: int) -> tuple[bytes, bytes]:
    """Two records of a call, each a body: told by its response in two traces, or by counts and time."""
    response = f"msg_{call}" if call % 2 else ""
    ago = time.time_ns() - AT - 3_600 * SECOND
    other = told(TRACER, call=call, span=2, full=False, response=response, begins=ago)
    if not response:
        other = outer(call=call, begins=ago - SECOND // 10)
    records = (told(call=call, response=response, begins=ago), other)
    first, second = (in_protobuf({"resourceSpans": [record]}, "traces") for record in records)
    return (first, second) if call % 3 else (second, first)


async def sends(bot: BotProcess, key: str, bodies: list[bytes]) -> None:
    """Sends bodies in turn, each again until it is answered."""
    headers = HEADERS | {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for body in bodies:
            status = 0
            while status != 200:
                with suppress(aiohttp.ClientError):
                    async with session.post(f"{bot.url}/v1/usage/otlp/v1/traces", data=body) as answer:
                        status = answer.status


async def test_a_bot_killed_between_a_record_and_its_twin_books_each_call_once(database_url: str) -> None:
    await organised(database_url)
    key = (await tokens(database_url, "keys", "create", "services", "--source", "otlp")).split()[-1]
    bot = BotProcess(database_url)
    pairs = [pair(call) for call in range(1, CALLS + 1)]
    try:
        await bot.start()
        await sends(bot, key, [first for first, _ in pairs])
        assert (await booked(database_url)).calls == CALLS
        await bot.kill()  # it has forgotten every record

        await bot.start()
        await sends(bot, key, [second for _, second in pairs[: CALLS // 2]])
        under_way = [asyncio.ensure_future(sends(bot, key, list(one))) for one in pairs[CALLS // 2 :]]
        await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        await bot.kill()  # amid the others
        await bot.start()
        await asyncio.gather(*under_way)
        await sends(bot, key, [body for one in pairs for body in one])  # nothing of it is new
    finally:
        await bot.remove()

    said = await tokens(database_url, "sources")
    assert f"services: {CALLS} further records of calls in 7 days, kept as twins and not counted" in said
    assert "Everything agrees" in await tokens(database_url, "check")
    assert (await booked(database_url, of="days")).calls == CALLS
