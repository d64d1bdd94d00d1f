"""One PostgreSQL server for all tests of a run, in however many processes they are. It forgets quickly rather than keeps well."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import give, programs, user_of_servers

_FOLDER = "FOLDER_OF_THE_TESTS_POSTGRESQL"  # in the environment, so that pytest's workers have it of the process that starts them
# The tests kill the bot, never the database's machine; and no database lives long enough to need a vacuum.
_OFF = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")
# In the server's folder, which is deleted: one that is killed leaves nothing in /dev/shm.
_SHARED_MEMORY = "dynamic_shared_memory_type=mmap"
_SETTINGS = (
    _SHARED_MEMORY,
    "max_connections=400",
    "wal_level=minimal",
    "max_wal_senders=0",
    *(f"{name}=off" for name in _OFF),
)


def name_a_folder() -> None:
    """Chooses the server's folder. It is called once in a run, before there are workers."""
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="tokens-pg-")


def folder() -> Path:
    """Returns what `name_a_folder` chose."""
    return Path(os.environ[_FOLDER])


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Keeps out all other processes of the run that are in a block of this name."""
    with (folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start() -> str:
    """Starts the server if none has yet, and returns its address, in which `{name}` stands for a database."""
    with alone("start"):
        if not _is_there():
            folder().chmod(0o755)
            give(folder(), user_of_servers())
            initdb = ("--auth=trust", "--encoding=utf8", "--no-sync", "--wal-segsize=1", "-U", "postgres")
            _run("initdb", *initdb, "-D", str(_data()))
            settings = " ".join(f"-c {setting}" for setting in _SETTINGS)
            options = f"-h '' -k {folder()} {settings}"
            _run("pg_ctl", "-w", "-l", str(folder() / "log"), "-D", str(_data()), "-o", options, "start")
    return f"postgresql://postgres:@/{{name}}?host={folder()}"


def remove() -> None:
    """Ends the server if there is one, and deletes its folder."""
    if _is_there():
        _run("pg_ctl", "-m", "immediate", "-D", str(_data()), "stop")
    shutil.rmtree(folder())


def _data() -> Path:
    return folder() / "data"


def _is_there() -> bool:
    return (_data() / "postmaster.pid").exists()


def _run(program: str, *arguments: str) -> None:
    """Raises AssertionError with what the program said if it fails."""
    said = folder() / f"{program}.said"  # not a pipe: the server that it starts would hold it open
    with said.open("w") as output:
        done = subprocess.run(
            [str(programs() / program), *arguments],
            user=user_of_servers(),
            cwd="/",
            stdout=output,
            stderr=output,
            check=False,
        )
    assert done.returncode == 0, f"{program} {arguments} exited {done.returncode}: {said.read_text()}"
