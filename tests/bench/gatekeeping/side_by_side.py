"""A pair's processor time beside that of an earlier build, in turns: on a busy machine both are slowed alike."""

import asyncio
import subprocess
import sys
from pathlib import Path
from statistics import median

from rich.console import Console

from tests.bench.gatekeeping.company import TEAMS, teams_yml
from tests.bench.shapes.builds import NOW, Build, build_before
from tests.support.processes import environment

BEFORE = "79d8d9c"
"""The last commit whose reservations took four statements of SQLAlchemy for each read."""
_INSIDE = Path(__file__).with_name("inside.py")
_WARM_UP, _PAIRS, _ROUNDS = 100, 150, 5


async def compare_pairs(out: Console, folder: Path) -> None:
    """Measures both builds, each with a database of its own in the folder, and prints a line for each."""
    with build_before(BEFORE) as before:
        builds = (before, NOW)
        running = [await _started(build, folder) for build in builds]
        found: list[list[float]] = [[], []]
        for round_ in range(_ROUNDS + 1):
            for number, process in enumerate(running):
                seconds = await _asked(process, _PAIRS if round_ else _WARM_UP)
                found[number] += [seconds] if round_ else []
        for process in running:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
    for build, seconds_each in zip(builds, found, strict=True):
        shown = ", ".join(f"{seconds * 1_000:.2f}" for seconds in sorted(seconds_each))
        out.print(
            f"one pair at a time, {build.name}: {median(seconds_each) * 1_000:.2f} ms of processor time ({shown})"
        )


async def _started(build: Build, folder: Path) -> asyncio.subprocess.Process:
    database = f"sqlite:///{folder}/{build.name}.db"
    (folder / "teams.yml").write_text(teams_yml())
    await build.tokens(database, "teams", "import", f"{folder}/teams.yml")
    printed = await build.tokens(database, "keys", "create", "gateway", "--source", "cloudevents")
    key = next(word for word in printed.split() if word.startswith("tok_"))
    (folder / f"{build.name}.py").write_text(_INSIDE.read_text())
    return await asyncio.create_subprocess_exec(
        *(sys.executable, f"{folder}/{build.name}.py", key, str(TEAMS)),
        cwd=build.folder,
        env={**environment(database), "PYTHONPATH": str(build.folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


async def _asked(process: asyncio.subprocess.Process, pairs: int) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{pairs}\n".encode())
    return float(await process.stdout.readline())
