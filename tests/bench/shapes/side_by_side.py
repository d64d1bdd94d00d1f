"""Two builds side by side: runs in pairs, old, new, new, old, so that the machine's other work slows both."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.databases import Databases
from tests.bench.events import teams_yml
from tests.bench.formats import Format
from tests.bench.shapes.builds import Build
from tests.bench.shapes.events import Shape
from tests.bench.shapes.run import Place, Run, made_ready, run

_SEEDS = 10
"""A run uses so many seeds: the events of each have ids of their own."""
Says = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The runs of one shape in one format on one database with so many stored events; those of the build before may be
    missing.
    """

    database: str
    shape: Shape
    form: Format
    stored: int
    runs: tuple[Run, ...]
    before: tuple[Run, ...]


async def compared(
    databases: Databases,
    builds: Sequence[Build],
    shape: Shape,
    form: Format,
    *,
    count: int,
    pairs: int,
    stored: int,
    places: dict[str, Place],
    say: Says,
) -> Compared:
    """Runs a shape in so many pairs. `builds` are this one and perhaps the one before.

    `places` are the databases with stored events, by the build's name, which all runs share. Without one a run gets a new
    database.
    """
    found: dict[str, list[Run]] = {build.name: [] for build in builds}
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as teams_file:
        teams_file.write(teams_yml())
        teams_file.flush()
        for pair in range(pairs):
            for build in builds[:: 1 if pair % 2 else -1]:  # the one before begins
                place = places.get(build.name)
                if place is None:
                    place = await made_ready(databases, build, databases.empty(), teams_file.name, form)
                seen = await run(build, place, shape, form, count=count, seed=_seed(shape, pair))
                found[build.name].append(seen)
                say(
                    f"{databases.kind}, {form.name}, {shape.name}, {stored:,} stored, {build.name}: {seen.rate:,.0f} events/s"
                )
    now, before = (found.get(name, []) for name in (builds[0].name, builds[-1].name if len(builds) > 1 else ""))
    return Compared(
        database=databases.kind, shape=shape, form=form, stored=stored, runs=tuple(now), before=tuple(before)
    )


def _seed(shape: Shape, pair: int) -> int:
    """A seed of its own for each pair and shape, as all of them may use one database."""
    return _SEEDS * (1 + pair) + _SEEDS * 1_000 * sum(shape.name.encode())
