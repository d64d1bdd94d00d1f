"""Disks that are full when a test says so: a small tmpfs where one may be mounted, and files that may not grow anywhere."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psutil
import pytest


class Disk(Protocol):
    """Where a database lies. `fill` leaves so many bytes, `free` gives everything back."""

    folder: Path

    def fill(self, *, leave: int) -> None: ...

    def free(self) -> None: ...


class SmallDisk:
    """A tmpfs of so many MiB; another file on it takes the rest of the space."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, *, leave: int) -> None:
        there = os.statvfs(self.folder)
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(4096, there.f_bavail * there.f_frsize - leave))

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


class LimitedFiles:
    """No file that the processes write may grow beyond the largest one there: what anybody can do to one's own processes."""

    def __init__(self, folder: Path, pids: Callable[[], Iterable[int]]) -> None:
        self.folder = folder
        self._pids = pids

    def fill(self, *, leave: int) -> None:
        largest = max((file.stat().st_size for file in self.folder.rglob("*") if file.is_file()), default=0)
        self._limit(largest + leave)

    def free(self) -> None:
        self._limit("unlimited")

    def _limit(self, most: int | str) -> None:
        """Sets the processes' soft limits, as the user whose they are: a limit of another's is not even root's everywhere."""
        for pid in self._pids():
            try:
                process = psutil.Process(pid)
                user, group = process.uids().real, process.gids().real
            except psutil.NoSuchProcess:
                continue
            who: dict[str, Any] = {} if user == os.getuid() else {"user": user, "group": group, "extra_groups": []}
            done = subprocess.run(["prlimit", f"--pid={pid}", f"--fsize={most}:"], check=False, **who)
            if done.returncode and process.is_running():  # asked afterwards: it may have ended meanwhile
                done.check_returncode()


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """A small tmpfs, unmounted at the block's end. Skips, and says so, where mounting is not allowed."""
    folder = Path(tempfile.mkdtemp(prefix="tokens-disk-"))
    options = f"size={megabytes}m,mode=755"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip(
            f"no tmpfs can be mounted here ({mounted.stderr.decode().strip()}): files with a limit stand in for it"
        )
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()
