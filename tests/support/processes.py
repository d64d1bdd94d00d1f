"""The bot as a process of its own, for what only a real process can show: the command line, and being killed."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

import aiohttp

from tests.support import servers
from tests.support.forks import fork

_START_SECONDS = 120.0


def environment(database_url: str, **more: str) -> dict[str, str]:
    """A process's environment: this database, and no Slack."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "TOKENS_"))}
    empty = {"SLACK_BOT_TOKEN": "", "SLACK_SIGNING_SECRET": "", "SLACK_APP_TOKEN": ""}
    return {**kept, **empty, "DATABASE_URL": database_url, "PYTHONUNBUFFERED": "1", **more}


async def tokens(database_url: str, *arguments: str | Path) -> str:
    """Runs one command of the command line to its end and returns what it printed. AssertionError if it failed."""
    with tempfile.TemporaryDirectory(prefix="tokens-cli-") as folder:
        output, errors = Path(folder) / "stdout", Path(folder) / "stderr"
        process = await asyncio.to_thread(
            fork, [str(word) for word in arguments], environment(database_url), output=output, errors=errors
        )
        await asyncio.to_thread(process.join)
        printed, complained = output.read_text(), errors.read_text()
    assert process.exitcode == 0, f"tokens {arguments} exited {process.exitcode}: {printed!r} {complained!r}"
    return printed


class BotProcess:
    """`tokens run`, which can be killed and started again on the same port."""

    def __init__(self, database_url: str, *, log: Path | None = None, **settings: str) -> None:
        """`log` is the file that it logs to, `settings` more of its environment."""
        with servers.listening_socket() as free:
            self.url = servers.address(free)
            self._port = str(free.getsockname()[1])
        self._environment = environment(
            database_url, **{"PORT": self._port, "TOKENS_WATCH_SECONDS": "3600", **settings}
        )
        self._process: ForkServerProcess | None = None
        self._log = log or Path(tempfile.mkstemp(prefix="tokens-bot-", suffix=".log")[1])
        self._keeps_log = log is not None

    async def start(self, prepare: Callable[[], None] | None = None) -> Self:
        """Starts the process and returns at once. It logs to a file: nobody empties a pipe meanwhile. `prepare` runs in it
        before anything else."""
        self._process = await asyncio.to_thread(
            fork, ["run"], self._environment, output=self._log, errors=self._log, prepare=prepare
        )
        return self

    async def died(self) -> None:
        """Waits until it has ended by itself, by `kill -9`."""
        assert self._process is not None
        await asyncio.to_thread(self._process.join, _START_SECONDS)
        assert self._process.exitcode == -signal.SIGKILL, f"it ended with {self._process.exitcode}: {self.said()}"

    def said(self) -> str:
        """What it logged so far."""
        return self._log.read_text(errors="replace") if self._log.is_file() else f"nothing that {self._log} kept"

    async def ready(self) -> None:
        """Waits until it can book. AssertionError with what it said if it ended instead."""
        assert self._process is not None
        async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
            while True:
                if self._process.exitcode is not None:
                    raise AssertionError(f"the bot ended: {self.said()}")
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)

    async def gets(self, path: str, *, key: str = "") -> int:
        """The status of a GET; TimeoutError if there is none within ten seconds."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            asyncio.timeout(10),
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{self.url}{path}") as answer,
        ):
            return answer.status

    async def kill(self) -> None:
        """`kill -9`: nothing of it gets to say goodbye."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    async def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.exitcode is None:
            os.kill(self.pid, how)
            await asyncio.to_thread(self._process.join)

    async def remove(self) -> None:
        """Kills it, and its log with it."""
        await self.kill()
        if not self._keeps_log:
            self._log.unlink(missing_ok=True)


@asynccontextmanager
async def bot_process(database_url: str, *, log: Path | None = None, **settings: str) -> AsyncIterator[BotProcess]:
    """A running bot that is ready; ended at the block's end."""
    bot = await BotProcess(database_url, log=log, **settings).start()
    try:
        await bot.ready()
        yield bot
    finally:
        await bot.remove()
