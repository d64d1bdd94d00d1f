"""Shared parts of all commands: a prepared database, readable errors, and safe output."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from bot.clock import Clock, SystemClock
from bot.refusals import ConfigError, Refusal
from bot.settings import Settings, load_settings
from handlers.context import Context, make_context
from handlers.progress import Reporter
from storage.faults import database_fault
from storage.revisions import is_migrated

_WIDE = None if sys.stdout.isatty() else 200  # piped output is not wrapped to a terminal's width
out = Console(highlight=False, soft_wrap=True, width=_WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)

T = TypeVar("T")


async def prepare(settings: Settings, clock: Clock) -> Context:
    """Returns a context with a migrated database and an organisation."""
    if not await is_migrated(settings.database_url):
        migrate = import_module("storage.migrate")  # Alembic takes longer than most commands
        with Reporter(err) as reporter:
            await migrate.require_migrated(settings.database_url, watch=lambda progress: reporter.show(*progress))
    context = make_context(settings, clock)
    async with context.store.begin() as tx:
        await tx.teams.ensure_organisation(at=context.now_micros())
    return context


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncIterator[Context]:
    """Yields a prepared context for one command and closes it at the end."""
    context = await prepare(settings or load_settings(), SystemClock())
    try:
        yield context
    finally:
        await context.store.close()


def run(command: Coroutine[Any, Any, T]) -> T:
    """Runs a command. An operator's fault prints one line each, without a stack trace, and exits with code 1."""
    try:
        with asyncio.Runner(loop_factory=_faster_loop()) as runner:
            return runner.run(command)
    except (ConfigError, Refusal) as error:
        fail(str(error))
    except ConnectionError as error:
        fail(f"The database can't be reached: {error.strerror or error}. Is it running, and is DATABASE_URL right?")
    except OSError as error:
        fail(f"{error.filename or 'The system'}: {error.strerror or error}")
    except Exception as error:
        fault = database_fault(error)
        if fault is None:
            raise
        fail(f"The database: {fault}")


def printable(text: str) -> str:
    """Returns text with its control characters made visible, because parts of it come from a sender."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def cell(text: str) -> str:
    """Returns the same for a table, with brackets escaped so that they are not read as markup."""
    return escape(printable(text))


def _faster_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Returns uvloop's loop factory if the system has one; None means Python's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def fail(sentence: str) -> NoReturn:
    """Prints an error and exits with code 1."""
    err.print(sentence, style="red", markup=False)
    raise typer.Exit(1)
