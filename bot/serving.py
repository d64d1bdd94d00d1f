"""Serving HTTP until a signal says stop, with time left to put things away afterwards."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    """uvicorn raises the signal again once it has stopped, which would end the process before the outbox and the intake
    are put away. Here signals are `Signals`' business alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Signals:
    """Set when SIGINT or SIGTERM came. A second one ends the process at once, as people expect."""

    def __init__(self) -> None:
        self._came = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # a loop without signal handlers (Windows) ends by KeyboardInterrupt
                self._loop.add_signal_handler(number, self._stop, number)

    def _stop(self, number: int) -> None:
        self._loop.remove_signal_handler(number)
        self._came.set()

    async def wait(self) -> None:
        await self._came.wait()


class Serving:
    """An app being served. `until(signals)` returns when a signal came or the server ended by itself."""

    def __init__(
        self, app: Any, *, listener: socket.socket | None = None, grace_seconds: int = 10, **options: Any
    ) -> None:
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=grace_seconds,
            server_header=False,
            **options,
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener] if listener else None))

    async def until(self, signals: Signals) -> None:
        stopped = asyncio.create_task(signals.wait())
        await asyncio.wait({stopped, self._task}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()

    async def stop(self) -> None:
        """Answers the requests in hand, and takes no more. Raises what ended the server, if it did not end well."""
        self._server.should_exit = True
        await self._task
