"""Migrates the database to the newest schema, and checks whether it is there."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from bot.refusals import ConfigError
from storage.engine import create_engines
from storage.triggers import create_triggers

_LOCK = 7_041_775  # any constant: two processes that migrate at once wait for each other


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


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    if _current(connection) != newest():
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    create_triggers(connection)


async def migrate(url: str) -> str:
    """Migrates to the newest revision, in one transaction, and returns its name. Safe to run twice, and at once."""
    writer, reader = create_engines(url)
    try:
        async with writer.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await writer.dispose()
        await reader.dispose()
    return newest()


async def require_migrated(url: str) -> None:
    """Migrates SQLite; on PostgreSQL raises ConfigError if `tokens migrate` has to run first."""
    if url.startswith("sqlite"):
        await migrate(url)
        return
    writer, _ = create_engines(url)
    try:
        async with writer.connect() as connection:
            there = await connection.run_sync(_current)
    finally:
        await writer.dispose()
    if there != newest():
        raise ConfigError(
            f"The database is at {there or 'no revision'}, Tokens needs {newest()}: run `tokens migrate` first."
        )
