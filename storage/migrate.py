"""Migrates the database to the newest schema, and checks whether it is there.

All steps of a migration are one transaction on both databases: a process that dies in the middle leaves nothing behind.
"""

import asyncio
import sqlite3
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from bot.refusals import ConfigError
from storage.engine import create_engines
from storage.faults import is_busy
from storage.triggers import create_triggers, missing_triggers

_LOCK = 7_041_775  # any constant: two processes that migrate at once wait for each other
_WAITS = 60
"""How often a process waits for SQLite's lock, `busy_timeout` each time: five minutes for another's migration."""
_PAUSE_SECONDS = 0.1


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@cache
def newest() -> str:
    """Returns the newest revision's name. Cached, because reading all revisions takes longer than asking a database for
    its own.
    """
    return str(ScriptDirectory.from_config(_alembic()).get_current_head())


@cache
def _known() -> frozenset[str]:
    return frozenset(revision.revision for revision in ScriptDirectory.from_config(_alembic()).walk_revisions())


def _current(connection: Connection) -> str | None:
    """Returns the database's revision; None if it has none. Raises ConfigError if only a newer release knows it."""
    heads = MigrationContext.configure(connection).get_current_heads()
    unknown = sorted(set(heads) - _known())
    if unknown:
        raise ConfigError(
            f"The database is at {', '.join(unknown)}, but this release of Tokens only knows revisions up to {newest()}: "
            "run the newer release that migrated it, or restore a backup from before."
        )
    return heads[0] if heads else None


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    if _current(connection) != newest():
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, newest())
    create_triggers(connection)


def _is_up_to_date(connection: Connection) -> bool:
    return _current(connection) == newest() and not missing_triggers(connection)


async def migrate(url: str) -> str:
    """Migrates to the newest revision, in one transaction, and returns its name. Safe to run twice, and at once: one
    process migrates, and the others wait for it.

    Raises ConfigError if a newer release has migrated the database.
    """
    writer, reader = create_engines(url)
    try:
        for wait in range(_WAITS):
            try:
                async with writer.begin() as connection:
                    await connection.run_sync(_upgrade)
                break
            except (OperationalError, sqlite3.OperationalError) as error:
                if not is_busy(error) or wait == _WAITS - 1:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        await writer.dispose()
        await reader.dispose()
    return newest()


async def require_migrated(url: str) -> None:
    """Migrates SQLite; on PostgreSQL waits for a migration that runs, and raises ConfigError if `tokens migrate` has to
    run first.

    Raises ConfigError if a newer release has migrated the database.
    """
    if url.startswith("sqlite"):
        if not await _sqlite_is_up_to_date(url):
            await migrate(url)
        return
    writer, _ = create_engines(url)
    try:
        async with writer.connect() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({_LOCK})"))
            there = await connection.run_sync(_current)
    finally:
        await writer.dispose()
    if there != newest():
        raise ConfigError(
            f"The database is at {there or 'no revision'}, Tokens needs {newest()}: run `tokens migrate` first."
        )


async def _sqlite_is_up_to_date(url: str) -> bool:
    """Looks without a lock, so that a start waits for nobody's writes. A file that is locked is not known to be."""
    writer, reader = create_engines(url)
    try:
        async with reader.connect() as connection:
            return await connection.run_sync(_is_up_to_date)
    except (OperationalError, sqlite3.OperationalError) as error:
        if not is_busy(error):
            raise
        return False
    finally:
        await writer.dispose()
        await reader.dispose()
