"""Reads that many callers share: each begins after all of its callers asked, so none gets an older answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedRead(Generic[T]):
    """Runs one read at a time. Callers that ask while one runs share the next one."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    @property
    def is_running(self) -> bool:
        return self._running is not None or self._next is not None

    async def result(self) -> T:
        """Returns the result of a read that begins after this call. A cancelled caller leaves it to the others."""
        return await asyncio.shield(self.start())

    def start(self) -> "asyncio.Task[T]":
        """Returns the task of such a read."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
            self._next.add_done_callback(_look_at_error)
        return self._next

    async def _after(self, before: "asyncio.Task[T] | None") -> T:
        if before is not None:
            await asyncio.wait([before])
        own = self._running = self._next
        self._next = None
        try:
            return await self._read()
        finally:
            if self._running is own:
                self._running = None


def _look_at_error(task: "asyncio.Task[T]") -> None:
    """Takes note of an error whose callers have all gone, so that nobody logs it as forgotten."""
    if not task.cancelled():
        task.exception()
