"""Commands of the command line on a year: how long they take, and how much memory."""

import os
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
    with tempfile.TemporaryFile("w+") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            (sys.executable, *words), cwd=build.folder, env=environment(url), stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    assert process.returncode == 0, f"{words} of {build.name}: {printed}"
    return Command(
        seconds=seconds, cpu=used.ru_utime + used.ru_stime, memory=used.ru_maxrss * _PER_RSS, printed=printed
    )


_PER_RSS = 1 if sys.platform == "darwin" else 1024


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
