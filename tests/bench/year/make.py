"""Makes a database of a year: the company by the product's commands, its calls by plain drivers, its books by the product."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.periods import micros
from bot.settings import Settings
from handlers.cli import prepare
from handlers.context import make_context
from tests.bench.year.calls import calls_of
from tests.bench.year.company import Size, combinations
from tests.bench.year.keeping import Calendar, keep_year, organise
from tests.bench.year.kinds import kinds_of
from tests.bench.year.rows import Maker
from tests.bench.year.runs import Runs
from tests.bench.year.writers import writer

_PIECE = 500_000


def event_prefix(seed: int) -> str:
    """How the ids of a year's events begin; a number in order of arrival follows."""
    return f"year-{seed}-"


async def make_year(
    url: str, size: Size, *, now: datetime, seed: int = 1, said: Callable[[str], None] = lambda _: None
) -> dict[str, str]:
    """Fills an empty, migrated database with a year that ends now. Returns the ingest key of each source."""
    began = time.perf_counter()
    calendar = Calendar(now - timedelta(days=size.days))
    settings = Settings(database_url=url)
    context = await prepare(settings, calendar)
    keys = await organise(context, size)
    made = combinations(size, seed=seed)
    calendar.turn_to(now)
    kinds = await kinds_of(context, made, days=size.days)
    rulebook = await context.rulebooks.latest()
    await context.store.keep_keys()
    runs = Runs(context.store.usage_memory.keys)
    await context.store.close()
    said(f"{len(kinds):,} combinations after {time.perf_counter() - began:.0f} s")
    calls = calls_of(size, made, now=micros(now), seed=seed)
    maker = Maker(kinds, rulebook, runs=runs, prefix=event_prefix(seed), seed=seed, now=now)
    plain = await writer(url)
    done = 0
    for piece in calls.pieces(_PIECE):
        await plain.write(maker.rows(piece))
        done += len(piece)
        said(f"{done:,} events after {time.perf_counter() - began:.0f} s")
    await plain.write(maker.at_the_end())
    await plain.close()
    calendar = Calendar(now - timedelta(days=size.days))
    context = make_context(settings, calendar)
    await keep_year(context, calendar, size, now=now)
    await context.store.close()
    said(f"books kept after {time.perf_counter() - began:.0f} s")
    return keys
