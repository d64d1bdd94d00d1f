"""Migrates the database to the newest schema, and checks whether it is there.

All steps are one transaction on both databases, except before a migration with much work: that one prepares itself piece
by piece (storage/migrations/pieces.py). A process that dies in the middle leaves whole steps and pieces.
"""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from bot.refusals import ConfigError
from storage.engine import create_engines
from storage.faults import is_busy
from storage.migrations.pieces import MovedOnError, Pieces, Progress, Watch, forget_pieces
from storage.revisions import current_revision, is_migrated, newest
from storage.triggers import create_triggers

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
                current = current_revision(connection)
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
        if current_revision(connection) != current:
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
    current = current_revision(connection)
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
        if not await is_migrated(url):
            await migrate(url, watch=watch)
        return
    writer, _ = create_engines(url)
    try:
        async with writer.connect() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({_WHOLE_LOCK})"))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({_LOCK})"))
            there = await connection.run_sync(current_revision)
    finally:
        await writer.dispose()
    if there != newest():
        raise ConfigError(
            f"The database is at {there or 'no revision'}, Tokens needs {newest()}: run `tokens migrate` first."
        )
