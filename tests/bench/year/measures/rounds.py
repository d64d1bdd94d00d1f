"""The books' own work on a year: an idle round of the job that keeps them, and the explanation of one event."""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.databases import sqlite_file
from tests.bench.shapes.builds import Build
from tests.support.processes import environment

_PROGRAM = Path(__file__).parent / "inside.py"


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """Seconds of some calls, sorted, and of their processor time. `held` is the longest hold of SQLite's writer."""

    seconds: tuple[float, ...]
    cpu: tuple[float, ...]
    held: float | None = None


async def idle_keep_books(build: Build, url: str) -> Rounds:
    """Keeps the books when there is nothing to do, while another process asks for the writer."""
    program = await _inside(build, url, "keep_books")
    await _figures(program)
    prober = None
    if url.startswith("sqlite"):
        prober = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.year.measures.held", sqlite_file(url)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        await asyncio.sleep(1)  # it imports nothing slow, and says nothing when it begins
    assert program.stdin is not None
    program.stdin.write(b"go\n")
    figures = await _figures(program)
    held = None
    if prober is not None:
        printed, _ = await prober.communicate(b"")  # which closes its input
        held = float(printed)
    await program.wait()
    return _rounds(figures, held)


async def explained(build: Build, url: str, event_id: str) -> Rounds:
    """Explains an event's attribution by its id, in a process that has started."""
    program = await _inside(build, url, "explain", event_id)
    figures = await _figures(program)
    await program.wait()
    return _rounds(figures, None)


async def _inside(build: Build, url: str, *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", str(_PROGRAM), *words),
        cwd=build.folder,
        env=environment(url, PYTHONPATH=str(build.folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


async def _figures(program: asyncio.subprocess.Process) -> dict[str, list[float]]:
    assert program.stdout is not None
    while line := await program.stdout.readline():
        if line.startswith(b"{"):  # the others are its log
            figures: dict[str, list[float]] = json.loads(line)
            return figures
    raise AssertionError("the program inside the build ended without figures")


def _rounds(figures: dict[str, list[float]], held: float | None) -> Rounds:
    return Rounds(seconds=tuple(sorted(figures["seconds"])), cpu=tuple(sorted(figures["cpu"])), held=held)
