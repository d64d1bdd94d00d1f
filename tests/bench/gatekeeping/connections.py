"""Plain HTTP/1.1 over connections that stay open: a client that takes as little time as possible."""

import asyncio
import json
import time
from typing import Any


class Connections:
    """Connections to a bot with a key. A call that finds none free waits."""

    def __init__(self, url: str, key: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._place = host, int(port)
        self._key = key
        self._free: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()

    async def open(self, count: int) -> None:
        for _ in range(count):
            self._free.put_nowait(await asyncio.open_connection(*self._place))

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Returns the status and the answer of a call."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self._key}\r\n"
        request = f"{head}Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n".encode() + sent
        reader, writer = await self._free.get()
        try:
            answer = await _exchange(reader, writer, request)
        except (asyncio.IncompleteReadError, ConnectionError):  # the bot ends connections that nobody used for a while
            writer.close()
            reader, writer = await asyncio.open_connection(*self._place)
            answer = await _exchange(reader, writer, request)
        self._free.put_nowait((reader, writer))
        return answer


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, dict[str, Any]]:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    body = await reader.readexactly(int(head.partition("content-length:")[2].split()[0]))
    try:
        return int(head.split()[1]), json.loads(body)
    except ValueError as error:
        raise AssertionError(f"an answer that is no JSON: {head!r} {body!r}") from error


async def paced(calls: int, rate: float, call: Any) -> list[float]:
    """Makes so many calls a second, each when it is due, whatever became of the others. Returns the seconds from then."""
    took: list[float] = []

    async def one(number: int, due: float) -> None:
        await call(number)
        took.append(time.perf_counter() - due)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(calls):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(one(number, due))
    return took
