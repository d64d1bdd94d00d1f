"""A sandbox with an echo bot behind it, both over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import create_sandbox
from bot.sandbox.settings import (
    Channel,
    Control,
    Member,
    SandboxSettings,
    Shortcut,
    Step,
    Terminal,
    TerminalCommand,
    Usergroup,
)
from bot.sandbox.workspace import Workspace
from tests.sandbox.echo_bot import SECRET, TOKEN, EchoBot
from tests.support.people import Person, Sandbox
from tests.support.servers import address, listening_socket, running

PEOPLE = (
    Member(id="UANNA", name="anna", real_name="Anna Ito", email="anna@acme.test", title="Engineer, Search"),
    Member(id="UBEN", name="ben", real_name="Ben Okafor", email="ben@acme.test", title="Manager"),
    Member(id="UCHLOE", name="chloe", real_name="Chloe Martin", email="chloe@acme.test", title="Finance"),
    Member(id="UDAN", name="dan", real_name="Dan Novak", email="dan@acme.test", title="Admin", is_admin=True),
    Member(id="UGUS", name="gus", real_name="Gus Guest", email="gus@partner.test", is_ultra_restricted=True),
)
CHANNELS = (
    Channel(id="CSEARCH", name="team-search", members=("UANNA", "UBEN", "UGUS"), purpose="Search"),
    Channel(id="CGENERAL", name="general", members=("UANNA", "UBEN", "UCHLOE", "UDAN"), bot_is_member=False),
    Channel(id="GFINANCE", name="finance", members=("UCHLOE",), is_private=True, bot_is_member=False),
)


@dataclass(frozen=True, kw_only=True)
class Office:
    """The workspace, its bot, a Slack client and the people."""

    url: str
    bot: EchoBot
    workspace: Workspace
    slack: AsyncWebClient
    anna: Person
    ben: Person
    chloe: Person


def settings_for(bot_url: str) -> SandboxSettings:
    """Returns a small company with a terminal, a control and two steps."""
    ask = TerminalCommand(
        label="Ask",
        argv_text="ask 'hello'",
        url=f"{bot_url}/allowance",
        headers={"Authorization": "Bearer ingest-key"},
        answer="Hello back.",
    )
    return SandboxSettings(
        bot_url=bot_url,
        signing_secret=SECRET,
        bot_token=TOKEN,
        people=PEOPLE,
        channels=CHANNELS,
        acting="UANNA",
        usergroups=(Usergroup(id="SLEADS", handle="leads", name="Leads", users=("UBEN",)),),
        terminal=Terminal(title="Anna's terminal", prompt="anna %", commands=(ask,)),
        controls=(Control(id="monday", label="Jump", url=f"{bot_url}/allowance", method="GET"),),
        shortcuts=(
            Shortcut(name="From anywhere", callback_id="anywhere", kind="global"),
            Shortcut(name="For this", callback_id="for_this", kind="message"),
        ),
        steps=(
            Step(title="Refused", text="Run it.", done_when="terminal:deny"),
            Step(title="Approve", text="Click.", done_when="click:Approve"),
        ),
    )


@asynccontextmanager
async def running_office() -> AsyncIterator[Office]:
    """A small company's sandbox and its echo bot, both served."""
    bot, door = EchoBot(), listening_socket()
    app = create_sandbox(settings_for(address(door)))
    app.state.workspace.patience_seconds = app.state.workspace.triggers.lifetime_seconds = 60.0  # for a busy machine
    async with running(bot.app, door), running(app) as url, Sandbox(url) as sandbox:
        yield Office(
            url=url,
            bot=bot,
            workspace=app.state.workspace,
            slack=AsyncWebClient(token=TOKEN, base_url=f"{url}/api/"),
            anna=Person(sandbox, "UANNA"),
            ben=Person(sandbox, "UBEN"),
            chloe=Person(sandbox, "UCHLOE"),
        )


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with running_office() as made:
        yield made
