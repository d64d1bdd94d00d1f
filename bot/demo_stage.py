"""`tokens demo`: the sandbox workspace and the bot in one process, with a month of usage, on a throw-away database."""

import asyncio
import secrets
import socket
import tempfile
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from bot.app import Running, Worker, configure_logs, running
from bot.clock import ShiftedClock
from bot.demo import DEMO_CHANNELS, DEMO_PEOPLE, demo_history, demo_request, demo_teams_yml
from bot.periods import week_of
from bot.refusals import ConfigError
from bot.sandbox.server import create_sandbox
from bot.sandbox.settings import (
    Channel,
    CommandHint,
    Control,
    Member,
    SandboxSettings,
    Step,
    Terminal,
    TerminalCommand,
)
from bot.settings import Settings
from bot.teams_file import read_teams_file
from handlers.budget_requests import ask_for_budget
from handlers.cli import out, prepare, run
from handlers.context import Context
from handlers.demo import book_events, create_levers
from handlers.digests import post_digest
from handlers.keys import create_key
from handlers.schedule import look_up_slack
from handlers.teams import import_teams

_BOT_TOKEN = "xoxb-sandbox"  # noqa: S105  # the sandbox's own; it opens nothing else
_SOURCE = "gateway-eu"


async def fill(context: Context, parts: Running, *, events: list[dict[str, object]]) -> None:
    """Books the history, posts last week's digests and asks Emi's question, so that there is something to decide."""
    async with context.store.read() as tx:
        source = await tx.keys.source(_SOURCE)
    assert source is not None
    await book_events(context, parts.intake, source, events)
    await look_up_slack(context)
    directory = (await context.rulebooks.latest()).directory
    for team in directory.real_teams:
        monday, _ = week_of(team.day_of(context.now_micros()))
        await post_digest(context, team, monday - 7)
    waiting = demo_request(now=context.now())
    async with context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        asker = await tx.people.meet(
            slack_id=waiting.asker.slack_id,
            email=waiting.asker.email,
            name=waiting.asker.real_name,
            timezone=waiting.asker.timezone,
        )
        asked_for = rulebook.directory.by_slug(waiting.team)
        assert asked_for is not None
        await ask_for_budget(
            tx,
            rulebook,
            team=asked_for,
            person_id=asker.id,
            amount_nanos=waiting.amount_nanos,
            reason=waiting.reason,
            now=context.now(),
        )
    context.wake_outbox.set()
    context.wake_watcher.set()


def workspace(*, bot_url: str, secret: str, key: str) -> SandboxSettings:
    """Acme's workspace, with the terminal, the two levers and the three steps beside the chat."""
    authorised = {"Authorization": f"Bearer {key}"}
    ask = TerminalCommand(
        label="Anna asks the model",
        argv_text='claude -p "why did recall drop on the last eval?"',
        url=f"{bot_url}/v1/teams/search/allowance",
        headers=authorised,
        person="UANNA",
        answer="Recall fell with commit 4f2c: the new tokenizer drops hyphenated terms. Two queries explain most of it.",
    )
    return SandboxSettings(
        bot_url=bot_url,
        signing_secret=secret,
        bot_token=_BOT_TOKEN,
        people=tuple(
            Member(id=p.slack_id, name=p.name, real_name=p.real_name, email=p.email, title=p.title, tz=p.timezone)
            for p in DEMO_PEOPLE
        ),
        channels=tuple(Channel(id=c.id, name=c.name, purpose=c.topic, members=c.members) for c in DEMO_CHANNELS),
        acting="UANNA",
        terminal=Terminal(title="Anna's terminal", prompt="anna@acme ~/search %", commands=(ask,)),
        controls=(
            Control(
                id="spike",
                label="Make a spike",
                hint="A CI job in Checkout runs away; the alert is in its channel within seconds.",
                url=f"{bot_url}/demo/spike",
                headers=authorised,
            ),
            Control(
                id="monday",
                label="Jump to Monday 09:00",
                hint="Moves the clock ahead; every team gets its digest of the week.",
                url=f"{bot_url}/demo/monday",
                headers=authorised,
            ),
        ),
        steps=(
            Step(
                title="Anna is refused",
                text="Search has used its budget. Run Anna's command: the gateway asks Tokens first, and says no.",
                done_when="terminal:deny",
                person="UANNA",
                channel="CSEARCH",
                pane="terminal",
            ),
            Step(
                title="Ben approves",
                text="Act as Ben. In #team-search a request waits: click Approve, and watch the card change.",
                done_when="click:Approve",
                person="UBEN",
                channel="CSEARCH",
            ),
            Step(
                title="The same call passes",
                text="Back to Anna's terminal: run it again. The budget is there the moment Ben decided.",
                done_when="terminal:allow|terminal:warn",
                person="UANNA",
                channel="CSEARCH",
                pane="terminal",
            ),
        ),
        command_hints=(
            CommandHint(text="/tokens", hint="How this channel's team stands"),
            CommandHint(text="/tokens me", hint="My own use, to me alone"),
            CommandHint(text="/tokens request 500 ", hint="Ask for more budget"),
            CommandHint(text="/tokens help", hint="What can be typed"),
        ),
    )


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"Port {port} is taken. Try: tokens demo --port {port + 1}") from error
    return listener


def _server(app: object) -> uvicorn.Server:
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)  # type: ignore[arg-type]
    return uvicorn.Server(config)


async def stage(*, port: int, browser: bool, usage: Path | None) -> None:
    """Sets everything up, prints the page's address, and plays until it is stopped."""
    page, door = _listen(port), _listen(0)
    address = f"http://127.0.0.1:{page.getsockname()[1]}"
    bot_url = f"http://127.0.0.1:{door.getsockname()[1]}"
    clock = ShiftedClock()
    opened_at = clock.now()
    with tempfile.TemporaryDirectory(prefix="tokens-demo-") as folder:
        settings = Settings(
            database_url=f"sqlite:///{folder}/tokens.db",
            slack_bot_token=_BOT_TOKEN,
            slack_signing_secret=secrets.token_hex(16),
            slack_api_url=f"{address}/api/",
            watch_seconds=2,
            outbox_poll_seconds=0.5,
            schedule_seconds=10,
        )
        context = await prepare(settings, clock)
        history = demo_history(now=opened_at)
        await import_teams(context, read_teams_file(demo_teams_yml(now=opened_at, history=history)), dry_run=False)
        key = await create_key(context, _SOURCE, source="cloudevents")
        sandbox = create_sandbox(workspace(bot_url=bot_url, secret=settings.slack_signing_secret, key=key))
        page_server = _server(sandbox)
        playing = [asyncio.create_task(page_server.serve(sockets=[page]))]
        async with running(context, web=True, worker=False) as parts:
            assert parts.web is not None
            parts.web.include_router(create_levers(context, parts.intake, clock, opened_at=opened_at))
            bot_server = _server(parts.web)
            playing.append(asyncio.create_task(bot_server.serve(sockets=[door])))
            await fill(context, parts, events=[b.event for b in history])
            worker = Worker(context)  # starts when everything is there, so that the digests come before the alerts
            await worker.start()
            out.print(f"Tokens is playing at {address}  (Ctrl+C ends it)")
            if browser:
                webbrowser.open(address)
            with suppress(asyncio.CancelledError):
                await asyncio.wait(playing, return_when=asyncio.FIRST_COMPLETED)
            await worker.stop()
            bot_server.should_exit = page_server.should_exit = True
            await asyncio.gather(*playing, return_exceptions=True)


def demo_command(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The page's port.")] = 8765,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")] = False,
    usage: Annotated[Path | None, typer.Option("--usage", help="Your own usage: a CSV with native headers.")] = None,
) -> None:
    """The sandbox workspace and the bot with a month of realistic usage, on a throw-away database."""
    configure_logs()
    run(stage(port=port, browser=not no_browser, usage=usage))
