"""`make test-dates`: runs tests at moments where calendars go wrong, on SQLite, two at a time."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from rich.console import Console

from tests.dates.moments import MOMENTS, Moment, moment_of
from tests.support.databases.temporary import use_memory
from tests.support.paths import ROOT

out = Console(highlight=False, markup=False, soft_wrap=True)
HALVES = (("tests/dates/probe.py", "tests/bot"), ("tests/dates/probe.py", "tests/storage"))
"""Of the same length, so that two processors are through with one moment at once."""


def main() -> None:
    """Runs the moments that were asked for; exits 1 if a test failed at one of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.dates", description=__doc__)
    parser.add_argument("--today", action="store_true", help="only the moment of today's date")
    parser.add_argument("--moment", action="append", choices=[m.name for m in MOMENTS], help="one moment; repeatable")
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="how many processes run at a time (2)")
    parser.add_argument("tests", nargs="*", help="files or folders (the rules and the storage tests)")
    asked = parser.parse_args()
    use_memory()
    wanted = [m for m in MOMENTS if not asked.moment or m.name in asked.moment]
    if asked.today:
        wanted = [moment_of(datetime.now(UTC).date())]
    runs = [(moment, tests) for moment in wanted for tests in ([asked.tests] if asked.tests else HALVES)]
    with ThreadPoolExecutor(asked.at_once) as pool:
        passed = list(pool.map(lambda run: _passes(*run), runs))
    sys.exit(0 if all(passed) else 1)


def _passes(moment: Moment, tests: Sequence[str]) -> bool:
    """Runs the tests at a moment; prints one line, and the whole output if one failed."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tokens-dates-") as folder:
        done = subprocess.run(
            # pytest deletes the folders of other runs that look old: this one has a folder of its own
            [
                *(sys.executable, "-m", "pytest", "-p", "tests.dates.clock", "-p", "no:cacheprovider"),
                f"--basetemp={folder}/tests",
                *tests,
            ],
            cwd=ROOT,
            env=_environment(moment),
            capture_output=True,
            text=True,
            check=False,
        )
    passes = done.returncode == 0
    last = done.stdout.strip().splitlines()[-1:] or ["no output"]
    at = f"{moment.at:%Y-%m-%d %H:%M} UTC, {moment.machine_zone}"
    seconds = time.monotonic() - began
    what = " ".join(tests)
    out.print(f"{'passed' if passes else 'FAILED'}  {moment.name} ({at}), {what}, {seconds:.0f} s: {last[0]}")
    if not passes:
        out.print(done.stdout, done.stderr, sep="\n")
    return passes


def _environment(moment: Moment) -> dict[str, str]:
    return {**os.environ, "TZ": moment.machine_zone, "TEST_CLOCK_MOMENT": moment.at.isoformat()}


if __name__ == "__main__":
    main()
