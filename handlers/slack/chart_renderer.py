"""Drawing charts beside the event loop: a drawing costs a tenth of a second of CPU, in a spawned process of its own."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any


def draw_stored(stored: dict[str, Any]) -> bytes:
    """The PNG of a chart as it is stored with its message. Runs in the drawing process."""
    from bot.charts.values import decode, render

    return render(decode(stored))


class ChartRenderer:
    """One spawned process that draws; started at the first picture, replaced if it dies."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def draw(self, stored: dict[str, Any]) -> bytes:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, draw_stored, stored)
        except BrokenProcessPool:
            self._pool = None
            raise

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
