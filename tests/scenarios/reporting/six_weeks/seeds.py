"""Six kinds of week of one team, as usage events: growth, quiet, spike, overrun, first week, and outage."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from bot.clock import Clock
from bot.org.teams_yml.teams_file import read_teams_file
from bot.settings import Settings
from bot.sources import SOURCES
from handlers.books.periods import keep_books
from handlers.cli import prepare
from handlers.context import Context
from handlers.intake.keys import create_key
from handlers.intake.usage import Intake
from handlers.org.teams import import_teams
from tests.support.company import usage_event

Kind = Literal["growth", "quiet", "spike", "overrun", "first", "outage"]
KINDS: tuple[Kind, ...] = ("growth", "quiet", "spike", "overrun", "first", "outage")
_BUDGETS: dict[Kind, int] = {"overrun": 4_000}
_WEEKS = 9
_PEOPLE = 7
_AT_ONCE = 500
_OUTAGE = (timedelta(days=2, hours=10), timedelta(days=3))
"""From Wednesday 10:00 to midnight."""


def teams_yml(kind: Kind) -> str:
    budget = _BUDGETS.get(kind, 12_000)
    return f"""
organisation: {{name: Acme, timezone: UTC, period: month, funding: 50000, mode: govern}}
teams:
  - {{slug: search, name: Search, budget: {{amount: {budget}}}}}
tools:
  - {{name: MetaCode, kind: in_house, match: {{model: "metacode*"}}}}
"""


async def seeded(kind: Kind, database_url: str, *, monday: date, clock: Clock) -> Context:
    """Returns a context whose database has the usage up to the week of a Monday."""
    context = await prepare(Settings(database_url=database_url), clock)
    await import_teams(context, read_teams_file(teams_yml(kind)), dry_run=False)
    await create_key(context, "gateway-eu", source="cloudevents")
    source = next(iter((await context.rulebooks.latest()).sources.values()))
    intake = Intake(context)
    intake.start()
    events = list(_events(kind, monday))
    for start in range(0, len(events), _AT_ONCE):
        body = json.dumps(events[start : start + _AT_ONCE]).encode()
        booked = await intake.book(SOURCES["cloudevents"](body, now=context.now()), source=source)
        assert booked.accepted == len(events[start : start + _AT_ONCE]), booked.errors
    await intake.stop()
    await context.store.fold_totals()
    await keep_books(context)
    return context


def _events(kind: Kind, monday: date) -> Iterator[dict[str, Any]]:
    start = datetime.combine(monday, time(), UTC)
    for number, (at, dollars, data) in enumerate(_calls(kind, start)):
        silent = kind == "outage" and _OUTAGE[0] <= at - start < _OUTAGE[1]
        if not silent:
            tokens = {"uncached_input_tokens": round(dollars * 90_000), "cache_read_tokens": round(dollars * 400_000)}
            yield usage_event(
                number, at=at, dollars=dollars, **{**tokens, "output_tokens": round(dollars * 9_000), **data}
            )


def _calls(kind: Kind, start: datetime) -> Iterator[tuple[datetime, float, dict[str, Any]]]:
    """Yields the moment, cost and facts of each call."""
    for back in range(_WEEKS):
        week = start - timedelta(weeks=back)
        for day in range(7):
            at = week + timedelta(days=day, hours=9)
            if kind == "first" and (back or day < 2):
                continue
            busy = (1.0 + ((back * 5 + day * 3) % 7 - 3) / 60) * (1.0 if day < 5 else 0.15)
            for person in range(_PEOPLE):
                mine = {"user": f"person-{person}@acme.test", "credential": "key-ide", "model": "acme-large"}
                yield at + timedelta(minutes=37 * person), busy * (18 + 4 * person), mine
            review = {"user": None, "workflow": "code-review", "credential": "ci-review", "tool": "Gateway API"}
            model, price = ("acme-large", 5) if kind == "growth" and back == 0 else ("acme-mini", 1)
            for hour in range(6):
                yield at + timedelta(hours=hour), busy * 6 * price, {**review, "model": model}
            house = {"tool": "MetaCode", "model": "metacode-2", "user": "person-1@acme.test", "credential": "key-ide"}
            yield at + timedelta(hours=2), busy * 6, house
            if back < 3:
                index = {"user": None, "workflow": "index", "credential": "ci-index", "model": "acme-mini"}
                for hour in range(24):
                    yield at + timedelta(hours=hour - 9, minutes=5), 0.2, {**index, "tool": "Gateway API"}
    if kind == "spike":
        runaway = {"user": None, "workflow": "code-review", "credential": "ci-4", "tool": "Gateway API"}
        for hour in range(8):
            yield start + timedelta(days=3, hours=hour), 140.0, {**runaway, "model": "acme-large"}
