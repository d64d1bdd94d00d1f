"""The process that draws charts ends with the worker that started it."""

import asyncio
import sys

import psutil

from tests.support.paths import ROOT
from tests.support.waiting import until

WORKER = """
import asyncio
from handlers.slack.chart_renderer import ChartRenderer

async def draw_and_wait() -> None:
    try:
        await ChartRenderer().draw({})
    except Exception as error:
        print(repr(error), flush=True)
    await asyncio.sleep(600)

asyncio.run(draw_and_wait())
"""


async def test_a_killed_worker_leaves_no_drawing_process_behind() -> None:
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    assert b"Error" in await worker.stdout.readline(), "an empty chart can't be drawn, but the process runs"
    children = psutil.Process(worker.pid).children(recursive=True)
    assert children

    worker.kill()
    await worker.wait()

    await until(lambda: not any(map(_runs, children)), what="the children of a killed worker end")


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
