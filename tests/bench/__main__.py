"""`make bench`: what the bot does a second beside the same rows written without it, and how soon it answers people."""

import argparse
import asyncio
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.bench.answers import QUICK, WHOLE, Answers, answers
from tests.bench.bodies import KINDS as BODY_KINDS
from tests.bench.databases import databases
from tests.bench.formats import FORMATS
from tests.bench.health import FEW_SECONDS, SECONDS, Health, health
from tests.bench.ingest import Ingest, ingest
from tests.bench.sweep import QUICK as QUICK_SWEEP
from tests.bench.sweep import WHOLE as WHOLE_SWEEP
from tests.bench.sweep import Sweep, sweep

out = Console(highlight=False, width=130)
KINDS = ("sqlite", "postgresql")
EVENTS = {"cloudevents": 100_000, "litellm": 30_000, "otlp": 50_000, "otlp_json": 50_000}
FEW_EVENTS = {"cloudevents": 20_000, "litellm": 6_000, "otlp": 10_000, "otlp_json": 10_000}


def main() -> None:
    """Runs everything, or one database or format alone; `--quick` in a minute."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer events and teams")
    parser.add_argument("--only", choices=KINDS, help="one database alone")
    parser.add_argument("--format", choices=list(FORMATS), help="one sender's format alone")
    parser.add_argument("--ingest", type=int, default=1, metavar="TIMES", help="how often to measure ingest")
    parser.add_argument("--no-answers", action="store_true", help="without the times of answers")
    parser.add_argument("--no-sweep", action="store_true", help="without the search for spikes")
    parser.add_argument("--no-ingest", action="store_true", help="without usage coming in")
    parser.add_argument("--no-bodies", action="store_true", help="without bodies that cost most to read")
    parser.add_argument("--body", choices=list(BODY_KINDS), help="one kind of costly body alone")
    asked = parser.parse_args()
    ingested, answered, swept, healths = [], [], [], []
    for kind in [asked.only] if asked.only else KINDS:
        with databases(kind) as made:
            for name in () if asked.no_ingest else [asked.format] if asked.format else FORMATS:
                events = FEW_EVENTS[name] if asked.quick else EVENTS[name]
                for _ in range(asked.ingest):
                    ingested.append(asyncio.run(ingest(made, FORMATS[name], count=events)))
            if not asked.no_answers:
                answered.append(asyncio.run(answers(made, QUICK if asked.quick else WHOLE)))
            if not asked.no_sweep:
                swept.append(asyncio.run(sweep(made, QUICK_SWEEP if asked.quick else WHOLE_SWEEP)))
            for body in () if asked.no_bodies else [asked.body] if asked.body else BODY_KINDS:
                healths.append(asyncio.run(health(made, body, seconds=FEW_SECONDS if asked.quick else SECONDS)))
    if ingested:
        out.print(ingest_table(ingested))
    if answered:
        out.print(answers_table(answered))
    if swept:
        out.print(sweep_table(swept))
    if healths:
        out.print(health_table(healths))


def ingest_table(runs: Sequence[Ingest]) -> Table:
    """Events a second, with the bot and, for native ones, without."""
    names = (
        *("database", "format", "events", "bot /s", "bare /s", "ratio", "ready-made /s"),
        *("p99", "at half: p50", "p99", "memory, MB"),
    )
    table = _table("Usage in", names)
    for run in runs:
        bare, ready_made = run.bare_seconds, run.ready_made_seconds
        table.add_row(
            *(run.database, run.form.name, f"{run.events:,}", f"{run.bot_rate:,.0f}"),
            f"{run.events / bare:,.0f}" if bare else "",
            f"{bare / run.bot_seconds:.2f}" if bare else "",
            f"{run.events / ready_made:,.0f}" if ready_made else "",
            _milliseconds(at(0.99, run.answers)),
            *(_milliseconds(at(share, run.half_answers)) for share in (0.5, 0.99)),
            " → ".join(str(size >> 20) for size in run.memory),
        )
    return table


def answers_table(runs: Sequence[Answers]) -> Table:
    """How soon people are answered."""
    size = runs[0].size
    names = (
        "database",
        "/tokens p50",
        "p99",
        "digest p50",
        "p99",
        "its picture p50",
        "p99",
        f"sweep, {size.teams} teams",
    )
    table = _table(f"Answers: {size.teams} teams with {size.calls:,} calls over {size.days} days", names)
    for run in runs:
        asked = (run.commands, run.digests, run.drawings)
        table.add_row(
            run.database,
            *(_milliseconds(at(share, seconds)) for seconds in asked for share in (0.5, 0.99)),
            f"{run.sweep:.2f} s",
        )
    return table


def sweep_table(runs: Sequence[Sweep]) -> Table:
    """How long the search for spikes takes."""
    size = runs[0].size
    names = ("database", "rows", "cold", "warm: middle", "longest", "with runaways")
    table = _table(f"Search for spikes: {size.teams} teams with {size.weeks} weeks of hours", names)
    for run in runs:
        seconds = (run.cold, at(0.5, run.warm), run.warm[-1], run.found)
        table.add_row(run.database, f"{run.rows:,}", *(f"{value:.2f} s" for value in seconds))
    return table


def health_table(runs: Sequence[Health]) -> Table:
    """How soon the bot says that it lives, while four senders send a costly body."""
    names = ("database", "body", "/healthz p99", "worst", "quiet server p99", "worst", "held, CPU", "memory", "answers")
    table = _table("Health under four senders of the costliest bodies", names)
    for run in runs:
        table.add_row(
            *(run.database, run.kind),
            *(_milliseconds(at(share, seconds)) for seconds in (run.bot, run.quiet) for share in (0.99, 1.0)),
            *(_milliseconds(run.held), f"{run.memory >> 20} MB"),
            ", ".join(f"{count} x {status}" for status, count in sorted(run.statuses.items())),
        )
    return table


def at(share: float, ordered: Sequence[float]) -> float:
    """The value below which this share of the sorted ones lies."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _table(title: str, names: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    return table


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1_000:,.0f} ms"


if __name__ == "__main__":
    main()
