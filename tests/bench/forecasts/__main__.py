"""`python -m tests.bench.forecasts`: measures how often the forecast's 80% range holds, on hourly series of real clients.

The series are not part of this repository: `make_spike_bench.py` makes them from shapes of real clients, in
../shared/data/spikes beside it, or in the folder that SPIKE_DATA names. Where they are missing, it says so.
"""

import argparse
import importlib.util
import os
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from rich.console import Console

from bot.books.forecasts import Forecast, forecast
from bot.books.ledger import Balance
from bot.detection.cost_series import read_series
from bot.money import MAX_AMOUNT_NANOS
from bot.periods import Period

out = Console(highlight=False, soft_wrap=True)
ROOT = Path(__file__).parents[3]
SEEDS = range(401, 405)
PERIOD_DAYS = 30
KNOWN_DAYS = 35
LEAST, MOST = 0.75, 0.85
_STRIDE = 3

Days = tuple[int, np.ndarray]  # the first day, and nano-dollars by day and hour


class Case(NamedTuple):
    """A forecast at some hour of a period, and what the period then came to."""

    found: Forecast
    total: int
    charged: int
    days_ahead: int

    @property
    def holds(self) -> bool:
        return self.found.low_nanos <= self.total <= self.found.high_nanos


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.forecasts", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--split", default="dev", help="dev or test")
    asked = parser.parse_args()
    data = Path(os.environ.get("SPIKE_DATA", ROOT.parent / "shared" / "data" / "spikes"))
    if not (data / "make_spike_bench.py").exists():
        out.print(f"No series in {data}: nothing is measured.")
        return
    cases = [
        case for seed in asked.seeds for days in series_of(data, seed, asked.split) for case in cases_of(days, seed)
    ]
    for line in report(cases):
        out.print(line)
    sys.exit(0 if LEAST <= share(cases) <= MOST else 1)


def series_of(data: Path, seed: int, split: str) -> Iterator[Days]:
    """Yields the days of each team, whole ones only."""
    spec = importlib.util.spec_from_file_location("make_spike_bench", data / "make_spike_bench.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    with tempfile.TemporaryDirectory() as folder:
        maker.write_world(maker.make_world(data / "spike_shapes.json.gz", seed, split, 200, 10), folder)
        with (Path(folder) / "series.csv").open(newline="") as lines:
            for _, first_hour, cost in read_series(lines):
                skipped = -first_hour % 24
                whole = cost[skipped : skipped + (len(cost) - skipped) // 24 * 24]
                yield (first_hour + skipped) // 24, whole.reshape(-1, 24)


def cases_of(days: Days, seed: int) -> Iterator[Case]:
    """Yields forecasts of two periods of a team, every few days at some hour."""
    first, hours = days
    dice, daily = random.Random(f"{seed}:{first}:{len(hours)}"), hours.sum(axis=1).tolist()
    for end in (len(daily), len(daily) - PERIOD_DAYS // 2):
        begin = end - PERIOD_DAYS
        for today in range(begin + dice.randrange(_STRIDE), end, _STRIDE):
            if today < 1 or begin < 0:
                continue
            hour = dice.randrange(24)
            so_far = int(hours[today, :hour].sum())
            spent = {first + at: int(daily[at]) for at in range(max(0, today - KNOWN_DAYS), today)}
            charged = sum(map(int, daily[begin:today])) + so_far
            found = forecast(
                Balance(allocated_nanos=MAX_AMOUNT_NANOS, charged_nanos=charged, held_nanos=0),
                spent_by_day={**spent, first + today: so_far},
                today=first + today,
                period=Period(name="", first_day=first + begin, end_day=first + end),
                day_left=1 - hour / 24,
            )
            if found.is_known:
                yield Case(found, sum(map(int, daily[begin:end])), charged, end - today)


def share(cases: Iterable[Case]) -> float:
    held = [case.holds for case in cases]
    return sum(held) / len(held)


def report(cases: list[Case]) -> Iterator[str]:
    """Yields the calibration: of all cases, by the days ahead, and how wide the range is."""
    below = sum(case.total < case.found.low_nanos for case in cases) / len(cases)
    above = sum(case.total > case.found.high_nanos for case in cases) / len(cases)
    yield f"80% range: holds in {share(cases):.1%} of {len(cases):,} forecasts, {below:.1%} end below it and {above:.1%} above."
    by_days: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        by_days[(case.days_ahead - 1) // 6].append(case)
    for week, some in sorted(by_days.items()):
        yield f"  {week * 6 + 1:>2} to {week * 6 + 6:>2} days ahead: {share(some):.0%} of {len(some):,}"
    ahead = [case for case in cases if case.total > case.charged]
    widths = [(c.found.high_nanos - c.found.low_nanos) / (c.total - c.charged) for c in ahead]
    errors = [(c.found.end_nanos - c.charged) / (c.total - c.charged) - 1 for c in ahead]
    yield (
        f"Median width of the range: {median(widths):.0%} of what was still to come. "
        f"Median error of the middle: {median(errors):+.0%}."
    )


if __name__ == "__main__":
    main()
