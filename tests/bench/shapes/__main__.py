"""Ingest of usage in the shapes that companies have, side by side with the build of an earlier commit."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from rich.console import Console

from tests.bench.databases import Databases, databases, url_of
from tests.bench.formats import FORMATS, Format
from tests.bench.shapes.builds import BEFORE, NOW, Build, build_before
from tests.bench.shapes.events import SHAPES, Shape
from tests.bench.shapes.run import Place
from tests.bench.shapes.side_by_side import Compared, compared
from tests.bench.shapes.stored import stored_places
from tests.bench.shapes.tables import cost_table, kept_table, pace_table

out = Console(highlight=False, width=150)
KINDS = ("sqlite", "postgresql")
_QUICK_SHARE = 5
_MOST_EVENTS = {"cloudevents": 100_000, "litellm": 30_000, "otlp": 50_000, "otlp_json": 50_000}


def main() -> None:
    """Runs all shapes on both databases, or one alone."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.shapes", description=__doc__)
    parser.add_argument("--shape", choices=list(SHAPES), action="append", help="one shape alone; may be repeated")
    parser.add_argument(
        "--format", choices=list(FORMATS), action="append", help="in one sender's format (cloudevents); may be repeated"
    )
    parser.add_argument("--only", choices=KINDS, help="one database alone")
    parser.add_argument(
        "--stored", type=int, metavar="EVENTS", help="on a year of so many stored events too, made first"
    )
    parser.add_argument(
        "--year", metavar="PATH_OR_URL", help="on this year too, which is written to (tests.bench.year --into)"
    )
    parser.add_argument("--no-empty", action="store_true", help="without the empty database")
    parser.add_argument("--pairs", type=int, default=3, help="how often each build runs each shape (3)")
    parser.add_argument("--quick", action="store_true", help="a fifth of the events, in one pair")
    parser.add_argument("--no-before", action="store_true", help=f"without the build of {BEFORE}")
    asked = parser.parse_args()
    shapes = [SHAPES[name] for name in asked.shape or SHAPES]
    forms = [FORMATS[name] for name in asked.format or ["cloudevents"]]
    pairs, share = (1, _QUICK_SHARE) if asked.quick else (asked.pairs, 1)
    found: list[Compared] = []
    with nullcontext() if asked.no_before else build_before() as before:
        builds = [NOW] if before is None else [NOW, before]
        year = url_of(asked.year) if asked.year else ""
        kinds: Sequence[str] = [asked.only] if asked.only else KINDS
        if year:
            kinds = ["sqlite" if year.startswith("sqlite") else "postgresql"]
        for kind in kinds:
            with databases(kind) as made:
                runs = _Runs(made, builds, shapes, forms, pairs, share)
                if not asked.no_empty:
                    found += asyncio.run(runs.on_empty())
                if year or asked.stored:
                    found += asyncio.run(runs.on_year(events=asked.stored or 0, year=year))
    for table in (pace_table(found), cost_table(found), kept_table(found)):
        if table.row_count:
            out.print(table)


@dataclass(frozen=True)
class _Runs:
    """The runs of all shapes on one kind of database."""

    made: Databases
    builds: Sequence[Build]
    shapes: Sequence[Shape]
    forms: Sequence[Format]
    pairs: int
    share: int

    async def on_empty(self) -> list[Compared]:
        """Each run on a new database."""
        return await self._on(0, {})

    async def on_year(self, *, events: int, year: str) -> list[Compared]:
        """All runs of a build on one database with a year of events."""
        stored, places = await stored_places(self.made, self.builds, events=events, year=year, say=out.print)
        return await self._on(stored, places)

    async def _on(self, stored: int, places: dict[str, Place]) -> list[Compared]:
        return [
            await compared(
                self.made,
                self.builds,
                shape,
                form,
                count=min(shape.count, _MOST_EVENTS[form.name]) // self.share,
                pairs=self.pairs,
                stored=stored,
                places=places,
                say=out.print,
            )
            for form in self.forms
            for shape in self.shapes
        ]


if __name__ == "__main__":
    main()
