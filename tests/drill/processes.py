"""The bot's processes, each started as an operator would, killed with `kill -9` and started again; and their logs."""

import asyncio
import json
import random
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import aiohttp
import psutil

from tests.drill.records import Kill, Records
from tests.support.paths import ROOT

_START_SECONDS = 120.0
_STOP_SECONDS = 60.0
_BAD_WORDS = ("Traceback", "Exception", "Error", "error:", "never retrieved", "Unclosed")


class BotProcess:
    """`tokens web` or `tokens worker`, which logs to a file per life."""

    def __init__(self, name: str, role: str, *, environment: dict[str, str], logs: Path, records: Records) -> None:
        self.name = name
        self.role = role
        self.is_ready = False
        self._port = _free_port()
        self._environment = {**environment, "PORT": str(self._port)}
        self._logs = logs
        self._records = records
        self._lives = 0
        self._process: Process | None = None
        self._children: dict[int, float] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Starts a new life and waits until it is ready."""
        self._lives += 1
        with (self._logs / f"{self.name}.{self._lives}.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", self.role), cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_SECONDS):
            await self._until_ready()
        self.is_ready = True

    async def _until_ready(self) -> None:
        if self.role != "web":
            return
        async with aiohttp.ClientSession() as session:
            while self._process is not None and self._process.returncode is None:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)
        raise RuntimeError(f"{self.name} ended before it was ready; see {self._logs}")

    async def kill(self) -> None:
        """`kill -9`: nothing of it gets to say goodbye."""
        if self._process is None or self._process.returncode is not None:
            return
        self.is_ready = False
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._process.pid).children(recursive=True):
                self._children[child.pid] = child.create_time()
        self._records.kills.append(Kill(process=self.name, at=time.monotonic()))
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """Ends it as a platform does; a process that ends badly is recorded."""
        self.is_ready = False
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._records.ended.append(f"{self.name} did not stop within {_STOP_SECONDS:.0f} s")
            self._process.kill()
            return
        if code not in (0, -signal.SIGTERM):
            self._records.ended.append(f"{self.name} stopped with exit code {code}")

    def look(self) -> None:
        """Records a process that ended by itself."""
        if self.is_ready and self._process is not None and self._process.returncode is not None:
            self.is_ready = False
            self._records.ended.append(f"{self.name} ended by itself with exit code {self._process.returncode}")

    def orphans(self) -> list[str]:
        """Returns the children of killed lives that still run."""
        found = []
        for pid, created in self._children.items():
            with suppress(psutil.Error):
                child = psutil.Process(pid)
                if child.create_time() == created and child.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"{self.name}: {' '.join(child.cmdline())[-120:]}")
                    child.kill()
        return found


async def kill_at_random(
    processes: Sequence[BotProcess], *, chance: random.Random, pause: tuple[float, float], done: asyncio.Event
) -> None:
    """Kills one process after the other, at random moments and in a random order, until `done`; each starts again."""
    waiting: list[BotProcess] = []
    while not done.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), chance.uniform(*pause))
        if done.is_set():
            return
        if not waiting:
            waiting = chance.sample(list(processes), len(processes))
        victim = waiting.pop()
        for process in processes:
            process.look()
        await victim.kill()
        await asyncio.sleep(chance.uniform(0.2, 2.0))
        await victim.start()


def read_logs(folder: Path, records: Records) -> None:
    """Reads every log. The last line of a killed process may be cut."""
    for file in sorted(folder.glob("*.log")):
        text = file.read_text(errors="replace")
        lines = text.splitlines()
        whole = lines if text.endswith("\n") else lines[:-1]
        for line in whole:
            _read_line(line, records, where=file.stem)


def _read_line(line: str, records: Records, *, where: str) -> None:
    try:
        said = json.loads(line)
    except ValueError:
        if any(word in line for word in _BAD_WORDS):
            records.log_faults.append(f"{where}: {line[:300]}")
        return
    level, event = str(said.get("level")), str(said.get("event"))
    if level in ("error", "critical") or "exception" in said:
        shown = {
            name: value for name, value in said.items() if name not in ("level", "event", "timestamp", "exception")
        }
        records.log_faults.append(f"{where}: {event} {json.dumps(shown)[:300]}")
    elif level == "warning":
        records.warnings[event] += 1


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
