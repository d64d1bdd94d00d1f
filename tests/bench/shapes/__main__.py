"""Ingest of usage in the shapes that companies have, side by side with the build of an earlier commit."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

from rich.console import Console

from tests.bench.databases import Databases, databases
from tests.bench.shapes.builds import BEFORE, NOW, Build, build_before
from tests.bench.shapes.events import SHAPES, Shape
from tests.bench.shapes.side_by_side import Compared, compared
from tests.bench.shapes.tables import cost_table, kept_table, pace_table

out = Console(highlight=False, width=150)
KINDS = ("sqlite", "postgresql")
_QUICK_SHARE = 5


def main() -> None:
    """Runs all shapes on both databases, or one alone."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.shapes", description=__doc__)
    parser.add_argument("--shape", choices=list(SHAPES), action="append", help="one shape alone; may be repeated")
    parser.add_argument("--only", choices=KINDS, help="one database alone")
    parser.add_argument("--pairs", type=int, default=3, help="how often each build runs each shape (3)")
    parser.add_argument("--quick", action="store_true", help="a fifth of the events, in one pair")
    parser.add_argument("--no-before", action="store_true", help=f"without the build of {BEFORE}")
    asked = parser.parse_args()
    shapes = [SHAPES[name] for name in asked.shape or SHAPES]
    pairs, share = (1, _QUICK_SHARE) if asked.quick else (asked.pairs, 1)
    found: list[Compared] = []
    with nullcontext() if asked.no_before else build_before() as before:
        builds = [NOW] if before is None else [NOW, before]
        for kind in [asked.only] if asked.only else KINDS:
            with databases(kind) as made:
                found += asyncio.run(_all(made, builds, shapes, pairs=pairs, share=share))
    for table in (pace_table(found), cost_table(found), kept_table(found)):
        if table.row_count:
            out.print(table)


async def _all(
    made: Databases, builds: Sequence[Build], shapes: Sequence[Shape], *, pairs: int, share: int
) -> list[Compared]:
    return [
        await compared(made, builds, shape, count=shape.count // share, pairs=pairs, stored=0, places={}, say=out.print)
        for shape in shapes
    ]


if __name__ == "__main__":
    main()
