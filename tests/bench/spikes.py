"""`python -m tests.bench.spikes`: measures how well spikes are found, beside common methods; rewrites docs/spikes.md's tables.

The labelled series and their scorer are not part of this repository: they are made by `make_spike_bench.py` from shapes of
real clients, in ../shared/data/spikes beside it, or in the folder that SPIKE_DATA names. Where they are missing, it says so.
"""

import argparse
import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from rich.console import Console

from bot.alerting.severities import SEVERITIES
from bot.detection.backtests import BacktestAlert, backtest
from bot.detection.cost_series import read_series
from bot.detection.detector.spike_hours import Floats, Ints
from bot.detection.spikes import LOWER_BAR
from bot.money import NANOS
from tests.bench.usual_methods import METHODS, scores

out = Console(highlight=False, soft_wrap=True)
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "spikes.md"
SEEDS = range(301, 311)
COOL_HOURS = 12
"""A usual method is quiet after a message until half a day passed without a spike; sixty hours would find it less."""
MARKS = ("<!-- figures: made by python -m tests.bench.spikes -->", "<!-- end of figures -->")
KINDS = ("runaway_loop", "mega_batch", "leaked_key", "weekend_loop", "model_switch", "slow_ramp")

Series = list[tuple[str, int, Ints]]
Alerts = dict[str, list[tuple[datetime, int]]]
Scores = list[tuple[str, int, Floats]]
"""(team, first hour, score of each hour)."""


@dataclass(frozen=True, kw_only=True)
class World:
    """A seed's labels, and what each method makes of its series."""

    labels: Any
    ours: list[BacktestAlert]
    lower: list[BacktestAlert]
    usual: dict[str, Scores]
    hours: int
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.spikes", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="of the dev split")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/spikes.md")
    asked = parser.parse_args()
    data = Path(os.environ.get("SPIKE_DATA", ROOT.parent / "shared" / "data" / "spikes"))
    if not (data / "make_spike_bench.py").exists():
        out.print(f"No labelled series in {data}: the figures of {PAGE.relative_to(ROOT)} stay as they are.")
        return
    with ProcessPoolExecutor(2) as pool:
        worlds = list(pool.map(_judged, [data] * len(asked.seeds), asked.seeds))
    made = "\n".join(_tables(_module(data / "score_spikes.py"), worlds))
    out.print(made, markup=False)
    if asked.write:
        before, _, rest = PAGE.read_text().partition(MARKS[0])
        PAGE.write_text(f"{before}{MARKS[0]}\n\n{made}\n\n{MARKS[1]}{rest.partition(MARKS[1])[2]}")


def _judged(data: Path, seed: int) -> World:
    maker, scorer = (_module(data / name) for name in ("make_spike_bench.py", "score_spikes.py"))
    with tempfile.TemporaryDirectory() as folder:
        maker.write_world(maker.make_world(data / "spike_shapes.json.gz", seed, "dev", 200, 10), folder)
        with (Path(folder) / "series.csv").open(newline="") as lines:
            series = list(read_series(lines))
        labels = scorer.read_labels(Path(folder) / "labels.csv")
    began = time.process_time()
    ours = backtest(series)
    return World(
        labels=labels,
        ours=ours,
        seconds=time.process_time() - began,
        hours=sum(len(cost) for _, _, cost in series),
        lower=backtest(series, bar=LOWER_BAR),
        usual={
            name: [(team, first_hour, scores(method, np.maximum(cost, 0) / NANOS)) for team, first_hour, cost in series]
            for name, method in METHODS.items()
        },
    )


def _tables(scorer: ModuleType, worlds: list[World]) -> Iterable[str]:
    def report(alerts_of: Callable[[World], Alerts]) -> dict[str, Any]:
        return dict(scorer.score([(world.labels, alerts_of(world)) for world in worlds]))

    ours = report(lambda world: our_alerts(world.ours))
    posted = report(lambda world: our_alerts([alert for alert in world.ours if not alert.is_edit]))
    lower = report(lambda world: our_alerts(world.lower))
    micros = 1e6 * sum(world.seconds for world in worlds) / sum(world.hours for world in worlds)
    usual = {name: report(_usual(name)) for name in METHODS}
    tuned = {name: _tuned(report, name, ours["false_per_team_month"]) for name in METHODS}

    yield f"{ours['incidents']:,} incidents of $10 and more in {ours['team_months']:,.0f} team-months."
    yield ""
    names = ("found", "precision", "false alerts per team and month", "median delay", "dollars undetected")
    yield f"| | {' | '.join(names)} | found at our false alerts |"
    yield "|---|---|---|---|---|---|---|"
    yield _row("**Tokens**", ours, f"**{ours['recall']:.0%}**")
    yield _row("Tokens, without edits", posted, "")
    for name, figures in usual.items():
        yield _row(name, figures, f"{tuned[name]:.0%}")
    yield ""
    yield "| kind | incidents | found | median delay | " + " | ".join(METHODS) + " |"
    yield "|---|---|---|---|" + "---|" * len(METHODS)
    for kind in KINDS:
        delay = ours["median_delay_by_kind"].get(kind)
        cells = " | ".join(f"{figures['recall_by_kind'][kind]:.0%}" for figures in usual.values())
        found = ours["recall_by_kind"][kind]
        yield f"| {kind.replace('_', ' ')} | {ours['count_by_kind'][kind]} | **{found:.0%}** | {delay:g} h | {cells} |"
    yield ""
    causes = ", ".join(
        f"{cause.removeprefix('benign_').replace('_', ' ')} {n}" for cause, n in ours["false_by_cause"].items()
    )
    yield f"Our false alerts by cause: {causes}. Duplicates per incident: {ours['duplicates_per_incident']}."
    share, false = lower["recall"], lower["false_per_team_month"]
    yield f"At a bar of {LOWER_BAR} it finds {share:.0%}, with {false:.2f} false alerts per team and month."
    yield f"A backtest took {micros:.1f} µs of processor time per team-hour."


def our_alerts(messages: Iterable[BacktestAlert]) -> Alerts:
    """Returns a backtest's messages as the scorer reads them."""
    alerts: Alerts = {}
    for alert in messages:
        alerts.setdefault(alert.team, []).append((_time(alert.at), 1 + SEVERITIES.index(alert.severity)))
    return alerts


def _usual(name: str, *, bar: float = 1.0) -> Callable[[World], Alerts]:
    """A usual method with a bar: a message per spell of spikes."""

    def alerts_of(world: World) -> Alerts:
        alerts: Alerts = {}
        for team, first_hour, scored in world.usual[name]:
            last = -COOL_HOURS - 1
            for hour in np.flatnonzero(scored >= bar).tolist():
                if hour - last > COOL_HOURS:
                    alerts.setdefault(team, []).append((_time(first_hour + hour + 1), 1))
                last = hour
        return alerts

    return alerts_of


def _tuned(report: Callable[[Callable[[World], Alerts]], dict[str, Any]], name: str, limit: float) -> float:
    """Returns the share that a method finds with its bar raised until it gives no more false alerts than ours."""
    low, high = 0.0, 6.0  # powers of two
    for _ in range(7):
        middle = (low + high) / 2
        few = report(_usual(name, bar=2**middle))["false_per_team_month"] <= limit
        low, high = (low, middle) if few else (middle, high)
    return float(report(_usual(name, bar=2**high))["recall"])


def _row(name: str, figures: dict[str, Any], tuned: str) -> str:
    return (
        f"| {name} | {figures['recall']:.1%} | {figures['precision']:.1%} | {figures['false_per_team_month']:.3f} "
        f"| {figures['median_delay_h']:g} h | {figures['usd_undetected_share']:.1%} | {tuned} |"
    )


def _time(hours: int) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hours)).replace(tzinfo=None)


def _module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
