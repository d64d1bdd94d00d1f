"""A month of usage with adjusting rows, booked through the product, and its sums in every dimension."""

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import func, select

from bot.clock import ShiftedClock
from bot.money import NANOS, nanos_from_decimal
from bot.org.attribution import Source
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import MICROS, Calendar, Period, day_number, local_day, micros
from bot.sources import SOURCES
from bot.usage import COUNTERS, UsageEvent
from handlers.books.periods import keep_books
from handlers.context import Context
from handlers.costs.reprice import reprice
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import Answer
from handlers.org.attribution_commands import reapply
from handlers.org.teams import import_teams
from storage.intake.keys import key_hash
from storage.queries.sums import nano_sums, whole
from storage.tables.books import accounts, entries
from storage.tables.intake import usage_days, usage_series
from storage.tables.org import people, teams
from tests.support.company import TEAMS_YML, usage_event
from tests.support.traffic.otlp import AT
from tests.support.traffic.twins import outer, parsed, told

ZONE = "Europe/London"
NAMED_YML = TEAMS_YML.replace("people: self", "people: managers")
PRICED_YML = NAMED_YML + '  - {model: "mystery", input_per_mtok: 3, output_per_mtok: 15}\n'
MODELS: tuple[dict[str, Any], ...] = (
    {"model": "acme-large", "provider": "acme"},
    {"model": "claude-opus-4-5", "provider": "anthropic", "cost_usd": None, "cache_read_tokens": 70_000},
    {"model": "metacode-7", "cost_usd": None, "cache_write_1h_tokens": 300, "reasoning_tokens": 40},
    {"model": "mystery", "cost_usd": None},
    {"model": "never-priced", "cost_usd": None, "cache_write_5m_tokens": 11},
)
TOOLS = ("Claude Code", "Codex", "=HYPERLINK(1)", "+plus", "-minus", "@at", "'quoted", 'a "b", c')
PLACES: tuple[dict[str, Any], ...] = (
    {"team": "search"},
    {"team": "mobile", "credential": "key-m"},
    {"team": None, "credential": "key-12"},
    {"team": None, "credential": "ci-7", "user": None},
    {"team": None, "credential": "lost"},
)
DIMENSIONS = ("team", "user", "tool", "provider", "model", "workflow", "credential", "cost_basis", "local_day")
Sums = dict[str, Counter[tuple[str, str]]]
"""By dimension: what each (name, amount) sums to; amounts are the counters and `cost`."""


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """What books usage: an intake that runs, and its source."""

    context: Context
    intake: Intake
    source: Source
    key: bytes

    async def takes(self, events: list[dict[str, Any]]) -> Answer:
        body = SOURCES["cloudevents"](json.dumps(events).encode(), now=self.context.now())
        return await self.intake.book(body, source=self.source, key=self.key)

    async def takes_spans(self, *groups: dict[str, Any], later: int) -> Answer:
        """Books spans as if they had come some microseconds later."""
        body = parsed(*groups)
        body.events = [(index, _moved(event, later)) for index, event in body.events]
        return await self.intake.book(body, source=self.source, key=self.key)


def _moved(event: UsageEvent, later: int) -> UsageEvent:
    hint = event.twin_hint
    assert hint is not None
    moved = msgspec.structs.replace(hint, start=hint.start + later, end=hint.end + later)
    return msgspec.structs.replace(event, occurred_at=event.occurred_at + later, twin_hint=moved)


async def fill_organised(context: Context, key: str, *, events: int) -> Period:
    """Fills a database that has Acme and a gateway's key."""
    source = await context.rulebooks.source_of(key)
    assert source is not None
    intake = Intake(context)
    intake.start()
    try:
        gateway = Gateway(context=context, intake=intake, source=source, key=key_hash(key))
        return await fill_month(gateway, events=events)
    finally:
        await intake.stop()


async def fill_month(gateway: Gateway, *, events: int, seed: int = 1) -> Period:
    """Books a month of usage, moves some of it to another team, prices a model, and raises calls by a second record."""
    context = gateway.context
    assert isinstance(context.clock, ShiftedClock)
    following = context.now().replace(day=1) + timedelta(days=31)
    context.clock.jump_to(following.replace(day=28, hour=12, minute=0, second=0, microsecond=0))
    await import_teams(context, read_teams_file(NAMED_YML), dry_run=False)
    await keep_books(context)
    first = context.now().replace(day=2, hour=0, minute=0)
    chosen, span = random.Random(seed), context.now() - first
    for start in range(0, events, 500):
        numbers = range(start, min(start + 500, events))
        answer = await gateway.takes([_event(chosen, number, first + span * chosen.random()) for number in numbers])
        assert answer.accepted == len(numbers), answer
    later = micros(first) - AT // 1_000
    for start in range(0, events // 100, 50):
        calls = range(start, min(start + 50, events // 100))
        for make in (outer, told):
            await gateway.takes_spans(*(make(call=call) for call in calls), later=later)
    await context.store.fold_totals()
    await keep_books(context)
    await _adjust(context)
    return Calendar().period_of(day_number(first.date()))


def _event(chosen: random.Random, number: int, at: datetime) -> dict[str, Any]:
    data = {
        "user": f"user{chosen.randrange(20)}@acme.test",
        "tool": chosen.choice(TOOLS),
        "workflow": chosen.choice(("", "evals", "code-review")),
        "uncached_input_tokens": chosen.randrange(20_000),
        "output_tokens": chosen.randrange(40, 2_000),
        **chosen.choice(PLACES),
        **chosen.choice(MODELS),
    }
    return usage_event(number, at=at, dollars=chosen.randrange(1, 10**9) / NANOS, **data)


async def _adjust(context: Context) -> None:
    since = context.now().replace(day=1).date()
    async with context.store.begin() as tx:
        mobile = (await context.rulebooks.current(tx)).directory.by_slug("mobile")
        assert mobile is not None
        await tx.attribution.claim("ci-7", mobile.id, from_at=micros(context.now()) - 40 * 86_400 * MICROS)
    await reapply(context, since=since)
    await import_teams(context, read_teams_file(PRICED_YML), dry_run=False)
    await reprice(context, since_day=day_number(since), document="test")
    await keep_books(context)


async def booked_sums(context: Context, period: Period) -> Sums:
    """Returns the sums of a period's totals."""
    series, current = usage_series.c, people.alias("current")
    key = (
        *(teams.c.slug, current.c.email, series.tool, series.provider, series.model, series.workflow),
        *(series.credential, series.basis, usage_days.c.local_day),
    )
    amounts = [func.sum(usage_days.c[name]) for name in COUNTERS]
    query = (
        select(*key, *nano_sums(usage_days.c.cost_nanos), *amounts)
        .join(usage_series, series.id == usage_days.c.series_id)
        .join(teams, teams.c.id == usage_days.c.team_id)
        .outerjoin(people, people.c.id == series.person_id)
        .outerjoin(current, current.c.id == func.coalesce(people.c.merged_into, people.c.id))
        .where(usage_days.c.local_day >= period.first_day, usage_days.c.local_day < period.end_day)
        .group_by(*key)
    )
    found: Sums = {dimension: Counter() for dimension in DIMENSIONS}
    async with context.store.read() as tx:
        for row in await tx.connection.execute(query):
            names = dict(zip(DIMENSIONS, row[: len(key)], strict=True))
            dollars, rest, *counts = row[len(key) :]
            _add(found, names, [*map(int, counts), whole(dollars, rest)])
    return _rid_of_zeros(found)


def exported_sums(rows: Iterable[dict[str, str]]) -> Sums:
    """Returns the sums of the rows of `export usage`."""
    found: Sums = {dimension: Counter() for dimension in DIMENSIONS}
    for row in rows:
        at = micros(datetime.fromisoformat(row["occurred_at"]))
        names = {name: row[name].removeprefix("'") for name in DIMENSIONS[:-1]} | {"local_day": local_day(at, ZONE)}
        counts = [int(row[f"{name}_tokens"]) for name in COUNTERS]
        _add(found, names, [*counts, nanos_from_decimal(row["cost_usd"] or "0")])
    return _rid_of_zeros(found)


def _add(sums: Sums, names: dict[str, Any], amounts: Sequence[int]) -> None:
    for dimension in DIMENSIONS:
        for amount, value in zip((*COUNTERS, "cost"), amounts, strict=True):
            sums[dimension][str(names[dimension] or ""), amount] += value


def _rid_of_zeros(sums: Sums) -> Sums:
    """Leaves out parts that adjusting rows emptied."""
    return {name: Counter({key: value for key, value in part.items() if value}) for name, part in sums.items()}


async def charged_sums(context: Context) -> Counter[tuple[str, str]]:
    """Returns the posted charges by team and day's document, corrections taken off."""
    found: Counter[tuple[str, str]] = Counter()
    async with context.store.read() as tx:
        for sign, column in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id)):
            query = (
                select(teams.c.slug, entries.c.document, *nano_sums(entries.c.amount_nanos))
                .join(accounts, accounts.c.id == column)
                .join(teams, teams.c.id == accounts.c.team_id)
                .where(accounts.c.bucket == "spent")
                .group_by(teams.c.slug, entries.c.document)
            )
            for slug, document, dollars, rest in await tx.connection.execute(query):
                found[slug, document] += sign * whole(dollars, rest)
    return Counter({key: value for key, value in found.items() if value})


def exported_charges(rows: Iterable[dict[str, str]]) -> Counter[tuple[str, str]]:
    """Returns what the rows of `export ledger` move into the `spent` buckets, less what they move out."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        nanos = nanos_from_decimal(row["amount_usd"])
        for sign, column in ((1, "to_account"), (-1, "from_account")):
            slug, _, bucket = row[column].partition(":")
            if bucket == "spent":
                found[slug, row["document"]] += sign * nanos
    return Counter({key: value for key, value in found.items() if value})


def as_usage(row: dict[str, str]) -> dict[str, str]:
    """Returns a row of `export focus` under the names of `export usage`."""
    names = {"team": "SubAccountId", "credential": "ResourceId", "provider": "ProviderName"}
    ours = {"user": "PrincipalId", "tool": "Tool", "model": "Model", "workflow": "Workflow", "cost_basis": "CostBasis"}
    found = {name: row[column] for name, column in names.items()} | {
        n: row[f"x_{column}"] for n, column in ours.items()
    }
    counts = {
        f"{name}_tokens": row["x_" + "".join(word.title() for word in name.split("_")) + "Tokens"] for name in COUNTERS
    }
    provider = "" if found["provider"] == "Unknown" else found["provider"]
    moment = {"occurred_at": row["ChargePeriodStart"], "cost_usd": row["BilledCost"]}
    return found | counts | moment | {"provider": provider}


def read_csv(text: str) -> list[dict[str, str]]:
    """Returns the rows of a CSV export."""
    return list(csv.DictReader(io.StringIO(text, newline="")))
