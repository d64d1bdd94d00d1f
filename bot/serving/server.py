"""Serves HTTP until a signal arrives, and leaves time to stop cleanly."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from bot.serving.connections import ConnectionLimits, OpenConnections


class _Server(uvicorn.Server):
    """uvicorn raises the signal again after it stops, which would end the process before outbox and intake stop.
    `Signals` handles signals instead.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Signals:
    """Set once SIGINT or SIGTERM arrives. A second signal ends the process at once."""

    def __init__(self) -> None:
        self._came = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows has no signal handlers; KeyboardInterrupt ends it
                self._loop.add_signal_handler(number, self._stop, number)

    def _stop(self, number: int) -> None:
        self._loop.remove_signal_handler(number)
        self._came.set()

    async def wait(self) -> None:
        await self._came.wait()


class Serving:
    """A running HTTP server. `until(signals)` returns on a signal, or when the server ends by itself."""

    def __init__(
        self,
        app: Any,
        *,
        listener: socket.socket | None = None,
        grace_seconds: int = 10,
        limits: ConnectionLimits | None = None,
        **options: Any,
    ) -> None:
        config = uvicorn.Config(
            app,
            http=OpenConnections(limits or ConnectionLimits()).protocol,  # type: ignore[arg-type]  # uvicorn calls it, and asks for no more
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
        """Finishes the requests in progress and accepts no more. Raises the error that ended the server, if any."""
        self._server.should_exit = True
        await self._task
