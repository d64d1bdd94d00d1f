"""Usage in over HTTP, the bot in one process and its sender in another, and the bare database after it."""

import asyncio
import gc
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench import bare
from tests.bench.databases import Databases, number
from tests.bench.doing import postgresql_doing_seconds, sqlite_doing_seconds
from tests.bench.events import teams_yml
from tests.bench.formats import Format
from tests.support.processes import bot_process, tokens

SEED = 7


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """What one run showed. Answers are seconds, sorted: at full pace and at half of it. Memory is the web process's resident
    bytes after the warm-up, after full pace, and at the end. Native events alone are written again without the bot."""

    database: str
    form: Format
    events: int
    bot_seconds: float
    bare_seconds: float | None
    ready_made_seconds: float | None
    answers: tuple[float, ...]
    half_answers: tuple[float, ...]
    memory: tuple[int, ...]

    @property
    def bot_rate(self) -> float:
        return self.events / self.bot_seconds


async def ingest(databases: Databases, form: Format, *, count: int) -> Ingest:
    """Books so many new events, half as many again at half that pace, and writes native ones again without the bot."""
    url = await databases.new()
    key = await organised(url, form)
    memory = []
    async with bot_process(url) as bot:
        sender = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.sender", bot.url, key, form.name, str(count), str(SEED)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            limit=2**26,
        )
        assert sender.stdin is not None
        assert sender.stdout is not None
        assert await sender.stdout.readline() == b"ready\n"
        booked_before = await _booked(url)
        memory.append(await _memory(bot.pid))
        sender.stdin.write(b"go\n")
        await sender.stdin.drain()
        full, half = json.loads(await sender.stdout.readline()), json.loads(await sender.stdout.readline())
        memory.append(await _memory(bot.pid))
        await sender.wait()
        booked = await _booked(url) - booked_before
    assert booked == full["events"] + half["events"], (booked, full["events"], half["events"])
    bare_seconds = ready_made_seconds = None
    if form.name == "cloudevents":
        bare_seconds, ready_made_seconds = await _without_the_bot(databases, url, count)
    return Ingest(
        database=databases.kind,
        form=form,
        events=count,
        bot_seconds=full["seconds"],
        bare_seconds=bare_seconds,
        ready_made_seconds=ready_made_seconds,
        answers=tuple(sorted(full["answers"])),
        half_answers=tuple(sorted(half["answers"])),
        memory=tuple(memory),
    )


async def _without_the_bot(databases: Databases, url: str, count: int) -> tuple[float, float]:
    """Seconds of the bare database for the same rows: doing the same work, and merely writing what is ready-made."""
    groups = await bare.written_by_bot(url, prefix=f"{SEED}-")
    assert sum(len(group.events) for group in groups) == count
    fresh = await databases.new()
    gc.collect()
    gc.freeze()  # the bare run makes no objects; it should not pay for looking through those it was given
    try:
        if databases.kind == "sqlite":
            doing = sqlite_doing_seconds(await databases.new(), groups)
            return doing, bare.sqlite_seconds(fresh, groups)
        doing = await postgresql_doing_seconds(await databases.new(), groups)
        return doing, await bare.postgresql_seconds(fresh, groups)
    finally:
        gc.unfreeze()


async def _booked(url: str) -> int:
    """Events in the books."""
    return await number(url, "SELECT count(*) FROM usage_events")


async def _memory(pid: int) -> int:
    """Resident bytes of a process, as `ps` tells them."""
    asked = await asyncio.create_subprocess_exec("ps", "-o", "rss=", "-p", str(pid), stdout=subprocess.PIPE)
    printed, _ = await asked.communicate()
    return int(printed) * 1024


async def organised(url: str, form: Format) -> str:
    """Imports the bench's teams by the command line and returns an ingest key of the format."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(teams_yml())
        file.flush()
        await tokens(url, "teams", "import", Path(file.name))
    printed = await tokens(url, "keys", "create", "bench", "--source", form.source)
    return next(word for word in printed.split() if word.startswith("tok_"))
