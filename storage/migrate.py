"""Migrates the database to the newest schema, and checks whether it is there.

All steps are one transaction on both databases, except before a migration with much work: that one prepares itself piece
by piece (storage/migrations/pieces.py). A process that dies in the middle leaves whole steps and pieces.
"""

import asyncio
import sqlite3
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

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
from storage.migrations.pieces import MovedOnError, Pieces, Progress, Watch, forget_pieces
from storage.triggers import create_triggers, missing_triggers

_LOCK = 7_041_775  # any constant: two processes that migrate at once wait for each other
_WHOLE_LOCK = 7_041_780
"""Held by who migrates until all is done; `_LOCK` only while the tables change, so the release before can start."""
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


class PendingMigration(NamedTuple):
    """A migration that the database lacks: what it is for, and the bytes it needs for a while, if it works in pieces."""

    revision: str
    about: str
    works_in_pieces: bool
    needs_bytes: int


def _pending(current: str | None) -> list[Any]:
    """Returns the modules of the migrations after a revision, in order."""
    script = ScriptDirectory.from_config(_alembic())
    return [found.module for found in script.iterate_revisions(newest(), current or "base")][::-1]


def _upgrade(connection: Connection, watch: Watch) -> None:
    """Migrates in steps: each goes up to the next migration that works in pieces, which go before its transaction.

    A new database has nothing to move: it is made in one transaction.
    """
    if connection.dialect.name == "postgresql":
        with connection.begin():
            connection.execute(text(f"SELECT pg_advisory_lock({_WHOLE_LOCK})"))  # until the connection closes
    while True:
        try:
            with connection.begin():
                current = _current(connection)
            pending = _pending(current)
            if current is not None and pending and hasattr(pending[0], "prepare"):
                pending[0].prepare(Pieces(connection, at=current, watch=watch))
            if _step(connection, current, pending, watch):
                return
        except MovedOnError:
            continue  # on SQLite another process did this migration meanwhile


def _step(connection: Connection, current: str | None, pending: list[Any], watch: Watch) -> bool:
    """Migrates up to the next one that works in pieces, in one transaction; returns True if none is left."""
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        if _current(connection) != current:
            raise MovedOnError
        config = _alembic()
        config.attributes["connection"] = connection
        for place, module in enumerate(pending):
            following = pending[place + 1] if place + 1 < len(pending) else None
            prepares = hasattr(following, "prepare")
            if current is None and hasattr(module, "prepare"):
                module.prepare(Pieces(connection, at=None, watch=watch))
            if following is None or prepares:
                command.upgrade(config, module.revision)
            if prepares and current is not None:
                return False
        forget_pieces(connection)
        create_triggers(connection)
        return True


def _is_up_to_date(connection: Connection) -> bool:
    return _current(connection) == newest() and not missing_triggers(connection)


def _ignore(_progress: Progress) -> None:
    """Watches nothing."""


async def pending_migrations(url: str) -> list[PendingMigration]:
    """Returns the migrations that the database lacks, in order, and changes nothing."""
    writer, reader = create_engines(url)
    try:
        async with reader.connect() as connection:
            return await connection.run_sync(_described)
    finally:
        await writer.dispose()
        await reader.dispose()


def _described(connection: Connection) -> list[PendingMigration]:
    current = _current(connection)
    return [
        PendingMigration(
            revision=module.revision,
            about=str(module.__doc__).strip().splitlines()[0],
            works_in_pieces=current is not None and hasattr(module, "prepare"),
            needs_bytes=module.needs_bytes(connection) if current is not None and hasattr(module, "needs_bytes") else 0,
        )
        for module in _pending(current)
    ]


async def migrate(url: str, *, watch: Watch = _ignore) -> str:
    """Migrates to the newest revision and returns its name; tells `watch` how far work in pieces is. Safe to run twice,
    and at once: one process migrates, and the others wait for it.

    Raises ConfigError if a newer release has migrated the database.
    """
    writer, reader = create_engines(url)
    try:
        for wait in range(_WAITS):
            try:
                async with writer.connect() as connection:
                    await connection.run_sync(_upgrade, watch)
                break
            except (OperationalError, sqlite3.OperationalError) as error:
                if not is_busy(error) or wait == _WAITS - 1:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        await writer.dispose()
        await reader.dispose()
    return newest()


async def require_migrated(url: str, *, watch: Watch = _ignore) -> None:
    """Migrates SQLite; on PostgreSQL waits for a migration that runs, and raises ConfigError if `tokens migrate` has to
    run first.

    Raises ConfigError if a newer release has migrated the database.
    """
    if url.startswith("sqlite"):
        if not await _sqlite_is_up_to_date(url):
            await migrate(url, watch=watch)
        return
    writer, _ = create_engines(url)
    try:
        async with writer.connect() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({_WHOLE_LOCK})"))
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
