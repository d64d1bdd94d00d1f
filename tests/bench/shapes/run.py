"""One run: a build on a database, one shape sent to it at full pace, until all totals are exact."""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass

import psutil

from tests.bench.databases import Databases, number
from tests.bench.formats import Format
from tests.bench.shapes.builds import Build
from tests.bench.shapes.events import Shape

_LOOKS_EVERY_SECONDS = 0.01
_FOLDED_WITHIN_SECONDS = 120.0
_PENDING = "SELECT count(*) FROM (SELECT 1 FROM usage_pending LIMIT 1) AS waiting"
_HAS_PENDING = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'usage_pending'",
    "postgresql": "SELECT count(*) FROM pg_class WHERE relname = 'usage_pending'",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A database that is ready for a build: with its tables, teams and an ingest key. `server` is its server's process id."""

    kind: str
    url: str
    key: str
    server: int | None


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run showed, in seconds and bytes.

    `answered` is the time until the last answer, `exact` until all totals were exact too. `cpu` is the processor time of the bot,
    `server_cpu` that of PostgreSQL. `memory` is the bot's before and after, with nothing of the sender.
    """

    events: int
    answered: float
    exact: float
    cpu: float
    server_cpu: float
    memory: tuple[int, int]

    @property
    def rate(self) -> float:
        return self.events / self.answered

    @property
    def exact_rate(self) -> float:
        return self.events / self.exact


async def made_ready(databases: Databases, build: Build, url: str, teams_file: str, form: Format) -> Place:
    """Migrates a database with a build, imports the bench's teams and creates an ingest key for a format."""
    await build.tokens(url, "migrate")
    await build.tokens(url, "teams", "import", teams_file)
    printed = await build.tokens(url, "keys", "create", f"bench-{time.time_ns()}", "--source", form.source)
    key = next(word for word in printed.split() if word.startswith("tok_"))
    return Place(kind=databases.kind, url=url, key=key, server=databases.server_pid)


async def run(build: Build, place: Place, shape: Shape, form: Format, *, count: int, seed: int) -> Run:
    """Sends the shape's warm-up and then so many events, each of which must be booked and in the totals."""
    has_pending = bool(await number(place.url, _HAS_PENDING[place.kind]))
    async with build.running(place.url) as (url, pid):
        sender = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.shapes.sender", url, place.key, form.name, shape.name),
            *(str(count), str(seed)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            limit=2**26,
        )
        assert sender.stdin is not None
        assert sender.stdout is not None
        assert await sender.stdout.readline() == b"ready\n"
        if has_pending:
            await _folded(place.url)
        before = await _in_books(place.url)
        memory, cpu, server_cpu = _memory(pid), _cpu(pid), _server_cpu(place.server)
        sender.stdin.write(b"go\n")
        await sender.stdin.drain()
        sent = json.loads(await sender.stdout.readline())
        ended = time.perf_counter()
        if has_pending:
            await _folded(place.url)
        folding = time.perf_counter() - ended if has_pending else 0.0
        cpu, server_cpu = _cpu(pid) - cpu, _server_cpu(place.server) - server_cpu
        memory_after = _memory(pid)
        await sender.wait()
        booked, totalled = (now - then for now, then in zip(await _in_books(place.url), before, strict=True))
    assert booked == totalled == count, (booked, totalled, count)
    return Run(
        events=count,
        answered=sent["seconds"],
        exact=sent["seconds"] + folding,
        cpu=cpu,
        server_cpu=server_cpu,
        memory=(memory, memory_after),
    )


async def _folded(url: str) -> None:
    """Waits until no sums wait for the totals."""
    async with asyncio.timeout(_FOLDED_WITHIN_SECONDS):
        while await number(url, _PENDING):  # noqa: ASYNC110  # another process folds
            await asyncio.sleep(_LOOKS_EVERY_SECONDS)


async def _in_books(url: str) -> tuple[int, int]:
    """How many events there are, and how many the totals of hours say."""
    events = await number(url, "SELECT count(*) FROM usage_events")
    return events, await number(url, "SELECT coalesce(sum(calls), 0) FROM usage_hours")


def _memory(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)


def _cpu(pid: int) -> float:
    return float(sum(psutil.Process(pid).cpu_times()[:2]))


def _server_cpu(pid: int | None) -> float:
    """Of all processes of the database's server that are left."""
    return 0.0 if pid is None else sum(_cpu(child.pid) for child in psutil.Process(pid).children())
