"""The operator's commands: imports, repricing, moving usage and digests, some of them killed while they run and run again."""

import asyncio
import itertools
import random
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.drill.company import FINAL, FIRST, TEAMS, VARIANTS, Variant, teams_yml
from tests.drill.records import CommandRun, Kill, Records
from tests.support.paths import ROOT

_KILL_RATE = 0.3


class Operator:
    """Runs commands of the command line one after the other."""

    def __init__(
        self, *, environment: dict[str, str], folder: Path, records: Records, chance: random.Random, pause: float
    ) -> None:
        self._environment = environment
        self._folder = folder
        self._records = records
        self._chance = chance
        self._pause = pause

    async def run(self, done: asyncio.Event) -> None:
        """Runs commands until `done`, and finishes the one in progress."""
        for number in itertools.count(1):
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), self._chance.uniform(0.5, 1.5) * self._pause)
            if done.is_set():
                return
            variant = VARIANTS[(number // 4) % len(VARIANTS)]
            digest = ("digest", "--team", self._chance.choice(TEAMS), "--post")
            words = (digest, self._import(variant), self._reprice(), self._reapply())[number % 4]
            delay = self._chance.uniform(0.8, 5.0) if self._chance.random() < _KILL_RATE else None
            if (await self.command(*words, kill_after=delay)).killed:
                await self.command(*words)

    async def begin(self) -> None:
        """Imports the first variant."""
        await self.command(*self._import(FIRST))

    async def finish(self) -> None:
        """Brings the books to the final variant: every call of the priced model costs its final price."""
        for words in (self._import(FINAL), self._reapply(), self._reprice()):
            run = await self.command(*words)
            if run.code != 0:
                self._records.unexpected.append(f"`tokens {run.words}` failed at the end: {run.output[-300:]}")

    async def command(self, *words: str, kill_after: float | None = None) -> CommandRun:
        """Runs a command to its end, or kills it after some seconds."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words),
            cwd=ROOT,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        reading = asyncio.ensure_future(process.communicate())
        done, _ = await asyncio.wait([reading], timeout=kill_after)
        if not done:
            self._records.kills.append(Kill(process="command", at=time.monotonic()))
            process.kill()
        printed, _ = await reading
        run = CommandRun(
            words=" ".join(words), code=process.returncode, output=printed.decode("utf-8", "replace"), killed=not done
        )
        self._records.commands.append(run)
        return run

    def _import(self, variant: Variant) -> tuple[str, ...]:
        file = self._folder / "teams.yml"
        file.write_text(teams_yml(variant))
        return ("teams", "import", str(file))

    @staticmethod
    def _reprice() -> tuple[str, ...]:
        return ("reprice", "--since", _before_history())

    @staticmethod
    def _reapply() -> tuple[str, ...]:
        return ("attribution", "reapply", "--since", _before_history())


def _before_history() -> str:
    return f"{datetime.now(UTC) - timedelta(days=30):%Y-%m-%d}"
