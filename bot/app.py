"""The plug board: creates every part once and connects them. Only the command line, the demo and tests import it."""

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TextIO, cast

import aiohttp
import structlog
from fastapi import FastAPI
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.serving.connections import ConnectionLimits
from bot.serving.server import Serving, Signals
from bot.settings import Settings
from bot.sources import SOURCES
from handlers.alerting.budget_alerts import budget_changed
from handlers.context import Context
from handlers.crosschecks.caps.worker import follow_caps_forever
from handlers.intake.usage import Intake
from handlers.listeners import register_all
from handlers.reporting.open_homes import publish_home, refresh_homes_forever
from handlers.requests.caps import show_caps
from handlers.requests.clicks.worth import ask_worth
from handlers.schedule import create_schedule, run_due_jobs
from handlers.slack.chart_renderer import ChartRenderer
from handlers.slack.client import slack_client
from handlers.slack.identity.workspaces import ask_workspace
from handlers.slack.outbox import OutboxWorker
from handlers.slack.socket_mode.connections import SocketConnections
from handlers.watcher import watch_forever
from handlers.web import create_web
from storage.nouns import import_nouns

log = structlog.get_logger()


class _SafeStream:
    """A stream that ignores write errors, such as a full disk or a closed pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure_logs() -> None:
    """Writes logs to standard error: readable on a terminal, as JSON elsewhere."""
    terminal = sys.stderr.isatty()
    plain = structlog.dev.plain_traceback  # others print local variables: keys, secrets, messages
    traced = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    shown = (
        structlog.dev.ConsoleRenderer(exception_formatter=plain) if terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.StackInfoRenderer() if terminal else structlog.processors.ExceptionRenderer(traced),
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _SafeStream(sys.stderr))),
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def create_bolt(context: Context) -> AsyncApp:
    """Creates the Bolt app. The token comes from the settings, so no request has to authorize with Slack."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        token = context.settings.slack_bot_token
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    assert context.slack is not None
    without_token = context.settings.model_copy(
        update={"slack_bot_token": ""}
    )  # `authorize` gives the token; Bolt warns of two
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)  # its warnings are hints for programmers, in plain text among our JSON
    app = AsyncApp(
        name="tokens",  # without a name Bolt inspects the whole call stack
        logger=logger,  # else Bolt gives each of its loggers the root's level
        client=slack_client(without_token, context.slack.session, patient=False),
        signing_secret=context.settings.slack_signing_secret,
        authorize=authorize,
        raise_error_for_unhandled_request=False,
    )
    register_all(app, context)
    return app


class Worker:
    """Background work: delivery, watching, and scheduled jobs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._chart_renderer = ChartRenderer()
        self.outbox_worker = OutboxWorker(context, self._chart_renderer.draw)
        self._schedule = create_schedule(context)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._schedule.start()
        self._tasks = [
            asyncio.create_task(run_due_jobs(self._context), name="first jobs"),
            asyncio.create_task(self.outbox_worker.run(), name="courier"),
            asyncio.create_task(watch_forever(self._context), name="watcher"),
            asyncio.create_task(follow_caps_forever(self._context), name="caps"),
        ]

    def close(self) -> None:
        """Stops the chart renderer of a worker that never started."""
        self._chart_renderer.close()

    async def stop(self) -> None:
        """Finishes the message in progress; all others remain in the outbox."""
        self._schedule.shutdown(wait=False)
        await self.outbox_worker.finish()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._chart_renderer.close()


@asynccontextmanager
async def open_slack_session(context: Context) -> AsyncIterator[None]:
    """Opens the one session that all Slack calls share."""
    if not context.settings.has_slack:
        log.warning(
            "no Slack credentials: usage is booked and messages wait",
            missing=_missing_settings(context.settings),
            hint="set them, or try `tokens demo`",
        )
        yield
        return
    async with aiohttp.ClientSession() as session:
        context.slack = slack_client(context.settings, session)
        await ask_workspace(context, context.slack)
        yield


def _missing_settings(settings: Settings) -> list[str]:
    names = {
        "SLACK_BOT_TOKEN": settings.slack_bot_token,
        "SLACK_SIGNING_SECRET or SLACK_APP_TOKEN": settings.slack_signing_secret or settings.slack_app_token,
    }
    return [name for name, value in names.items() if not value]


@dataclass(frozen=True, kw_only=True)
class ProcessParts:
    """The parts of a running process."""

    intake: Intake
    web: FastAPI | None
    worker: Worker | None
    socket: SocketConnections | None


@asynccontextmanager
async def running(context: Context, *, web: bool, worker: bool) -> AsyncIterator[ProcessParts]:
    """Starts the parts of one process in order and stops them in reverse."""
    async with open_slack_session(context):
        context.refresh_home = partial(publish_home, context)
        context.budget_changed = budget_changed
        context.grant_ended = ask_worth
        context.caps_followed = show_caps
        intake = Intake(context)
        intake.start()
        bolt = create_bolt(context) if context.slack is not None else None
        socket = SocketConnections(context, bolt) if web and bolt and context.settings.uses_socket else None
        app = create_web(context, intake=intake, bolt=bolt, socket=socket) if web else None
        homes = asyncio.create_task(refresh_homes_forever(context), name="homes") if bolt is not None else None
        work = Worker(context) if worker else None
        if work:
            await work.start()
        if socket:
            socket.start()
        try:
            yield ProcessParts(intake=intake, web=app, worker=work, socket=socket)
        finally:
            if socket:
                await socket.stop()
            await context.listeners_ended()
            if homes:
                homes.cancel()
                await asyncio.gather(homes, return_exceptions=True)
            if work:
                await work.stop()
            await intake.stop()
            await context.store.close()


GARBAGE_THRESHOLDS = (10_000, 10, 20)
"""New objects until each search for garbage, by generation. Python's 700 search after every few events."""


def search_garbage_rarely() -> None:
    """Leaves what a process has made at its start, which stays to its end, out of searches for garbage, and searches less
    often: usage makes millions of objects a minute, and hardly a cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def import_the_rest() -> None:
    """Imports what commands import at first use. A process that runs for weeks has all of the release that it began with, also
    if its files are replaced, and no click waits for an import."""
    import_nouns()
    for read_as in SOURCES:
        SOURCES[read_as]


async def serve(context: Context, *, web: bool, worker: bool) -> None:
    """Runs until SIGINT or SIGTERM, then finishes the requests in progress."""
    signals = Signals()
    import_the_rest()
    async with running(context, web=web, worker=worker) as parts:
        app = parts.web or FastAPI(title="Tokens worker", openapi_url=None)  # without HTTP it stops on the same signals
        settings = context.settings
        host, port = (settings.host, settings.port) if web else ("127.0.0.1", 0)
        limits = ConnectionLimits(most=settings.most_connections, head_seconds=settings.header_seconds)
        search_garbage_rarely()
        serving = Serving(app, limits=limits, host=host, port=port)
        if web:
            log.info("listening", host=host, port=port)
        await serving.until(signals)
        await serving.stop()
