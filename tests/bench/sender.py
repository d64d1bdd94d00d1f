"""A process that sends usage as fast as it is answered: `python -m tests.bench.sender URL KEY EVENTS SEED`.

It makes its bodies first, sends a warm-up, says `ready`, waits for a line, sends what counts and prints its figures.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import aiohttp

from tests.bench.events import bodies, events, first_events

BATCH, CONNECTIONS = 500, 24
WARM_UP, WARM_UP_SEEDS = 8_000, (998, 999)


async def send(url: str, key: str, waiting: list[bytes]) -> dict[str, Any]:
    """Sends all bodies over so many connections and returns events accepted, seconds, and every answer's seconds."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents-batch+json"}
    answers: list[float] = []
    accepted = 0
    waiting = waiting[::-1]

    async def one_connection(session: aiohttp.ClientSession) -> None:
        nonlocal accepted
        while waiting:
            body = waiting.pop()
            began = time.perf_counter()
            async with session.post(f"{url}/v1/usage", data=body) as answer:
                counts = await answer.json()
                assert answer.status == 200, counts
            answers.append(time.perf_counter() - began)
            accepted += counts["accepted"]

    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        began = time.perf_counter()
        await asyncio.gather(*(one_connection(session) for _ in range(CONNECTIONS)))
        seconds = time.perf_counter() - began
    return {"accepted": accepted, "seconds": seconds, "answers": answers}


def main() -> None:
    """Sends a warm-up of other events, which makes series and people known, then the ones that count."""
    url, key, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    now = datetime.now(UTC)
    first = first_events(seed=WARM_UP_SEEDS[0], now=now)
    warm_up = bodies(chain(first, events(WARM_UP, seed=WARM_UP_SEEDS[1], now=now)), batch=BATCH)
    counted = bodies(events(count, seed=seed, now=now), batch=BATCH)
    asyncio.run(send(url, key, warm_up))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(json.dumps(asyncio.run(send(url, key, counted))))


if __name__ == "__main__":
    main()
