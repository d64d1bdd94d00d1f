"""Temporary files of the tests lie in memory where there is room: on a disk, a new database takes ten times the CPU."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # Linux has a file system in memory here; elsewhere it is missing
NEEDED_BYTES = 4 << 30


def use_memory() -> None:
    """Puts temporary files into memory, here and in the processes started from here, unless TMPDIR names a folder."""
    if "TMPDIR" in os.environ or not has_room(MEMORY):
        return
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None  # it is looked up again: somebody may have asked already


def has_room(folder: Path, *, needed_bytes: int = NEEDED_BYTES) -> bool:
    """Returns whether this folder exists, may be written to and has this much space."""
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= needed_bytes
