"""The builds that are measured side by side: this one, and the commit before the pace of real senders was looked at."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import aiohttp

from tests.support import servers
from tests.support.paths import ROOT
from tests.support.processes import environment

BEFORE = "387068b"
_START_SECONDS = 300.0  # a database of millions of events is read once at the start


@dataclass(frozen=True, kw_only=True)
class Build:
    """A checkout of the project. Both use this virtual environment: the folder of a process comes before its packages."""

    name: str
    folder: Path

    async def tokens(self, database_url: str, *arguments: str | Path) -> str:
        """Runs one command of this build's command line and returns what it printed. AssertionError if it failed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *map(str, arguments)),
            cwd=self.folder,
            env=environment(database_url),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        assert process.returncode == 0, f"tokens {arguments} of {self.name}: {printed.decode()}"
        return printed.decode()

    @asynccontextmanager
    async def running(self, database_url: str, **settings: str) -> AsyncIterator[tuple[str, int]]:
        """Runs web and worker until the block's end; gives their address and process id. `settings` are more of their
        environment.
        """
        with servers.listening_socket() as free:
            url, port = servers.address(free), str(free.getsockname()[1])
        with tempfile.NamedTemporaryFile("w+", prefix="tokens-bench-", suffix=".log") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                cwd=self.folder,
                env=environment(database_url, **{"PORT": port, "TOKENS_WATCH_SECONDS": "3600", **settings}),
                stdout=log,
                stderr=log,
            )
            try:
                async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
                    while not await _is_ready(session, url):
                        assert process.returncode is None, f"{self.name} ended: {_text(log)}"
                        await asyncio.sleep(0.05)
                yield url, process.pid
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()


def _text(log: IO[str]) -> str:
    log.seek(0)
    return log.read()


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    with suppress(aiohttp.ClientError):
        async with session.get(f"{url}/readyz") as answer:
            return answer.status == 200
    return False


NOW = Build(name="now", folder=ROOT)


@contextmanager
def build_before(commit: str = BEFORE) -> Iterator[Build]:
    """The build of an earlier commit in a temporary folder. SystemExit with what to do if the history lacks it."""
    with tempfile.TemporaryDirectory(prefix="tokens-before-") as folder:
        packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
        if packed.returncode:
            raise SystemExit(
                f"Commit {commit} is not in this checkout's history, so there is nothing to compare with. Fetch the whole "
                "history (git fetch --unshallow), or measure this build alone with --no-before."
            )
        subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
        yield Build(name=commit, folder=Path(folder))
