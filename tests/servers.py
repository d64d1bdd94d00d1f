"""Runs ASGI apps on loopback inside a test's own event loop."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn


def listening_socket() -> socket.socket:
    """A bound socket on a free port, so that two servers can know each other's address before they start."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
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
        app, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=1, ws="none"
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # Started and stopped by hand: the server's own main loop would take over the signals, and stops a tick late.
    await server.startup(sockets=[bound])
    try:
        yield address(bound)
    finally:
        await server.shutdown(sockets=[bound])
        bound.close()
