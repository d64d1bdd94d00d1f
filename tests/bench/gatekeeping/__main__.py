"""`python -m tests.bench.gatekeeping`: allowances at 1,000 calls a second with 2,000 teams, durable reservations on SQLite,
and 64 callers who race for one budget of $1,000. The bot runs on one core, the callers on another.

Times are as measured, beside the machine's load; processor time per call says more on a busy machine.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from tests.bench.gatekeeping.company import BUDGET_DOLLARS, TEAMS, teams_yml
from tests.bench.gatekeeping.side_by_side import compare_pairs
from tests.bench.shapes.builds import NOW
from tests.bench.year.company import slug

out = Console(highlight=False, width=130)
CALLERS = 64


def main() -> None:
    """Measures, and prints; exits with code 1 if a budget with upper bounds was overspent, or the books don't agree."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gatekeeping", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer calls")
    parser.add_argument("--calls", type=int, default=50_000, help="calls of a race, by 64 callers together")
    parser.add_argument("--rate", type=int, default=1_000, help="allowances a second")
    asked = parser.parse_args()
    calls, seconds = (min(asked.calls, 8_000), 5.0) if asked.quick else (asked.calls, 20.0)
    sys.exit(asyncio.run(_measure(calls, seconds, asked.rate)))


async def _measure(calls: int, seconds: float, rate: int) -> int:
    with tempfile.TemporaryDirectory(prefix="tokens-bench-") as folder:
        await compare_pairs(out, Path(folder))
    cores = sorted(psutil.Process().cpu_affinity() or [0])
    with tempfile.TemporaryDirectory(prefix="tokens-bench-") as folder:
        database = f"sqlite:///{folder}/tokens.db"
        (Path(folder) / "teams.yml").write_text(teams_yml())
        await NOW.tokens(database, "teams", "import", f"{folder}/teams.yml")
        printed = await NOW.tokens(database, "keys", "create", "gateway", "--source", "cloudevents")
        key = next(word for word in printed.split() if word.startswith("tok_"))
        async with NOW.running(database) as (url, pid):
            bot = psutil.Process(pid)
            bot.cpu_affinity(cores[:1])
            for thread in bot.threads():
                psutil.Process(thread.id).cpu_affinity(cores[:1])
            psutil.Process().cpu_affinity(cores[-1:])
            await _load("allowance", url, key, TEAMS, 50, 2)  # warms the caches
            out.print(f"load average {os.getloadavg()[0]:.1f}, {len(cores)} cores, {TEAMS:,} teams, SQLite")
            found, cpu = await _cpu_of(bot, _load("allowance", url, key, TEAMS, rate, seconds))
            _say(f"allowance, {rate:,}/s", found["seconds"], cpu, found["statuses"])
            found, cpu = await _cpu_of(bot, _load("pairs", url, key, TEAMS, 100, seconds))
            _say("reserve + settle, 100 pairs/s", found["seconds"], cpu, found["statuses"])
            _say("  reserve alone", found["reserving"])
            _say("  settle alone", found["settling"])
            over = [
                await _race(bot, (url, key), slug(team), calls, bound) for team, bound in ((0, "upper"), (1, "p95"))
            ]
        checked = await NOW.tokens(database, "check")
        out.print(f"tokens check: {checked.strip().splitlines()[-1]}")
    return 1 if over[0] > 0 else 0


async def _race(bot: psutil.Process, place: tuple[str, str], team: str, calls: int, bound: str) -> int:
    """Returns the micro-dollars by which a race overspent its budget."""
    found, cpu = await _cpu_of(bot, _load("race", *place, team, CALLERS, calls, bound))
    over: int = max(0, found["spent_micros"] - BUDGET_DOLLARS * 1_000_000)
    out.print(
        f"{CALLERS} callers, {calls:,} calls, {bound} bounds: spent ${found['spent_micros'] / 1e6:,.6f} of ${BUDGET_DOLLARS:,}, "
        f"overshoot ${over / 1e6:,.6f}, available ${found['available']}; {found['found']}, {calls / found['lasted']:,.0f} calls/s"
    )
    _say("  reserve, 64 at once", found["seconds"], cpu)
    return over


def _say(what: str, seconds: list[float], cpu: float | None = None, statuses: Any = "") -> None:
    ordered = sorted(seconds)
    marks = ", ".join(
        f"{name} {ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1_000:.1f} ms" for name, share in _MARKS
    )
    per_call = f", {cpu / len(ordered) * 1_000:.2f} ms of the bot's processor time each" if cpu is not None else ""
    out.print(f"{what}: {marks}{per_call} {statuses}")


_MARKS = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


async def _cpu_of(bot: psutil.Process, work: Any) -> tuple[Any, float]:
    before = sum(bot.cpu_times()[:2])
    found = await work
    return found, sum(bot.cpu_times()[:2]) - before


async def _load(*words: object) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.gatekeeping.load", *map(str, words)), stdout=subprocess.PIPE, limit=2**27
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, f"the callers failed: {words}"
    found: dict[str, Any] = json.loads(printed)
    return found


if __name__ == "__main__":
    main()
