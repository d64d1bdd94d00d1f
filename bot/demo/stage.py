"""`tokens demo`: the sandbox workspace and the bot in one process, with a month of usage, on a temporary database."""

import secrets
import socket
import tempfile
import webbrowser
from contextlib import AsyncExitStack
from pathlib import Path

from bot.app import Worker, running
from bot.clock import ShiftedClock, SystemClock
from bot.demo.controls import create_controls
from bot.demo.gateway import demo_gateway
from bot.demo.history import SOURCE, load_history
from bot.demo.scenarios import acme_scenario, own_usage_scenario
from bot.demo.teams import SLUGS
from bot.demo.workspace import APP_TOKEN, BOT_TOKEN, workspace
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import ConfigError
from bot.sandbox.server import create_sandbox
from bot.serving.server import Serving, Signals
from bot.settings import Settings
from handlers.books.periods import keep_books
from handlers.cli import out, prepare
from handlers.intake.keys import create_key
from handlers.org.teams import import_teams


def _listen(port: int) -> socket.socket:
    # Named as TCP; else asyncio leaves Nagle's algorithm on, and every second answer waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"Port {port} is taken. Try: tokens demo --port {port + 1}") from error
    listener.listen()  # who comes before it is served waits, instead of being refused
    return listener


async def run_demo(*, port: int, browser: bool, usage: Path | None, socket_mode: bool = False) -> None:
    """Sets everything up, prints the page's address, and runs until it is stopped. Raises ConfigError if the port is taken."""
    page, door = _listen(port), _listen(0)
    address = f"http://127.0.0.1:{page.getsockname()[1]}"
    bot_url = f"http://127.0.0.1:{door.getsockname()[1]}"
    signals = Signals()
    out.print("Making up a company" if usage is None else f"Reading {usage.name}", end=" … ", markup=False)
    opened_at = SystemClock().now()
    scenario = own_usage_scenario(usage, opened_at) if usage else acme_scenario(opened_at)
    out.print(f"{len(scenario.events):,} calls of {'the last five weeks' if usage is None else 'your export'}.")
    clock = ShiftedClock(starts_at=scenario.last_month[1] if scenario.last_month else None)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tokens-demo-"))
        gateway = await stack.enter_async_context(demo_gateway(() if scenario.is_own else SLUGS))
        settings = Settings(
            database_url=f"sqlite:///{folder}/tokens.db",
            slack_bot_token=BOT_TOKEN,
            slack_signing_secret=secrets.token_hex(16),
            slack_app_token=APP_TOKEN if socket_mode else "",
            slack_api_url=f"{address}/api/",
            watch_seconds=2,
            outbox_poll_seconds=0.5,
            schedule_seconds=10,
        )
        context = await prepare(settings, clock)
        if scenario.last_month is not None:
            await import_teams(context, read_teams_file(scenario.last_month[0]), dry_run=False)
            await keep_books(context)
            clock.jump_to(opened_at)
        gateways = "" if scenario.is_own else gateway.teams_yml(Path(folder))
        await import_teams(context, read_teams_file(scenario.teams_yml + gateways), dry_run=False)
        key = await create_key(context, SOURCE, source="cloudevents")
        settings_of_page = workspace(
            bot_url=bot_url,
            secret=settings.slack_signing_secret,
            key=key,
            channels=scenario.channels,
            team=scenario.team,
            is_own=scenario.is_own,
            app_token=settings.slack_app_token,
        )
        chat = Serving(create_sandbox(settings_of_page), listener=page, grace_seconds=1)
        async with running(context, web=True, worker=False) as parts:
            assert parts.web is not None
            controls = create_controls(context, parts.intake, clock, opened_at=opened_at, later=scenario.later)
            parts.web.include_router(controls)
            bot = Serving(parts.web, listener=door, grace_seconds=1)
            out.print("Booking them, and posting last week's digests", end=" … ")
            await load_history(context, parts, scenario)
            await gateway.count_spend(context)
            worker = Worker(context)  # starts last, so that the digests come before the alerts
            await worker.start()
            out.print("done.")
            out.print(f"Tokens is playing at {address}  (Ctrl+C ends it)")
            if browser:
                webbrowser.open(address)
            await bot.until(signals)
            await worker.stop()
            await bot.stop()
        await chat.stop()
