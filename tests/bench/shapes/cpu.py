"""Processor time for an event in each sender's format, side by side with the build of an earlier commit: of the parser alone, and
of the whole way to the books.
"""

import argparse
import asyncio
import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.databases import Databases, databases
from tests.bench.events import teams_yml
from tests.bench.formats import FORMATS, Format, bodies
from tests.bench.shapes import inside
from tests.bench.shapes.builds import BEFORE, NOW, Build, build_before
from tests.bench.shapes.events import SHAPES, Shape
from tests.bench.shapes.run import made_ready
from tests.support.processes import environment

out = Console(highlight=False, width=130)
KINDS = ("sqlite", "postgresql")
EVENTS = 20_480
"""A whole number of bodies in each format."""
Figures = dict[str, float]


def main() -> None:
    """Measures LiteLLM and OTLP on both databases, or what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.shapes.cpu", description=__doc__)
    parser.add_argument("--format", choices=list(FORMATS), action="append", help="one format alone; may be repeated")
    parser.add_argument("--shape", choices=list(SHAPES), default="habits", help="the shape of usage (habits)")
    parser.add_argument("--only", choices=KINDS, help="one database alone")
    parser.add_argument("--pairs", type=int, default=3, help="how often each build is measured (3)")
    parser.add_argument("--events", type=int, default=EVENTS, help=f"events that count in each run ({EVENTS:,})")
    parser.add_argument("--no-before", action="store_true", help=f"without the build of {BEFORE}")
    asked = parser.parse_args()
    table = Table(
        title="Processor time for an event: the middle of all runs, and of each pair's ratio", title_justify="left"
    )
    for name in ("database", "format", "of", BEFORE, "now", "ratio"):
        table.add_column(name, justify="right" if name in (BEFORE, "now", "ratio") else "left", no_wrap=True)
    with nullcontext() if asked.no_before else build_before() as before, tempfile.TemporaryDirectory() as folder:
        builds = [NOW] if before is None else [before, NOW]
        for form in [FORMATS[name] for name in asked.format or ("litellm", "otlp", "otlp_json")]:
            file = Path(folder) / f"{form.name}.pickle"
            file.write_bytes(pickle.dumps(_rounds(form, SHAPES[asked.shape], asked.events)))
            for kind in [asked.only] if asked.only else KINDS:
                with databases(kind) as made:
                    found = asyncio.run(_measured(made, builds, form, file, asked.pairs))
                for of in ("read", "booked"):
                    table.add_row(
                        kind,
                        form.name,
                        of,
                        *_cells([run[of] for run in found[BEFORE]], [run[of] for run in found[NOW.name]]),
                    )
    out.print(table)


def _rounds(form: Format, shape: Shape, count: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "before": bodies(form, shape.before(1, now)),
        "counted": bodies(form, shape.counted(count, 1, now)),
        "events": count,
        "connections": form.connections,
    }


async def _measured(
    made: Databases, builds: Sequence[Build], form: Format, file: Path, pairs: int
) -> dict[str, list[Figures]]:
    """The figures of each build, by its name. In every second pair the other build begins."""
    found: dict[str, list[Figures]] = {BEFORE: [], NOW.name: []}
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as teams_file:
        teams_file.write(teams_yml())
        teams_file.flush()
        for pair in range(pairs):
            for build in builds[:: -1 if pair % 2 else 1]:
                place = await made_ready(made, build, made.empty(), teams_file.name, form)
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, inside.__file__, place.url, place.key, form.source),
                    *(form.path, form.content_type, str(file)),
                    cwd=build.folder,
                    env=environment(place.url, PYTHONPATH=str(build.folder)),
                    stdout=subprocess.PIPE,
                )
                printed, _ = await process.communicate()
                assert process.returncode == 0, build.name
                found[build.name].append(json.loads(printed.splitlines()[-1]))
                out.print(f"{made.kind}, {form.name}, {build.name}: {found[build.name][-1]}")
    return found


def _cells(before: Sequence[float], now: Sequence[float]) -> tuple[str, str, str]:
    middles = tuple(f"{median(micros):.1f} µs" if micros else "" for micros in (before, now))
    ratios = sorted(then / at for then, at in zip(before, now, strict=True)) if before else []
    ratio = f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})" if ratios else ""
    return (*middles, ratio)  # type: ignore[return-value]


if __name__ == "__main__":
    main()
