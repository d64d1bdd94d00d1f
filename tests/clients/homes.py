"""A clean home for a program: an environment of a few variables, and a folder to work in."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import aiohttp

from tests.clients.apis.tools import FILE
from tests.support.servers import listening_socket

_PATIENCE_SECONDS = 300
_START_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    output: str


class Home:
    """The home of one program. Nothing of the caller's environment is seen there, and no proxy is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / FILE).write_text("".join(f"Line {line}\n" for line in range(1, 10)))

    def write(self, path: str, text: str) -> Path:
        """Writes a file below the home and returns its path."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Returns the environment of a command: `env -i` with what every program needs, and `more`."""
        node = shutil.which("node")
        bins = dict.fromkeys([*([str(Path(node).parent)] if node else []), "/usr/local/bin", "/usr/bin", "/bin"])
        return {
            "HOME": str(self.folder),
            "PATH": ":".join(bins),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "TMPDIR": str(_made(self.folder / "tmp")),
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    async def run(self, *words: str | Path, env: Mapping[str, str], patience: float = _PATIENCE_SECONDS) -> Ran:
        """Runs a command to its end, at low priority; ends its whole group if it takes too long."""
        process = await asyncio.create_subprocess_exec(
            *("nice", "-n", "10", *(str(word) for word in words)),
            cwd=self.work,
            env=self.environment(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), patience)
        except TimeoutError:
            printed = f"took longer than {patience:.0f} s".encode()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        return Ran(code=process.returncode or 0, output=printed.decode(errors="replace"))

    @asynccontextmanager
    async def running(self, *words: str | Path, env: Mapping[str, str], until: str, log: str) -> AsyncIterator[None]:
        """Runs a server while the block runs, once `until` answers 200; then asks it to end, and waits.

        RuntimeError with the end of its log if it does not start.
        """
        file = self.folder / log
        with _opened(file) as printed:
            process = await asyncio.create_subprocess_exec(
                *("nice", "-n", "10", *(str(word) for word in words)),
                cwd=self.work,
                env=self.environment(env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=printed,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            await _answers(until, process, file)
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _answers(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    soon = aiohttp.ClientTimeout(total=5)  # a server that only begins to listen may never answer its first request
    async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession(timeout=soon) as session:
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"the server ended: {_end_of(log)}")
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.2)


def free_port() -> int:
    """Returns a port that nothing listens on."""
    with listening_socket() as free:
        return int(free.getsockname()[1])


def _opened(file: Path) -> BinaryIO:
    return file.open("wb")


def _end_of(file: Path) -> str:
    return file.read_text(errors="replace")[-600:]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
