"""Acme for stories: its teams.yml, its workspace, and its bot running between the two."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import aiohttp
from fastapi import FastAPI

from bot.app import ProcessParts, Worker, running
from bot.clock import ShiftedClock
from bot.demo.workspace import SHORTCUTS
from bot.org.teams_yml.teams_file import read_teams_file
from bot.sandbox.page.traffic import Traffic
from bot.sandbox.server import create_sandbox
from bot.sandbox.settings import Channel, Member, SandboxSettings
from bot.sandbox.workspace import Workspace
from bot.settings import Settings
from handlers.cli import prepare
from handlers.context import Context, make_context
from handlers.intake.keys import create_key
from handlers.org.teams import import_teams
from handlers.reporting.open_homes import refresh_open_homes
from handlers.schedule import look_up_slack
from handlers.slack.chart_renderer import ChartRenderer
from handlers.slack.outbox import OutboxWorker
from handlers.watcher import watch_budgets
from tests.support import servers
from tests.support.people import Person, Sandbox, listened

SECRET = "a-signing-secret-of-the-tests"
TOKEN, APP_TOKEN = "xoxb-tests", "xapp-tests"

TEAMS_YML = """
organisation:
  {name: Acme, currency: USD, timezone: Europe/London, period: month, funding: 20000, mode: govern, people: self,
   finance: [chloe@acme.test], admins: [dan@acme.test]}
teams:
  - {slug: product, name: Product, managers: [ben@acme.test], budget: {amount: 10000}}
  - slug: search
    name: Search
    parent: product
    channel: "#team-search"
    managers: [ben@acme.test]
    members: [anna@acme.test, emi@acme.test]
    timezone: Europe/London
    cost_center: CC-100
    budget: {amount: 1000, thresholds: [80, 100]}
  - {slug: mobile, name: Mobile, channel: "#team-mobile", managers: [mia@acme.test], budget: {amount: 500}}
attribution:
  - {credential: key-12, team: search}
  - {tag: "repo:search-*", team: search}
tools:
  - {name: MetaCode, kind: in_house, match: {model: "metacode*"}}
prices:
  - {model: "metacode*", input_per_mtok: 0.40, output_per_mtok: 1.60}
"""

PEOPLE = (
    Member(id="UANNA", name="anna", real_name="Anna Ito", email="anna@acme.test"),
    Member(id="UEMI", name="emi", real_name="Emi Tanaka", email="emi@acme.test"),
    Member(id="UBEN", name="ben", real_name="Ben Ruiz", email="ben@acme.test"),
    Member(id="UMIA", name="mia", real_name="Mia Berg", email="mia@acme.test"),
    Member(id="UCHLOE", name="chloe", real_name="Chloe Martin", email="chloe@acme.test"),
    Member(id="UDAN", name="dan", real_name="Dan Novak", email="dan@acme.test", is_admin=True),
    Member(id="UGUS", name="gus", real_name="Gus Guest", email="gus@partner.test", is_ultra_restricted=True),
    Member(
        id="USTRANGER", name="sam", real_name="Sam Stranger", email="sam@other.test", team_id="TOTHER", is_stranger=True
    ),
)
EVERYONE = tuple(member.id for member in PEOPLE)
CHANNELS = (
    Channel(id="CSEARCH", name="team-search", members=EVERYONE),
    Channel(id="CMOBILE", name="team-mobile", members=EVERYONE),
    Channel(id="CGENERAL", name="general", members=EVERYONE, bot_is_member=False),
)


@dataclass(frozen=True, kw_only=True)
class Company:
    """Everything a story needs. `worker` delivers and judges only when the story says so (`settles`)."""

    context: Context
    clock: ShiftedClock
    parts: ProcessParts
    worker: Worker
    workspace: Workspace
    sandbox: Sandbox
    bot_url: str
    key: str
    anna: Person
    emi: Person
    ben: Person
    mia: Person
    chloe: Person
    dan: Person
    gus: Person
    stranger: Person

    async def settles(self) -> None:
        """Lets the listeners end, judges what changed and delivers what waits, until nothing does."""
        await listened()
        for _ in range(20):
            judged = await watch_budgets(self.context)
            delivered = await self.worker.outbox_worker.deliver_due()
            if not judged and not delivered:
                await refresh_open_homes(self.context)
                return

    async def uses(self, *events: dict[str, Any]) -> dict[str, Any]:
        """Usage comes in over HTTP; returns the bot's answer."""
        status, answer = await self.posts(json.dumps(events).encode())
        assert status == 200, answer
        counts: dict[str, Any] = answer
        return counts

    async def posts(self, body: bytes, *, key: str | None = None, **headers: str) -> tuple[int, Any]:
        """Any body to /v1/usage; returns status and answer."""
        sent = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json", **headers}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.bot_url}/v1/usage", data=body, headers=sent) as answer,
        ):
            return answer.status, await answer.json()

    async def gets(self, path: str, *, key: str | None = None) -> tuple[int, Any]:
        """A GET with a key; returns status and answer."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        async with aiohttp.ClientSession() as session, session.get(f"{self.bot_url}{path}", headers=headers) as answer:
            return answer.status, await answer.json()

    def event(
        self, number: int | str, *, dollars: float = 1.0, ago: timedelta = timedelta(), **data: Any
    ) -> dict[str, Any]:
        """A native usage event of Search at the clock's time, costing so many dollars (of a model nobody prices)."""
        return usage_event(number, at=self.clock.now() - ago, dollars=dollars, **data)


def usage_event(number: int | str, *, at: datetime, dollars: float = 1.0, **data: Any) -> dict[str, Any]:
    """A native usage event of Search, with a reported cost."""
    facts: dict[str, Any] = {"model": "acme-large", "tool": "Claude Code", "user": "anna@acme.test", "team": "search"}
    facts |= {"uncached_input_tokens": 1000, "output_tokens": 100, "cost_usd": f"{dollars:.9f}", **data}
    return {
        "specversion": "1.0",
        "type": "ai.usage",
        "source": "/tests",
        "id": f"req-{number}",
        "time": at.isoformat(),
        "data": {name: value for name, value in facts.items() if value is not None},
    }


def middle_of_next_month(now: datetime) -> datetime:
    """Noon, UTC, on the twelfth of the month after."""
    following = now.replace(day=1) + timedelta(days=32)
    return following.replace(day=12, hour=12, minute=0, second=0, microsecond=0)


@cache
def chart_renderer() -> ChartRenderer:
    """One process that draws for all stories: starting it takes longer than most of them."""
    return ChartRenderer()


async def organise(context: Context, teams_yml: str = TEAMS_YML) -> str:
    """Puts Acme's teams and a gateway's key into a prepared database; returns the key's token. Without a file nobody has set
    anything up."""
    if teams_yml:
        await import_teams(context, read_teams_file(teams_yml), dry_run=False)
    return await create_key(context, "gateway", source="cloudevents")


async def fill_with_books(database_url: str) -> str:
    """Puts Acme, as it is now, into an empty database; returns its key's token."""
    context = await prepare(Settings(database_url=database_url), ShiftedClock())
    try:
        return await organise(context)
    finally:
        await context.store.close()


async def fill_with_acme(database_url: str) -> str:
    """Puts Acme into an empty database, a minute before its stories begin, and finds its people and channels in Slack."""
    async with company(database_url, early=timedelta(minutes=1)) as made:
        return made.key


@asynccontextmanager
async def company(
    database_url: str,
    *,
    teams_yml: str = TEAMS_YML,
    key: str = "",
    early: timedelta = timedelta(),
    app_token: str = "",
) -> AsyncIterator[Company]:
    """Acme, running: the bot's web on one port, the sandbox on another, both real; jobs run when the story says so.
    `key` is that of a database that is filled already; `early` is how long before noon the clock begins. With an app token
    Slack's requests come over a WebSocket."""
    page, door = servers.listening_socket(), servers.listening_socket()
    clock = ShiftedClock()
    clock.jump_to(middle_of_next_month(clock.now()) - early)  # so that no story depends on the day on which it is told
    settings = Settings(
        database_url=database_url,
        slack_bot_token=TOKEN,
        slack_signing_secret="" if app_token else SECRET,
        slack_app_token=app_token,
        slack_api_url=f"{servers.address(page)}/api/",
        answer_seconds=60,
        slack_answer_seconds=60,
    )
    is_filled = bool(key)
    context = make_context(settings, clock) if is_filled else await prepare(settings, clock)
    key = key or await organise(context, teams_yml)
    bot_url = servers.address(door)
    workspace = SandboxSettings(
        bot_url=bot_url,
        signing_secret=SECRET,
        bot_token=TOKEN,
        people=PEOPLE,
        channels=CHANNELS,
        acting="UANNA",
        shortcuts=SHORTCUTS,
        app_token=app_token,
    )
    slack: FastAPI = create_sandbox(workspace)
    slack.state.workspace.patience_seconds = (
        30.0  # stories are about what is answered; a busy machine may take its time
    )
    slack.state.workspace.triggers.lifetime_seconds = 30.0
    slack.state.workspace.files.processing_seconds = 0.0
    slack.state.workspace.traffic = Traffic(slack.state.workspace.feed, kept=20)  # each deed reads it twice
    async with (
        servers.running(slack, page) as url,
        running(context, web=True, worker=False) as parts,
        servers.running(parts.web, door),
        Sandbox(url) as sandbox,
    ):
        if not is_filled:
            await look_up_slack(context)
        if app_token:
            await slack.state.workspace.sockets.connected()
        worker = Worker(context)
        worker.outbox_worker = OutboxWorker(context, chart_renderer().draw)
        names = ("anna", "emi", "ben", "mia", "chloe", "dan", "gus")
        people = {name: Person(sandbox, f"U{name.upper()}") for name in names}
        yield Company(
            context=context,
            clock=clock,
            parts=parts,
            worker=worker,
            workspace=slack.state.workspace,
            sandbox=sandbox,
            bot_url=bot_url,
            key=key,
            stranger=Person(sandbox, "USTRANGER"),
            **people,
        )
        worker.close()
