"""Two processes beside a bot: one sends usage at a pace, one asks for allowances at a pace.

`load usage URL KEY COUNT SEED RATE` sends so many events, at a rate of 0 as fast as they are answered. `load allowance URL KEY
TEAMS RATE SECONDS` asks so often a second, each call when it is due, whatever became of the others. Each says `ready`, waits
for a line, and prints a line of figures.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime

from tests.bench.formats import FORMATS, bodies
from tests.bench.sender import Sender
from tests.bench.shapes.events import SHAPES

_CONNECTIONS = 64
_PATIENCE_SECONDS = 120.0


def _usage(url: str, key: str, count: str, seed: str, rate: str) -> dict[str, object]:
    form, now = FORMATS["cloudevents"], datetime.now(UTC)
    sender = Sender(url, key, form)
    counted = bodies(form, SHAPES["habits"].counted(int(count), int(seed), now))
    _wait_for_go()
    every = form.batch / float(rate) if float(rate) else 0.0
    seconds, answers = asyncio.run(sender.send(counted, every=every))
    return {"seconds": seconds, "answers": answers}


async def _allowances(url: str, key: str, teams: int, rate: float, seconds: float) -> dict[str, object]:
    """Asks over many connections; a call that finds none free waits, and its time counts from when it was due."""
    host, _, port = url.removeprefix("http://").partition(":")
    free: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()
    for _ in range(_CONNECTIONS):
        free.put_nowait(await asyncio.open_connection(host, int(port)))
    took: list[float] = []
    statuses: Counter[str] = Counter()

    async def ask(number: int, due: float) -> None:
        path = f"/v1/teams/team-{number % teams}/allowance"
        reader, writer = await free.get()
        try:
            head = await _got(reader, writer, path, key)
        except (asyncio.IncompleteReadError, ConnectionError):  # the bot ends connections that nobody used for a while
            writer.close()
            reader, writer = await asyncio.open_connection(host, int(port))
            head = await _got(reader, writer, path, key)
        took.append(time.perf_counter() - due)
        statuses[head.split()[1]] += 1
        free.put_nowait((reader, writer))

    began = time.perf_counter()
    async with asyncio.timeout(seconds + _PATIENCE_SECONDS), asyncio.TaskGroup() as calls:
        for number in range(round(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            calls.create_task(ask(number, due))
    return {"answers": took, "statuses": statuses}


async def _got(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, key: str) -> str:
    """Returns the head of a GET's answer, and reads its body."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    await reader.readexactly(int(head.partition("content-length:")[2].split()[0]))
    return head


def _wait_for_go() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


def main() -> None:
    """Does one of the two and prints its figures."""
    what, url, key, *words = sys.argv[1:]
    if what == "usage":
        figures = _usage(url, key, words[0], words[1], words[2])
    else:
        _wait_for_go()
        figures = asyncio.run(_allowances(url, key, int(words[0]), float(words[1]), float(words[2])))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
