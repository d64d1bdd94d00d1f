"""A process that sends usage: first as fast as it is answered, then at half that pace.

`python -m tests.bench.sender URL KEY FORMAT EVENTS SEED`. It makes its bodies first, sends a warm-up, says `ready`, waits
for a line, sends what counts and prints a line of figures for each round.
"""

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain

import aiohttp

from tests.bench.events import events, first_events
from tests.bench.formats import FORMATS, Format, bodies

WARM_UP, WARM_UP_SEEDS = 8_000, (998, 999)
_HALF_SEED = 500


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What one round of sending took, in seconds; `answers` are each request's, from when it was due."""

    events: int
    seconds: float
    answers: list[float]


class Sender:
    """Sends one format's bodies over its number of connections. Anything but a 200 ends the bench."""

    def __init__(self, url: str, key: str, form: Format) -> None:
        self._url = f"{url}{form.path}"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": form.content_type}
        self._connections = form.connections

    async def send(self, waiting: Sequence[bytes], *, every: float = 0.0) -> tuple[float, list[float]]:
        """Sends bodies as fast as they are answered, or one `every` so many seconds, come what may."""
        answers: list[float] = []
        left = deque(enumerate(waiting))
        began = time.perf_counter()

        async def one_connection(session: aiohttp.ClientSession) -> None:
            while left:
                place, body = left.popleft()
                due = began + place * every if every else time.perf_counter()
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                async with session.post(self._url, data=body) as answer:
                    said = await answer.read()
                    assert answer.status == 200, said
                answers.append(time.perf_counter() - due)

        connector = aiohttp.TCPConnector(limit=self._connections)
        async with aiohttp.ClientSession(headers=self._headers, connector=connector) as session:
            await asyncio.gather(*(one_connection(session) for _ in range(self._connections)))
        return time.perf_counter() - began, answers


async def rounds(
    sender: Sender, form: Format, counted: Sequence[bytes], half: Sequence[bytes], count: int
) -> list[Sent]:
    """As fast as it goes, then at half that."""
    seconds, answers = await sender.send(counted)
    full = Sent(events=count, seconds=seconds, answers=answers)
    seconds, answers = await sender.send(half, every=2 * form.batch * full.seconds / count)
    return [full, Sent(events=count // 2, seconds=seconds, answers=answers)]


def main() -> None:
    """Sends a warm-up of other events, which makes series and people known, then the ones that count."""
    url, key, name, count, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    form = FORMATS[name]
    now = datetime.now(UTC)
    sender = Sender(url, key, form)
    first = first_events(seed=WARM_UP_SEEDS[0], now=now)
    warm_up = bodies(form, chain(first, events(WARM_UP, seed=WARM_UP_SEEDS[1], now=now)))
    counted = bodies(form, events(count, seed=seed, now=now))
    half = bodies(form, events(count // 2, seed=_HALF_SEED, now=now))
    asyncio.run(sender.send(warm_up))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for sent in asyncio.run(rounds(sender, form, counted, half, count)):
        sys.stdout.write(json.dumps(asdict(sent)) + "\n")


if __name__ == "__main__":
    main()
