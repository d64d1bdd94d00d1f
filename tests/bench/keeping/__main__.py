"""`python -m tests.bench.keeping`: processor time of the job that keeps the books, with a year of 200 teams × 10 series.

This build and that of commit 387068b take turns in one run, each on a SQLite file of its own with the same usage: idle rounds,
and rounds that each follow 10,000 new events of the day before, in every team. The least of each counts.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.periods import DAY_MICROS, HOUR_MICROS, micros
from storage.tables.base import COUNTER_COLUMNS
from tests.bench.shapes.builds import BEFORE, NOW, Build, build_before
from tests.support.processes import environment

out = Console(highlight=False, width=130)
SERIES, EVENTS = 10, 10_000
_PROGRAM = Path(__file__).parent / "inside.py"
_TARGETS = {"idle": 50, "posting": 10}


def main() -> None:
    """Measures both builds, and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.keeping", description=__doc__)
    parser.add_argument("--teams", type=int, default=200)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--quick", action="store_true", help="a tenth of the year, and one turn")
    asked = parser.parse_args()
    days, turns = (36, 1) if asked.quick else (asked.days, 2)
    with build_before() as before, tempfile.TemporaryDirectory(prefix="tokens-bench-") as folder:
        found = asyncio.run(_measure([before, NOW], Path(folder), asked.teams, days, turns))
    table = Table("what", f"{BEFORE}, CPU", "now, CPU", "of it", "target", box=None)
    for what, part in _TARGETS.items():
        old, new = found[BEFORE][what], found[NOW.name][what]
        table.add_row(what, f"{old * 1000:,.1f} ms", f"{new * 1000:,.1f} ms", f"1/{old / new:,.1f}", f"1/{part}")
    out.print(f"{asked.teams} teams × {SERIES} series × {days} days, load average {os.getloadavg()[0]:.1f}")
    out.print(table)
    writes = found[NOW.name]["write"]
    out.print(f"Longest write transaction of a posting pass now: {writes * 1000:,.0f} ms of processor time.")


async def _measure(builds: list[Build], folder: Path, teams: int, days: int, turns: int) -> dict[str, dict[str, float]]:
    programs = {}
    for build in builds:
        file = folder / f"{build.name}.db"
        (folder / "teams.yml").write_text(_teams_yml(teams))
        await build.tokens(f"sqlite:///{file}", "teams", "import", folder / "teams.yml")
        with closing(sqlite3.connect(file)) as database:
            _fill(database, days)
        programs[build.name] = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(_PROGRAM)),
            cwd=build.folder,
            env=environment(f"sqlite:///{file}", PYTHONPATH=str(build.folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    found: dict[str, dict[str, float]] = {build.name: {} for build in builds}
    for _ in range(turns):
        for build in builds:
            await _said(programs[build.name], "idle", found[build.name])
            for _ in range(3):
                with closing(sqlite3.connect(folder / f"{build.name}.db")) as database:
                    _add_events(database)
                await _said(programs[build.name], "posting", found[build.name])
    for program in programs.values():
        assert program.stdin is not None
        program.stdin.close()
        await program.wait()
    return found


async def _said(program: asyncio.subprocess.Process, what: str, found: dict[str, float]) -> None:
    """Lets a build do it, and keeps the least processor time, also of its longest write."""
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(f"{what}\n".encode())
    while line := await program.stdout.readline():
        if line.startswith(b"{"):  # the others are its log
            figures = json.loads(line)
            found[what] = min(found.get(what, figures["cpu"]), figures["cpu"])
            if what == "posting":
                found["write"] = min(found.get("write", 1.0), figures["write"])
            return
    raise AssertionError("the program inside the build ended without figures")


def _teams_yml(teams: int) -> str:
    lines = ["organisation: {name: Acme, funding: 90000000, finance: [chloe@acme.test]}", "teams:"]
    for team in range(teams):
        parent = "" if team % 10 == 0 else f"parent: team-{team - team % 10}, "
        amount = 400_000 if team % 10 == 0 else 30_000
        lines.append(f"  - {{slug: team-{team}, name: Team {team}, {parent}budget: {{amount: {amount}}}}}")
    return "\n".join(lines) + "\n"


def _fill(database: sqlite3.Connection, days: int) -> None:
    """Writes a year of days with usage of every team's series, up to yesterday."""
    teams = [row[0] for row in database.execute("SELECT id FROM teams WHERE kind = 'team' ORDER BY id")]
    labels = "tool, provider, model, workflow, person_id, credential, basis"
    database.executemany(
        f"INSERT INTO usage_series (team_id, {labels}) VALUES (?, 'Codex', 'openai', ?, '', 0, '', 'reported')",
        [(team, f"model-{number}") for team in teams for number in range(SERIES)],
    )
    series = database.execute("SELECT team_id, id FROM usage_series ORDER BY id").fetchall()
    today = micros(datetime.now(UTC)) // DAY_MICROS
    counters = ", ".join(COUNTER_COLUMNS)
    zeros = ", ".join("0" for _ in COUNTER_COLUMNS)
    database.executemany(
        f"INSERT INTO usage_days (team_id, local_day, series_id, calls, {counters}, cost_nanos, notional_nanos) "
        f"VALUES (?, ?, ?, 10, {zeros}, ?, 0)",
        [
            (team, day, number, 1_000_000 * (1 + (number * day) % 977))
            for day in range(today - days, today)
            for team, number in series
        ],
    )
    hour = today * DAY_MICROS // HOUR_MICROS - 1
    database.executemany(
        "INSERT INTO team_changes (team_id, version, newest_hour, oldest_hour, rewrites) VALUES (?, 1, ?, ?, 0)",
        [(team, hour, hour - days * 24) for team in teams],
    )
    database.commit()


def _add_events(database: sqlite3.Connection) -> None:
    """Adds 10,000 events of yesterday to the totals, as intake does: five to each of 2,000 series."""
    yesterday = micros(datetime.now(UTC)) // DAY_MICROS - 1
    series = database.execute("SELECT count(*) FROM usage_series").fetchone()[0]
    each = max(1, EVENTS // series)
    database.execute(
        "UPDATE usage_days SET calls = calls + ?, cost_nanos = cost_nanos + 7000000 * ? WHERE local_day = ?",
        (each, each, yesterday),
    )
    database.execute("UPDATE team_changes SET version = version + 1")
    database.commit()


if __name__ == "__main__":
    main()
