"""Runs ASGI apps on loopback inside a test's own event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

GRACE_SECONDS = 1.0  # for a page's stream of events, which has no end of its own


def listening_socket() -> socket.socket:
    """A bound socket on a free port, so that two servers can know each other's address before they start."""
    # Named as TCP, or asyncio leaves Nagle's algorithm on, and every second answer waits 40 ms for an acknowledgement.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    return bound


def address(bound: socket.socket) -> str:
    """The URL of a server on this socket."""
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


@asynccontextmanager
async def running(app: Any, bound: socket.socket | None = None) -> AsyncIterator[str]:
    """Serves an app while the block runs; gives its URL. SystemExit if it does not start."""
    bound = bound or listening_socket()
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_keep_alive=600,  # a test that is held up for a moment finds its connection as it was
        ws="none",
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # Started and stopped by hand: the server's own main loop would take over the signals, and stops a tick late.
    await server.startup(sockets=[bound])
    try:
        yield address(bound)
    finally:
        await _stop(server)
        bound.close()


async def _stop(server: uvicorn.Server) -> None:
    """As uvicorn's own shutdown, without its pauses of a tenth of a second."""
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    loop = asyncio.get_running_loop()
    ends = loop.time() + GRACE_SECONDS
    while (server.server_state.connections or server.server_state.tasks) and loop.time() < ends:  # noqa: ASYNC110  # it has no event
        await asyncio.sleep(0.001)
    for task in server.server_state.tasks:
        task.cancel()
    await server.lifespan.shutdown()
