"""A small program that runs inside a build, this one or an earlier one: it builds every team's digest and draws its chart.

It posts the digests that are due into the outbox, and meanwhile draws the charts of those that are there, in the build's own
drawing process, as a worker does. It prints what that took.
"""

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime
from importlib import import_module
from typing import Any

import psutil

_DRAWN_AT_ONCE = 4
_POLL_SECONDS = 0.02


def _first(*names: tuple[str, str]) -> Any:
    """Returns the first of these that the build has: files and names moved since the earlier one."""
    for module, name in names:
        try:
            return getattr(import_module(module), name)
        except ModuleNotFoundError:
            continue
    raise SystemExit(f"This build has none of {names}.")


async def _main(file: str, monday: str) -> None:
    post_due = _first(("handlers.reporting.digests", "post_due_digests"), ("handlers.digests", "post_due_digests"))
    renderer = _first(("handlers.slack.chart_renderer", "ChartRenderer"), ("handlers.pictures", "DrawingRoom"))()
    clock = import_module("bot.clock").ShiftedClock()
    clock.jump_to(datetime.fromisoformat(monday))
    settings = import_module("bot.settings").load_settings()
    context = await import_module("handlers.cli").prepare(settings, clock)
    await renderer.draw(_WARM_UP)
    workers, this = psutil.Process().children(), psutil.Process()
    wall, cpu, drawn = time.perf_counter(), _cpu(this, *workers), _cpu(*workers)
    charts: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(_DRAWN_AT_ONCE)
    posting = asyncio.create_task(post_due(context))
    sizes: list[int] = []

    async def draw() -> None:
        while (chart := await charts.get()) is not None:
            sizes.append(len(await renderer.draw(chart)))

    drawing = [asyncio.create_task(draw()) for _ in range(_DRAWN_AT_ONCE)]
    async for chart in _charts(file, posting):
        await charts.put(chart)
    for _ in drawing:
        await charts.put(None)
    await asyncio.gather(*drawing)
    found = {
        "digests": await posting,
        "charts": len(sizes),
        "kilobytes": sum(sizes) / max(len(sizes), 1) / 1024,
        "wall": time.perf_counter() - wall,
        "cpu": _cpu(this, *workers) - cpu,
        "drawing_cpu": _cpu(*workers) - drawn,
        "drawing_memory": sum(worker.memory_info().rss for worker in workers) >> 20,
    }
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    renderer.close()
    await context.store.close()
    os._exit(0)  # an earlier build's drawing process would keep this one


def _cpu(*processes: psutil.Process) -> float:
    times = [process.cpu_times() for process in processes]
    return float(sum(used.user + used.system for used in times))


async def _charts(file: str, posting: "asyncio.Task[int]") -> AsyncIterator[dict[str, Any]]:
    """Yields the charts of messages in the outbox, until all are posted."""
    seen = 0
    with closing(sqlite3.connect(file)) as database:
        while True:
            is_last = posting.done()
            rows = database.execute("SELECT id, body FROM outbox WHERE id > ? ORDER BY id", (seen,)).fetchall()
            for number, body in rows:
                seen = number
                for chart in json.loads(body).get("charts", ()):
                    yield chart
            if is_last:
                return
            await asyncio.sleep(_POLL_SECONDS)


_WARM_UP = {
    "kind": "spend_by_day",
    "title": "A first chart",
    "subtitle": "It starts the drawing process",
    "days": [20_000],
    "tools": [["Codex", [1_000_000_000]]],
    "budget_line_nanos": None,
    "closed_through": None,
    "alt": "",
}


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2]))
