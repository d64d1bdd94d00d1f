"""How soon a gateway learns a team's allowance, while usage comes in at a quarter of its pace."""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import psutil

from tests.bench.shapes.builds import Build
from tests.bench.year.company import Size

_FULL_EVENTS = 40_000
_QUIET_SECONDS = 8.0
_BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Allowances:
    """Seconds of answers, sorted; seconds of the bot's processor time a call, beside what usage alone takes; events a
    second at full pace and at a quarter of it.
    """

    seconds: tuple[float, ...]
    cpu: float
    full_rate: float
    statuses: dict[str, int]


async def allowances(build: Build, url: str, size: Size, *, rate: int, seconds: float) -> Allowances:
    """Measures full pace, then a quarter of it alone, then the same with so many calls a second."""
    printed = await build.tokens(url, "keys", "create", f"year-{time.time_ns()}", "--source", "cloudevents")
    key = next(word for word in printed.split() if word.startswith("tok_"))
    seed = time.time_ns() % 1_000_000 * 100
    async with build.running(url) as (bot_url, pid):
        full = await _figures(await _ready("usage", bot_url, key, _FULL_EVENTS, seed, 0))
        quarter = _FULL_EVENTS / full["seconds"] / 4
        sending = await _ready("usage", bot_url, key, _events(quarter, _QUIET_SECONDS), seed + 1, quarter)
        _, alone = await _cpu_of(pid, _figures(sending))
        sending = await _ready("usage", bot_url, key, _events(quarter, seconds), seed + 2, quarter)
        asking = await _ready("allowance", bot_url, key, min(size.teams, 50), rate, seconds)
        (found, _), together = await _cpu_of(pid, asyncio.gather(_figures(asking), _figures(sending)))
    usage_alone = alone / _QUIET_SECONDS * seconds
    return Allowances(
        seconds=tuple(sorted(found["answers"])),
        cpu=(together - usage_alone) / len(found["answers"]),
        full_rate=_FULL_EVENTS / full["seconds"],
        statuses=found["statuses"],
    )


def _events(rate: float, seconds: float) -> int:
    return max(round(rate * seconds / _BATCH), 1) * _BATCH


async def _cpu_of(pid: int, work: Any) -> tuple[Any, float]:
    """Returns what the work gives, and the seconds of the bot's processor time meanwhile."""
    process = psutil.Process(pid)
    before = sum(process.cpu_times()[:2])
    found = await work
    return found, sum(process.cpu_times()[:2]) - before


async def _ready(*words: object) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.year.measures.load", *map(str, words)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=2**26,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def _figures(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"go\n")
    await process.stdin.drain()
    figures: dict[str, Any] = json.loads(await process.stdout.readline())
    await process.wait()
    return figures
