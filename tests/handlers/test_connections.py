"""Connections within bounds, on the server as it runs: heads that don't end, crowds without keys, requests in a row."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from bot.serving.connections import MAX_PIPELINED, ConnectionLimits
from bot.serving.server import Serving
from handlers.intake.routes.endpoint import mark_proved
from tests.support.servers import listening_socket

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"
KEY = b"GET /with-key HTTP/1.1\r\nHost: bot\r\n\r\n"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def app() -> FastAPI:
    made = FastAPI()

    @made.get("/healthz")
    async def healthz() -> Response:
        return PlainTextResponse("ok")

    @made.get("/with-key")
    async def with_key(request: Request) -> Response:
        mark_proved(request)
        return PlainTextResponse("ok")

    return made


@asynccontextmanager
async def serving(*, most: int = 100, head_seconds: float = 60.0) -> AsyncIterator[int]:
    """The bot's server with these limits; gives its port."""
    bound = listening_socket()
    limits = ConnectionLimits(most=most, head_seconds=head_seconds)
    server = Serving(app(), listener=bound, limits=limits, grace_seconds=1, timeout_keep_alive=60)
    try:
        yield bound.getsockname()[1]
    finally:
        await server.stop()
        bound.close()


async def connects(port: int) -> Connection:
    async with asyncio.timeout(30):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:  # it has not begun to listen
                await asyncio.sleep(0)


async def asks(connection: Connection, request: bytes = HEALTH) -> int:
    """The status of one answer; 0 if the connection was closed instead."""
    reader, writer = connection
    writer.write(request)
    try:
        async with asyncio.timeout(30):
            head = await reader.readuntil(b"\r\n\r\n")
            if b"content-length: 2\r\n" in head:
                await reader.readexactly(2)
    except (ConnectionError, asyncio.IncompleteReadError):
        return 0
    return int(head.split()[1])


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTTP/1.1\r\nHost: b", b"\r\n"])
async def test_a_head_that_does_not_come_is_given_up(begun: bytes) -> None:
    async with serving(head_seconds=0.2) as port:
        assert await asks(await connects(port), begun) == 408


async def test_a_second_head_that_does_not_come_is_given_up_too() -> None:
    async with serving(head_seconds=0.2) as port:
        connection = await connects(port)
        assert await asks(connection) == 200
        assert await asks(connection, b"GET /heal") == 408


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n",
        b"GET /healthz HTTP/1.1\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"h" * 100_000 + b" HTTP/1.1\r\n\r\n",
        HEALTH * (MAX_PIPELINED + 3),
    ],
)
async def test_a_head_that_is_too_large_and_a_crowd_of_requests_are_refused(request_head: bytes) -> None:
    async with serving() as port:
        reader, writer = await connects(port)
        writer.write(request_head)
        async with asyncio.timeout(30):
            answer = await reader.read()
        assert b"HTTP/1.1 400 " in answer
        assert await asks(await connects(port)) == 200


async def test_a_crowd_without_keys_closes_its_own_oldest_and_none_with_a_key() -> None:
    async with serving(most=5) as port:
        with_key = await connects(port)
        assert await asks(with_key, KEY) == 200
        crowd = [await connects(port) for _ in range(12)]
        assert await asks(crowd[-1]) == 200, "the newest gets its answer"

        assert await asks(with_key, KEY) == 200
        assert await asks(crowd[0]) == 0
        newest = await connects(port)
        assert await asks(newest) == 200


async def test_a_body_that_goes_on_after_its_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.serving.connections.LINGER_SECONDS", 0.2)
    async with serving() as port:
        reader, writer = await connects(port)
        writer.write(b"POST /nowhere HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000000\r\n\r\n")
        async with asyncio.timeout(30):
            assert b" 404 " in await reader.readuntil(b"\r\n")
            ended = asyncio.ensure_future(reader.read())
            while not ended.done():
                writer.write(b"x" * 100)
                await asyncio.sleep(0.01)
            await asyncio.gather(ended, return_exceptions=True)
