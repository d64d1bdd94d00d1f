"""`python -m tests.bench.year`: makes a year of ten million events, and measures what Tokens takes to answer about it."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime

from rich.console import Console

from storage.migrate import migrate
from tests.bench.databases import Databases, databases, url_of
from tests.bench.shapes.builds import BEFORE, NOW, Build, build_before
from tests.bench.year.company import Size
from tests.bench.year.make import make_year
from tests.bench.year.measure import MEASURES, Measured, measured
from tests.bench.year.older import copied_into
from tests.bench.year.tables import allowance_table, answers_table, books_table

out = Console(highlight=False, width=180)
KINDS = ("sqlite", "postgresql")
_QUICK_EVENTS, _EMPTY_EVENTS = 1_000_000, 2_000
_TIMES, _FEW_TIMES = 100, 40


def main() -> None:
    """Measures on both databases, or only makes a year."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.year", description=__doc__)
    parser.add_argument("--events", type=int, help="how many events the year has (10,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes another year")
    parser.add_argument("--into", metavar="PATH_OR_URL", help="only make the year, in this empty database")
    parser.add_argument("--only", choices=KINDS, help="one database alone")
    parser.add_argument("--measure", choices=MEASURES, action="append", help="one measurement alone; may be repeated")
    parser.add_argument("--database", metavar="PATH_OR_URL", help="measure on this year, which is written to")
    parser.add_argument("--quick", action="store_true", help="a tenth of the events, and fewer questions")
    parser.add_argument("--before", action="store_true", help=f"the build of {BEFORE} too, on a copy in its own tables")
    asked = parser.parse_args()
    size = Size(events=asked.events or (_QUICK_EVENTS if asked.quick else Size().events))
    if asked.into:
        asyncio.run(_make(url_of(asked.into), size, seed=asked.seed))
        return
    runs: list[Measured] = []
    kinds: Sequence[str] = [asked.only] if asked.only else KINDS
    if asked.database:
        kinds = ["sqlite" if url_of(asked.database).startswith("sqlite") else "postgresql"]
    with build_before() if asked.before else nullcontext() as before:
        builds = [NOW] if before is None else [before, NOW]
        for kind in kinds:
            with databases(kind) as made:
                runs += asyncio.run(_measure(made, builds, size, asked))
    for table in (answers_table(runs), books_table(runs), allowance_table(runs)):
        if table.row_count:
            out.print(table)


async def _measure(made: Databases, builds: Sequence[Build], size: Size, asked: argparse.Namespace) -> list[Measured]:
    now, empty_url = datetime.now(UTC), await made.new()
    await make_year(empty_url, Size(events=_EMPTY_EVENTS), now=now, seed=asked.seed)
    if asked.database:
        url = url_of(asked.database)
        await migrate(url)
    else:
        url = await made.new()
        await make_year(url, size, now=now, seed=asked.seed, said=out.print)
    found = []
    for build in builds:  # the one before comes first: it takes a copy
        places = {"url": url, "empty_url": empty_url}
        if build is not NOW:
            places = {name: made.empty() for name in places}
            await copied_into(build, url, places["url"])
            await copied_into(build, empty_url, places["empty_url"])
        times = _FEW_TIMES if asked.quick else _TIMES
        measures = asked.measure or MEASURES
        found.append(
            await measured(
                build, made.kind, **places, size=size, seed=asked.seed, measures=measures, times=times, say=out.print
            )
        )
    return found


async def _make(url: str, size: Size, *, seed: int) -> None:
    await migrate(url)
    now = datetime.now(UTC)
    keys = await make_year(url, size, now=now, seed=seed, said=out.print)
    out.print(f"A year up to {now:%Y-%m-%d %H:%M} UTC, seed {seed}. Keys of its sources:")
    for name, key in keys.items():
        out.print(f"{name} {key}")


if __name__ == "__main__":
    main()
