"""Databases with a year of stored events, one for each build: the bot's own tables, and a copy in those of the build before."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tests.bench.databases import Databases, number
from tests.bench.shapes.builds import NOW, Build
from tests.bench.shapes.run import Place
from tests.bench.shapes.side_by_side import Says
from tests.bench.year.company import SOURCES, Size
from tests.bench.year.make import make_year
from tests.bench.year.older import copied_into


async def stored_places(
    databases: Databases, builds: Sequence[Build], *, events: int, year: str, say: Says
) -> tuple[int, dict[str, Place]]:
    """Returns how many events are stored, and a database with them for each build, by its name.

    `year` is the address of a year that was made before, which is written to; "" makes a new one. The bench sends to the year's
    largest source, among whose keys each new one has to be looked for.
    """
    url = year or await databases.new()
    if year:
        await NOW.tokens(url, "migrate")
    else:
        await make_year(url, Size(events=events), now=datetime.now(UTC), said=say)
    stored = await number(url, "SELECT count(*) FROM usage_events")
    urls = {NOW.name: url}
    for build in builds:
        if build is not NOW:
            say(f"{databases.kind}: copying {stored:,} events into the tables of {build.name}")
            urls[build.name] = databases.empty()
            await copied_into(build, url, urls[build.name])
    return stored, {build.name: await _place(databases, build, urls[build.name]) for build in builds}


async def _place(databases: Databases, build: Build, url: str) -> Place:
    """A new key of the largest source: its first one was shown when it was made."""
    printed = await build.tokens(url, "keys", "rotate", SOURCES[0])
    key = next(word for word in printed.split() if word.startswith("tok_"))
    return Place(kind=databases.kind, url=url, key=key, server=databases.server_pid)
