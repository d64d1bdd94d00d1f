"""A company of nine zones with six months of seeded usage, booked as its clock goes on."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bot.org.teams_yml.teams_file import read_teams_file
from bot.settings import Settings
from bot.sources import SOURCES
from handlers.books.periods import keep_books
from handlers.cli import prepare
from handlers.context import Context
from handlers.intake.usage import Intake
from handlers.org.teams import import_teams

ZONES = {
    "atoll": "Pacific/Kiritimati",
    "auckland": "Pacific/Auckland",
    "lord-howe": "Australia/Lord_Howe",
    "nepal": "Asia/Kathmandu",
    "bengal": "Asia/Kolkata",
    "london": "Europe/London",
    "harbour": "America/St_Johns",
    "valley": "America/Los_Angeles",
    "samoa": "Pacific/Pago_Pago",
}
BUDGETS = {slug: 500 + 150 * number for number, slug in enumerate(ZONES) if slug != "samoa"}
"""Dollars a month."""
STARTS = {"harbour": date(2026, 8, 10)}
"""The first days of budgets."""
EAST, WEST = ("atoll", "auckland", "lord-howe", "nepal", "bengal"), ("harbour", "valley", "samoa")
ROOT_ZONE = "America/New_York"
ROLES = ("member", "manager", "finance", "admin", "stranger")
"""Each is a person of that name: a member of London and Bengal, the manager of East, finance, an admin, and a member of
Valley."""
FIRST_DAY, LAST_DAY = date(2026, 6, 1), date(2026, 11, 30)
TOOLS = ("Claude Code", "Codex", "MetaCode", "")
MODELS = {"Claude Code": "claude-opus-4-5", "Codex": "gpt-5", "MetaCode": "metacode-2", "": "acme-large"}
_MIDNIGHT = timedelta(minutes=2)


def email(who: str) -> str:
    return f"{who}@acme.test"


def slack_id(who: str) -> str:
    return f"U{who.upper()}"


def teams_yml() -> str:
    """Two departments and a team under none. One team has no budget, one's begins in August, one is all unpriced."""
    lines = [
        "organisation:",
        f"  {{name: Acme, currency: USD, timezone: {ROOT_ZONE}, period: month, funding: 90000, mode: govern, people: self,",
        f"   finance: [{email('finance')}], admins: [{email('admin')}]}}",
        "teams:",
        f"  - {{slug: east, name: East, channel: CEAST, managers: [{email('manager')}], timezone: Asia/Tokyo,",
        "     budget: {amount: 30000}}",
        "  - {slug: west, name: West, channel: CWEST, timezone: America/Denver, budget: {amount: 20000}}",
    ]
    for number, (slug, zone) in enumerate(ZONES.items()):
        parent = "parent: east, " if slug in EAST else "parent: west, " if slug in WEST else ""
        starts = f", starts: {STARTS[slug]}" if slug in STARTS else ""
        budget = f", budget: {{amount: {BUDGETS[slug]}{starts}}}" if slug in BUDGETS else ""
        member = {"london": "member", "bengal": "member", "valley": "stranger"}.get(slug, f"one{number}")
        lines.append(
            f'  - {{slug: {slug}, name: {slug.title()}, {parent}channel: "C{slug.upper().replace("-", "")}", timezone: {zone}, '
            f"members: [{email(member)}]{budget}}}"
        )
    lines += [
        "tools:",
        '  - {name: MetaCode, kind: in_house, match: {model: "metacode*"}}',
    ]
    return "\n".join(lines) + "\n"


class SetClock:
    """A clock that stands where it was set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def events(seed: int) -> list[dict[str, Any]]:
    """Six months of native events, in the order of time: every team on most days, more on working days, a few of no team,
    and some within two minutes of each team's midnights."""
    dice = random.Random(seed)
    days = [FIRST_DAY + timedelta(days=at) for at in range((LAST_DAY - FIRST_DAY).days + 1)]
    found = []
    for slug, zone in {**ZONES, "": ROOT_ZONE}.items():
        for day in days:
            start = midnight(day, zone)
            calls = dice.choice((0, 1, 1, 2)) if slug and day.weekday() < 5 else dice.choice((0, 0, 0, 1))
            moments = [start + timedelta(seconds=dice.uniform(0, 86_000)) for _ in range(calls)]
            if day.day in (1, 2, 26, 27) and slug:
                moments += [start + _MIDNIGHT * side for side in (-1, 1)]
            found += [(at, slug) for at in moments]
    found.sort()
    return [_event(number, at, slug, dice) for number, (at, slug) in enumerate(found)]


def _event(number: int, at: datetime, slug: str, dice: random.Random) -> dict[str, Any]:
    tool = "MetaCode" if slug == "nepal" else dice.choice(TOOLS)
    data = {
        "model": MODELS[tool],
        "tool": tool or None,
        "workflow": dice.choice(("", "code-review", "evals")) or None,
        "user": email(dice.choice(("member", "one1", "finance"))) if slug else None,
        "team": slug or None,
        "credential": dice.choice(("key-1", "key-2")),
        "uncached_input_tokens": dice.randrange(1, 4_000_000),
        "output_tokens": dice.randrange(1, 90_000),
        "cost_usd": None if tool == "MetaCode" else f"{dice.lognormvariate(2.2, 0.8):.9f}",
    }
    kept = {name: value for name, value in data.items() if value is not None}
    return {
        "specversion": "1.0",
        "type": "ai.usage",
        "source": "/w",
        "id": f"e{number}",
        "time": at.isoformat(),
        "data": kept,
    }


@dataclass
class World:
    """The company at a moment: what happened before it is booked."""

    context: Context
    clock: SetClock
    intake: Intake
    waiting: list[dict[str, Any]]

    async def goes_to(self, at: datetime) -> None:
        """Books everything up to a moment, and keeps the books as of it."""
        self.clock.at = at
        count = sum(datetime.fromisoformat(event["time"]) <= at for event in self.waiting)
        due, self.waiting = self.waiting[:count], self.waiting[count:]
        async with self.context.store.read() as tx:
            source = await tx.keys.source("gateway")
        assert source is not None
        for start in range(0, len(due), 500):
            batch = due[start : start + 500]
            booked = await self.intake.book(SOURCES["cloudevents"](json.dumps(batch).encode(), now=at), source=source)
            assert booked.accepted == len(batch), booked
        await keep_books(self.context)


@asynccontextmanager
async def world(database_url: str, *, seed: int, first: datetime) -> AsyncIterator[World]:
    """The company before its first usage."""
    clock = SetClock(first)
    context = await prepare(Settings(database_url=database_url), clock)
    await import_teams(context, read_teams_file(teams_yml()), dry_run=False)
    async with context.store.begin() as tx:
        at = context.now_micros()
        await tx.keys.create_source(name="gateway", source_format="cloudevents", role="meter", team_id=None, at=at)
        for who in ROLES:
            named = {"id": slack_id(who), "email": email(who)}
            await tx.connection.execute(text("UPDATE people SET slack_id = :id WHERE email = :email"), named)
    intake = Intake(context)
    intake.start()
    try:
        yield World(context, clock, intake, events(seed))
    finally:
        await intake.stop()
        await context.store.close()
