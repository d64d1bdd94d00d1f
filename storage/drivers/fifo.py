"""A lock that serves waiters in order, so that no writer starves another."""

import asyncio
from types import TracebackType


class FifoLock:
    """asyncio's lock, which is first come, first served. It belongs to the event loop of its first wait, so it is
    created there.
    """

    def __init__(self) -> None:
        self._locks: dict[int, asyncio.Lock] = {}
        self._waiting = 0

    def _here(self) -> asyncio.Lock:
        return self._locks.setdefault(id(asyncio.get_running_loop()), asyncio.Lock())

    @property
    def is_waited_for(self) -> bool:
        return self._waiting > 0

    async def acquire(self) -> None:
        self._waiting += 1
        try:
            await self._here().acquire()
        finally:
            self._waiting -= 1

    def release(self) -> None:
        self._here().release()

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
