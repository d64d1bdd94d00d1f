"""Charts drawn in a process of their own, as a drawing takes a tenth of a second of CPU."""

import asyncio
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from bot.charts.pages import PAGE_FILE, page_of_file
from bot.charts.render import render, render_page
from bot.charts.values import decode


def draw_stored(stored: dict[str, Any]) -> bytes:
    """Returns the PNG of a chart, or the PDF of a page, that is stored with its message. Runs in the drawing process."""
    return render_page(page_of_file(stored)) if stored.get("kind") == PAGE_FILE else render(decode(stored))


def end_with_worker() -> None:
    """Ends the drawing process as soon as its worker is gone: a killed worker can't stop it."""
    worker = multiprocessing.parent_process()
    assert worker is not None

    def wait_and_end() -> None:
        worker.join()
        os._exit(1)

    threading.Thread(target=wait_and_end, name="end with worker", daemon=True).start()


class ChartRenderer:
    """One spawned process that draws charts; it starts with the first, is replaced if it dies, and ends with its worker."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def draw(self, stored: dict[str, Any]) -> bytes:
        """Returns the PNG of a stored chart, or the PDF of a stored page. Raises BrokenProcessPool if the process died."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_worker
            )
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, draw_stored, stored)
        except BrokenProcessPool:
            self._pool = None
            raise

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
