"""`python -m tests.bench.digests`: the Monday digests of 1,000 teams with their charts, from the database to the pictures.

This build and that of commit 387068b take turns in one run, each on a SQLite file of its own with the same usage.
"""

import argparse
import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bot.periods import DAY_MICROS, HOUR_MICROS, micros
from storage.tables.base import COUNTER_COLUMNS
from tests.bench.shapes.builds import BEFORE, NOW, Build, build_before
from tests.support.processes import environment

out = Console(highlight=False, width=130)
Figures = dict[str, float]
TEAMS, DAYS = 1_000, 35
MOST_SECONDS, CPU_SHARE = 30.0, 0.5
TOOLS = ("Claude Code", "Codex", "Cursor", "MetaCode", "Gemini CLI")
MODELS = ("claude-opus-4-5", "gpt-5", "claude-sonnet-4-5", "metacode-2", "gemini-3-pro")
_PROGRAM = Path(__file__).parent / "inside.py"


def main() -> None:
    """Measures both builds, and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.digests", description=__doc__)
    parser.add_argument("--teams", type=int, default=TEAMS)
    parser.add_argument("--pairs", type=int, default=1, help="how often each build is measured (1)")
    parser.add_argument("--quick", action="store_true", help="100 teams")
    asked = parser.parse_args()
    teams = 100 if asked.quick else asked.teams
    found: dict[str, list[Figures]] = {BEFORE: [], NOW.name: []}
    with build_before() as before, tempfile.TemporaryDirectory(prefix="tokens-bench-") as folder:
        for pair in range(asked.pairs):
            for build in [before, NOW][:: -1 if pair % 2 else 1]:
                place = Path(folder) / f"{build.name}-{pair}.db"
                found[build.name].append(asyncio.run(_measure(build, place, teams)))
    out.print(_table(found, teams))
    old, new = (median(run["cpu"] for run in found[name]) for name in (BEFORE, NOW.name))
    wall = median(run["wall"] for run in found[NOW.name])
    out.print(
        f"{teams:,} digests now: {wall:.1f} s (target {MOST_SECONDS:.0f} s for 1,000), {new / old:.2f} of the earlier "
        f"CPU (target {CPU_SHARE}); load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    )


def _table(found: dict[str, list[Figures]], teams: int) -> Table:
    names = (
        "build",
        "digests",
        "charts",
        "seconds",
        "CPU",
        "CPU a digest",
        "drawing it",
        "KB a chart",
        "drawing memory",
    )
    table = Table(title=f"Monday: {teams:,} digests with their charts", title_justify="left")
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    for name, runs in found.items():
        middle = {what: median(run[what] for run in runs) for what in runs[0]}
        count = max(middle["digests"], 1)
        table.add_row(
            *(name, f"{middle['digests']:,.0f}", f"{middle['charts']:,.0f}"),
            *(f"{middle['wall']:.1f}", f"{middle['cpu']:.1f} s"),
            *(f"{1_000 * middle['cpu'] / count:.1f} ms", f"{1_000 * middle['drawing_cpu'] / count:.1f} ms"),
            *(f"{middle['kilobytes']:.0f}", f"{middle['drawing_memory']:.0f} MB"),
        )
    return table


async def _measure(build: Build, file: Path, teams: int) -> Figures:
    now = datetime.now(UTC)
    monday = (now + timedelta(days=7 - now.weekday())).replace(hour=9, minute=30, second=0, microsecond=0)
    teams_file = file.with_suffix(".yml")
    teams_file.write_text(_teams_yml(teams))
    await build.tokens(f"sqlite:///{file}", "teams", "import", teams_file)
    with closing(sqlite3.connect(file)) as database:
        _fill(database, end_day=micros(monday) // DAY_MICROS)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", str(_PROGRAM), str(file), monday.isoformat()),
        cwd=build.folder,
        env=environment(f"sqlite:///{file}", PYTHONPATH=str(build.folder)),
        stdout=subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    lines = [line for line in printed.splitlines() if line.startswith(b'{"digests"')]
    assert lines, f"{build.name} ended with {process.returncode} and without figures"
    figures: Figures = json.loads(lines[-1])
    assert figures["digests"] == teams, figures
    assert figures["charts"] >= 0.98 * teams, figures  # a usual week has none
    out.print(f"{build.name}: {figures}")
    return figures


def _teams_yml(teams: int) -> str:
    lines = ["organisation: {name: Acme, funding: 900000000, finance: [chloe@acme.test]}", "teams:"]
    for team in range(teams):
        parent = "" if team % 10 == 0 else f"parent: team-{team - team % 10}, "
        amount = 400_000 if team % 10 == 0 else 30_000
        lines.append(f"  - {{slug: team-{team}, name: Team {team}, {parent}budget: {{amount: {amount}}}}}")
    return "\n".join(lines) + "\n"


def _fill(database: sqlite3.Connection, *, end_day: int) -> None:
    """Writes five weeks of days of every team's five series, which differ from day to day. One of them costs far more in the
    last week: a usual week would have no chart.
    """
    teams = [row[0] for row in database.execute("SELECT id FROM teams WHERE kind = 'team' ORDER BY id")]
    labels = "tool, provider, model, workflow, person_id, credential, basis"
    database.executemany(
        f"INSERT INTO usage_series (team_id, {labels}) VALUES (?, ?, 'anthropic', ?, ?, 0, '', 'reported')",
        [
            (t, tool, model, f"work-{n}")
            for t in teams
            for n, (tool, model) in enumerate(zip(TOOLS, MODELS, strict=True))
        ],
    )
    series = database.execute("SELECT team_id, id FROM usage_series ORDER BY id").fetchall()
    counters = ", ".join(COUNTER_COLUMNS)
    zeros = ", ".join("0" for _ in COUNTER_COLUMNS)
    database.executemany(
        f"INSERT INTO usage_days (team_id, local_day, series_id, calls, {counters}, cost_nanos, notional_nanos) "
        f"VALUES (?, ?, ?, 10, {zeros}, ?, 0)",
        _days(series, end_day),
    )
    hour = end_day * DAY_MICROS // HOUR_MICROS - 1
    database.executemany(
        "INSERT INTO team_changes (team_id, version, newest_hour, oldest_hour, rewrites) VALUES (?, 1, ?, ?, 0)",
        [(team, hour, hour - DAYS * 24) for team in teams],
    )
    database.commit()


def _days(series: list[tuple[int, int]], end_day: int) -> Iterator[tuple[int, int, int, int]]:
    chance = random.Random(5)
    for day in range(end_day - DAYS, end_day):
        is_weekend = (day + 3) % 7 >= 5
        for team, number in series:
            rises = day >= end_day - 7 and number % len(TOOLS) == 0
            dollars = chance.lognormvariate(3, 0.6) * (0.15 if is_weekend else 1) * (12 if rises else 1)
            yield team, day, number, int(dollars * 1e9)


if __name__ == "__main__":
    main()
