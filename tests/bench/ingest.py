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
from tests.bench.databases import Databases
from tests.bench.doing import postgresql_doing_seconds, sqlite_doing_seconds
from tests.bench.events import teams_yml
from tests.processes import bot_process, tokens

SEED = 7


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """What one run showed. Answers are seconds, sorted; memory is bytes."""

    database: str
    events: int
    bot_seconds: float
    bare_seconds: float
    ready_made_seconds: float
    answers: tuple[float, ...]
    memory_before: int
    memory_after: int

    @property
    def bot_rate(self) -> float:
        return self.events / self.bot_seconds

    @property
    def bare_rate(self) -> float:
        return self.events / self.bare_seconds

    @property
    def ready_made_rate(self) -> float:
        return self.events / self.ready_made_seconds


async def ingest(databases: Databases, *, count: int) -> Ingest:
    """Books so many new events, and writes their rows again without the bot."""
    url = await databases.new()
    key = await organised(url)
    async with bot_process(url) as bot:
        sender = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.sender", bot.url, key, str(count), str(SEED)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            limit=2**26,
        )
        assert sender.stdin is not None
        assert sender.stdout is not None
        assert await sender.stdout.readline() == b"ready\n"
        before = await _memory(bot.pid)
        printed, _ = await sender.communicate(b"go\n")
        after = await _memory(bot.pid)
    told = json.loads(printed)
    assert told["accepted"] == count, told
    groups = await bare.written_by_bot(url, prefix=f"{SEED}-")
    assert sum(len(group.events) for group in groups) == count
    fresh = await databases.new()
    gc.collect()
    gc.freeze()  # the bare run makes no objects; it should not pay for looking through those it was given
    if databases.kind == "sqlite":
        bare_seconds = sqlite_doing_seconds(await databases.new(), groups)
        ready_made_seconds = bare.sqlite_seconds(fresh, groups)
    else:
        bare_seconds = await postgresql_doing_seconds(await databases.new(), groups)
        ready_made_seconds = await bare.postgresql_seconds(fresh, groups)
    gc.unfreeze()
    return Ingest(
        database=databases.kind,
        events=count,
        bot_seconds=told["seconds"],
        bare_seconds=bare_seconds,
        ready_made_seconds=ready_made_seconds,
        answers=tuple(sorted(told["answers"])),
        memory_before=before,
        memory_after=after,
    )


async def _memory(pid: int) -> int:
    """Resident bytes of a process, as `ps` tells them."""
    asked = await asyncio.create_subprocess_exec("ps", "-o", "rss=", "-p", str(pid), stdout=subprocess.PIPE)
    printed, _ = await asked.communicate()
    return int(printed) * 1024


async def organised(url: str) -> str:
    """Imports the bench's teams by the command line and returns an ingest key."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(teams_yml())
        file.flush()
        await tokens(url, "teams", "import", Path(file.name))
    printed = await tokens(url, "keys", "create", "bench", "--source", "cloudevents")
    return next(word for word in printed.split() if word.startswith("tok_"))
