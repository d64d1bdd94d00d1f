"""`tokens demo`: the sandbox workspace and the bot in one process, with a month of usage, on a throw-away database."""

import secrets
import socket
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.app import ProcessParts, Worker, configure_logs, running
from bot.clock import ShiftedClock
from bot.demo.company import (
    DEMO_CHANNELS,
    DemoChannel,
    DemoRequest,
    demo_history,
    demo_request,
    demo_teams_yml,
    later_events,
)
from bot.demo.controls import book_events, create_controls
from bot.demo.own import own_channels, own_teams_yml, slug_of, teams_named
from bot.demo.workspace import BOT_TOKEN, workspace
from bot.org.teams_file import read_teams_file
from bot.periods import week_of
from bot.refusals import ConfigError
from bot.sandbox.server import create_sandbox
from bot.serving import Serving, Signals
from bot.settings import Settings
from handlers.books.standings import standings_of
from handlers.cli import out, prepare, run
from handlers.context import Context
from handlers.intake.keys import create_key
from handlers.intake.replays import ending_at, read_events
from handlers.org.teams import import_teams
from handlers.reporting.digests import post_digest
from handlers.requests.budget_requests import create_request
from handlers.schedule import look_up_slack

_SOURCE = "gateway-eu"
LaterEvents = Callable[[datetime, datetime], Sequence[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class DemoScenario:
    """What is played: whose usage, in which channels, and what waits to be decided."""

    channels: tuple[DemoChannel, ...]
    events: list[dict[str, Any]]
    teams_yml: str
    team: str
    request: DemoRequest | None
    later: LaterEvents
    """What is used between two moments, when the clock is moved ahead."""

    @property
    def is_own(self) -> bool:
        return self.request is None


def acme_scenario(now: datetime) -> DemoScenario:
    """Acme and its month."""
    history = demo_history(now=now)
    return DemoScenario(
        channels=DEMO_CHANNELS,
        events=[booked.event for booked in history],
        teams_yml=demo_teams_yml(now=now, history=history),
        team="search",
        request=demo_request(now=now),
        later=lambda since, until: later_events(opened_at=now, since=since, until=until),
    )


def own_usage_scenario(file: Path, now: datetime) -> DemoScenario:
    """Somebody's own export, moved in time so that it ends now; the teams are those that it names."""
    events = ending_at(list(read_events(file)), now)
    for event in events:
        data = event.get("data")
        if isinstance(data, dict) and data.get("team"):
            data["team"] = slug_of(str(data["team"]))
    slugs = teams_named(events)
    return DemoScenario(
        channels=own_channels(slugs),
        events=events,
        teams_yml=own_teams_yml(slugs, spent_nanos={}),
        team=slugs[0],
        request=None,
        later=lambda since, until: (),
    )


async def load_history(context: Context, parts: ProcessParts, play: DemoScenario) -> None:
    """Books the history, posts last week's digests and asks Emi's question, so that there is something to decide."""
    async with context.store.read() as tx:
        source = await tx.keys.source(_SOURCE)
    assert source is not None
    await book_events(context, parts.intake, source, play.events)
    if play.is_own:
        await _budget_by_spend(context)
    await look_up_slack(context)
    directory = (await context.rulebooks.latest()).directory
    for team in directory.real_teams:
        monday, _ = week_of(team.day_of(context.now_micros()))
        await post_digest(context, team, monday - 7)
    if play.request is not None:
        await _ask(context, play.request)
    context.wake_outbox.set()
    context.wake_watcher.set()


async def _budget_by_spend(context: Context) -> None:
    """Gives each team of an imported usage file a budget that fits its spend so far."""
    async with context.store.read() as tx:
        scope = await context.scope(tx)
        standings = await standings_of(scope, scope.directory.real_teams)
    spent = {s.team.slug: s.balance.charged_nanos for s in standings}
    await import_teams(context, read_teams_file(own_teams_yml(list(spent), spent_nanos=spent)), dry_run=False)


async def _ask(context: Context, request: DemoRequest) -> None:
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        asker = request.asker
        person = await tx.people.ensure_from_slack(
            slack_id=asker.slack_id, email=asker.email, name=asker.real_name, timezone=asker.timezone
        )
        team = scope.directory.by_slug(request.team)
        assert team is not None
        await create_request(
            scope.of_team(team), person_id=person.id, amount_nanos=request.amount_nanos, reason=request.reason
        )


def _listen(port: int) -> socket.socket:
    # Named as TCP, or asyncio leaves Nagle's algorithm on, and every second answer waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"Port {port} is taken. Try: tokens demo --port {port + 1}") from error
    return listener


async def run_demo(*, port: int, browser: bool, usage: Path | None) -> None:
    """Sets everything up, prints the page's address, and plays until it is stopped."""
    page, door = _listen(port), _listen(0)
    address = f"http://127.0.0.1:{page.getsockname()[1]}"
    bot_url = f"http://127.0.0.1:{door.getsockname()[1]}"
    signals = Signals()
    clock = ShiftedClock()
    opened_at = clock.now()
    play = own_usage_scenario(usage, opened_at) if usage else acme_scenario(opened_at)
    with tempfile.TemporaryDirectory(prefix="tokens-demo-") as folder:
        settings = Settings(
            database_url=f"sqlite:///{folder}/tokens.db",
            slack_bot_token=BOT_TOKEN,
            slack_signing_secret=secrets.token_hex(16),
            slack_api_url=f"{address}/api/",
            watch_seconds=2,
            outbox_poll_seconds=0.5,
            schedule_seconds=10,
        )
        context = await prepare(settings, clock)
        await import_teams(context, read_teams_file(play.teams_yml), dry_run=False)
        key = await create_key(context, _SOURCE, source="cloudevents")
        room = workspace(
            bot_url=bot_url,
            secret=settings.slack_signing_secret,
            key=key,
            channels=play.channels,
            team=play.team,
            is_own=play.is_own,
        )
        chat = Serving(create_sandbox(room), listener=page, grace_seconds=1)
        async with running(context, web=True, worker=False) as parts:
            assert parts.web is not None
            levers = create_controls(context, parts.intake, clock, opened_at=opened_at, later=play.later)
            parts.web.include_router(levers)
            bot = Serving(parts.web, listener=door, grace_seconds=1)
            await load_history(context, parts, play)
            worker = Worker(context)  # starts when everything is there, so that the digests come before the alerts
            await worker.start()
            out.print(f"Tokens is playing at {address}  (Ctrl+C ends it)")
            if browser:
                webbrowser.open(address)
            await bot.until(signals)
            await worker.stop()
            await bot.stop()
        await chat.stop()


def demo_command(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The page's port.")] = 8765,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")] = False,
    usage: Annotated[Path | None, typer.Option("--usage", help="Your own usage: a CSV with native headers.")] = None,
) -> None:
    """The sandbox workspace and the bot with a month of realistic usage, on a throw-away database."""
    configure_logs()
    run(run_demo(port=port, browser=not no_browser, usage=usage))
