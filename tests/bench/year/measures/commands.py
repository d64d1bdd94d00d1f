"""Commands of the command line on a year: how long they take, and how much memory."""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bot.periods import date_of, period_of
from tests.bench.shapes.builds import Build
from tests.bench.year.company import Size, teams_yml
from tests.support.processes import environment


@dataclass(frozen=True, kw_only=True)
class Command:
    """What one command took: seconds, seconds of its own processor time, and its most resident bytes."""

    seconds: float
    cpu: float
    memory: int
    printed: str


def command(build: Build, url: str, *words: str) -> Command:
    """Runs one command of a build to its end. AssertionError if it failed."""
    began = time.perf_counter()
    with tempfile.NamedTemporaryFile("r") as spent:
        process = subprocess.run(
            (sys.executable, "-P", str(_SPENT), spent.name, sys.executable, *words),
            cwd=build.folder,
            env=environment(url),
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        printed = process.stdout + process.stderr
        assert process.returncode == 0, f"{words} of {build.name}: {printed}"
        used = json.load(spent)
    return Command(seconds=seconds, cpu=used["cpu"], memory=used["memory"], printed=printed)


_SPENT = Path(__file__).parent / "spent.py"


def check(build: Build, url: str) -> Command:
    """Runs `tokens check`, which must find that everything agrees."""
    done = command(build, url, "-m", "bot", "check")
    assert "Everything agrees" in done.printed, done.printed
    return done


def month_repriced(build: Build, url: str, size: Size, *, today: int) -> Command:
    """Makes one provider cheaper from the last whole month on, and prices that month again."""
    month = period_of(period_of(today).first_day - 1)
    first, last = date_of(month.first_day), date_of(month.end_day - 1)
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        Path(file.name).write_text(teams_yml(size, f"provider: google, from: {first}, discount: 0.05"))
        command(build, url, "-m", "bot", "teams", "import", file.name)
    done = command(build, url, "-m", "bot", "reprice", "--since", str(first), "--until", str(last))
    assert "cost something else" in done.printed, done.printed
    return done
