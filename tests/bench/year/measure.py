"""All measurements of a year on one database by one build, in an order in which none disturbs another."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.periods import DAY_MICROS, micros
from tests.bench.shapes.builds import Build
from tests.bench.year.company import Size
from tests.bench.year.make import event_prefix
from tests.bench.year.measures.allowance import Allowances, allowances
from tests.bench.year.measures.answers import Answers, answers
from tests.bench.year.measures.commands import Command, check, month_repriced
from tests.bench.year.measures.rounds import Rounds, explained, idle_keep_books

MEASURES = ("answers", "explain", "keep_books", "check", "allowance", "reprice")
_RATE, _SECONDS = 200, 20.0


@dataclass(kw_only=True)
class Measured:
    """What one build showed on one kind of database; what was not asked for stays empty."""

    database: str
    build: str
    answers: list[Answers] = field(default_factory=list)
    empty_answers: list[Answers] = field(default_factory=list)
    check: Command | None = None
    explain: Rounds | None = None
    keep_books: Rounds | None = None
    allowance: Allowances | None = None
    reprice: Command | None = None


async def measured(
    build: Build,
    kind: str,
    *,
    url: str,
    empty_url: str,
    size: Size,
    seed: int,
    measures: Collection[str],
    times: int,
    say: Callable[[str], None],
) -> Measured:
    """Measures one build. A year that is repriced must agree afterwards too."""
    found = Measured(database=kind, build=build.name)
    for name in (name for name in MEASURES if name in measures):
        say(f"{kind}, {build.name}: {name}")
        if name == "answers":
            found.empty_answers = await answers(build, empty_url, size, times=times)
            found.answers = await answers(build, url, size, times=times)
        elif name == "explain":
            found.explain = await explained(build, url, f"{event_prefix(seed)}1000")
        elif name == "keep_books":
            found.keep_books = await idle_keep_books(build, url)
        elif name == "check":
            found.check = check(build, url)
        elif name == "allowance":
            found.allowance = await allowances(build, url, size, rate=_RATE, seconds=_SECONDS)
        else:
            found.reprice = month_repriced(build, url, size, today=micros(datetime.now(UTC)) // DAY_MICROS)
            check(build, url)
    return found
