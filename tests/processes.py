"""The bot as a process of its own, for what only a real process can show: the command line, and being killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Self

import aiohttp

from tests import servers

_ROOT = Path(__file__).resolve().parent.parent
_START_SECONDS = 30.0


def environment(database_url: str, **more: str) -> dict[str, str]:
    """A process's environment: this database, and no Slack."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "TOKENS_"))}
    empty = {"SLACK_BOT_TOKEN": "", "SLACK_SIGNING_SECRET": "", "SLACK_APP_TOKEN": ""}
    return {**kept, **empty, "DATABASE_URL": database_url, "PYTHONUNBUFFERED": "1", **more}


async def tokens(database_url: str, *arguments: str | Path) -> str:
    """Runs one command of the command line to its end and returns what it printed. AssertionError if it failed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *map(str, arguments)),
        cwd=_ROOT,
        env=environment(database_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    printed, complained = await process.communicate()
    assert process.returncode == 0, f"tokens {arguments} exited {process.returncode}: {printed!r} {complained!r}"
    return printed.decode()


class BotProcess:
    """`tokens run`, which can be killed and started again on the same port."""

    def __init__(self, database_url: str) -> None:
        with servers.listening_socket() as free:
            self.url = servers.address(free)
            self._port = str(free.getsockname()[1])
        self._environment = environment(database_url, PORT=self._port, TOKENS_WATCH_SECONDS="3600")
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> Self:
        """Starts the process and returns at once."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"), cwd=_ROOT, env=self._environment, stderr=subprocess.PIPE
        )
        return self

    async def ready(self) -> None:
        """Waits until it can book. AssertionError with what it said if it ended instead."""
        assert self._process is not None
        async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
            while True:
                if self._process.returncode is not None and self._process.stderr is not None:
                    raise AssertionError(f"the bot ended: {(await self._process.stderr.read()).decode()}")
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """`kill -9`: nothing of it gets to say goodbye."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.communicate()


@asynccontextmanager
async def bot_process(database_url: str) -> AsyncIterator[BotProcess]:
    """A running bot that is ready; ended at the block's end."""
    bot = await BotProcess(database_url).start()
    try:
        await bot.ready()
        yield bot
    finally:
        await bot.kill()
