"""What people and the clock ask of two hundred teams with five weeks of usage: a command, a digest, a sweep."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.charts.render import render
from bot.charts.values import decode
from bot.periods import week_of
from bot.sources import SOURCES
from handlers.reporting.digests import digest_of
from handlers.watcher import watch_budgets
from tests.bench.databases import Databases
from tests.support.company import Company, company, usage_event

CHANNEL = "CSEARCH"
_TOOLS = ("Claude Code", "Codex", "Cursor", "MetaCode")
_MODELS = ("claude-opus-4-5", "claude-sonnet-4-5", "gpt-5", "metacode-2")
_DIGESTS = 20
_POLL_SECONDS = 0.001


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much there is to look through."""

    teams: int
    days: int
    calls_per_day: int
    commands: int

    @property
    def calls(self) -> int:
        return self.teams * self.days * self.calls_per_day


WHOLE = Size(teams=200, days=35, calls_per_day=6, commands=200)
QUICK = Size(teams=40, days=14, calls_per_day=3, commands=40)


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Seconds, sorted where there are several."""

    database: str
    size: Size
    commands: tuple[float, ...]
    digests: tuple[float, ...]
    drawings: tuple[float, ...]
    sweep: float


async def answers(databases: Databases, size: Size) -> Answers:
    """Books the usage, and asks."""
    async with _teams(databases, size) as made:
        began = time.perf_counter()
        assert await watch_budgets(made.context) >= size.teams
        sweep = time.perf_counter() - began
        commands = [await _command(made) for _ in range(size.commands)]
        digests, drawings = await _digests(made)
    return Answers(
        database=databases.kind,
        size=size,
        commands=tuple(sorted(commands)),
        digests=tuple(sorted(digests)),
        drawings=tuple(sorted(drawings)),
        sweep=sweep,
    )


@asynccontextmanager
async def _teams(databases: Databases, size: Size) -> AsyncIterator[Company]:
    async with company(await databases.new(), teams_yml=_teams_yml(size.teams)) as made:
        context = made.context
        source = next(iter((await context.rulebooks.latest()).sources.values()))
        events = _events(size, made)
        for start in range(0, len(events), 4_000):
            parsed = SOURCES["cloudevents"](json.dumps(events[start : start + 4_000]).encode(), now=context.now())
            booked = await made.parts.intake.book(parsed, source=source)
            assert booked.accepted == parsed.rows, booked.errors
        yield made


def _teams_yml(teams: int) -> str:
    lines = [
        "organisation: {name: Acme, timezone: Europe/London, period: month, funding: 9000000, mode: govern}",
        "teams:",
    ]
    for team in range(teams):
        channel = ', channel: "#team-search"' if team == 0 else ""
        people = "managers: [ben@acme.test], members: [anna@acme.test]" if team == 0 else "managers: [mia@acme.test]"
        lines.append(f"  - {{slug: team-{team}, name: Team {team}, {people}{channel}, budget: {{amount: 1000}}}}")
    return "\n".join(lines) + "\n"


def _events(size: Size, made: Company) -> list[dict[str, Any]]:
    chance = random.Random(3)
    now = made.clock.now()
    return [
        usage_event(
            f"{team}-{day}-{call}",
            at=now - timedelta(days=day, minutes=chance.randrange(600)),
            dollars=chance.lognormvariate(0, 1),
            team=f"team-{team}",
            tool=chance.choice(_TOOLS),
            model=chance.choice(_MODELS),
        )
        for day in range(size.days)
        for team in range(size.teams)
        for call in range(size.calls_per_day)
    ]


async def _command(made: Company) -> float:
    """From a signed `/tokens` until its message is in the workspace, the sandbox's own share included."""
    room = made.workspace.room(CHANNEL)
    there = len(room.messages)
    began = time.perf_counter()
    answer = await made.sandbox.does("command", made.anna.id, channel=CHANNEL, text="/tokens")
    assert answer["ok"], answer
    async with asyncio.timeout(10):
        while len(room.messages) == there:  # noqa: ASYNC110  # the workspace tells pages, not this
            await asyncio.sleep(_POLL_SECONDS)
    return time.perf_counter() - began


async def _digests(made: Company) -> tuple[list[float], list[float]]:
    """Seconds of building some teams' digests, and of drawing each picture in them."""
    context = made.context
    building, drawing = [], []
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        for team in scope.directory.real_teams[:_DIGESTS]:
            monday = week_of(team.day_of(context.now_micros()))[0] - 7
            began = time.perf_counter()
            message = await digest_of(scope.of_team(team), monday)
            building.append(time.perf_counter() - began)
            assert message is not None, team.slug
            for chart in message.charts:
                began = time.perf_counter()
                render(decode(chart))
                drawing.append(time.perf_counter() - began)
    return building, drawing
