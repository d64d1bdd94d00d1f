"""`make bench`: what the bot does a second beside the same rows written without it, and how soon it answers people."""

import argparse
import asyncio
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.bench.answers import QUICK, WHOLE, Answers, answers
from tests.bench.databases import databases
from tests.bench.ingest import Ingest, ingest
from tests.bench.sender import BATCH, CONNECTIONS

out = Console(highlight=False, width=110)
KINDS = ("sqlite", "postgresql")
EVENTS, FEW_EVENTS = 100_000, 20_000


def main() -> None:
    """Runs everything, or one database alone with `--only`; `--quick` in half a minute."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer events and teams")
    parser.add_argument("--only", choices=KINDS, help="one database alone")
    parser.add_argument("--ingest", type=int, default=1, metavar="TIMES", help="how often to measure ingest")
    parser.add_argument("--no-answers", action="store_true", help="ingest alone")
    asked = parser.parse_args()
    ingested, answered = [], []
    for kind in [asked.only] if asked.only else KINDS:
        with databases(kind) as made:
            for _ in range(asked.ingest):
                ingested.append(asyncio.run(ingest(made, count=FEW_EVENTS if asked.quick else EVENTS)))
            if not asked.no_answers:
                answered.append(asyncio.run(answers(made, QUICK if asked.quick else WHOLE)))
    out.print(ingest_table(ingested))
    if answered:
        out.print(answers_table(answered))


def ingest_table(runs: Sequence[Ingest]) -> Table:
    """Events a second, with the bot and without."""
    names = ("database", "events", "bot /s", "bare /s", "ratio", "ready-made /s", "answer p50", "p99", "memory")
    table = _table(f"Usage in: batches of {BATCH} over {CONNECTIONS} connections", names)
    for run in runs:
        table.add_row(
            *(run.database, f"{run.events:,}", f"{run.bot_rate:,.0f}", f"{run.bare_rate:,.0f}"),
            f"{run.bot_rate / run.bare_rate:.2f}",
            f"{run.ready_made_rate:,.0f}",
            *(_milliseconds(at(share, run.answers)) for share in (0.5, 0.99)),
            f"{run.memory_before >> 20} → {run.memory_after >> 20} MB",
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
