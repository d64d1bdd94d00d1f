"""Migrations: their schema equals the tables, and they restore what is missing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from bot.settings import Settings
from storage.books import checks
from storage.migrate import migrate
from storage.revisions import newest
from storage.store import Store
from storage.tables.base import APPEND_ONLY, metadata
from storage.triggers import missing_triggers


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


async def run(store: Store, statement: str) -> None:
    async with store.begin() as tx:
        await tx.connection.execute(text(statement))


async def test_the_comparison_with_the_tables_notices_a_missing_column(store: Store) -> None:
    async with store.read() as tx:
        assert await tx.connection.run_sync(differences) == []

    await run(store, "ALTER TABLE teams DROP COLUMN cost_center")

    async with store.read() as tx:
        assert [found[0] for found in await tx.connection.run_sync(differences)] == ["add_column"]


async def test_the_comparison_with_the_tables_notices_a_missing_index(store: Store) -> None:
    """Only an index allows one pending request per person and team."""
    await run(store, "DROP INDEX ix_budget_requests_one_pending")

    async with store.read() as tx:
        assert [found[0] for found in await tx.connection.run_sync(differences)] == ["add_index"]


async def test_processes_that_migrate_an_empty_database_at_once_take_turns(
    tmp_path: Path, postgresql_address: str
) -> None:
    fresh = Settings(database_url=f"sqlite:///{tmp_path}/fresh.db").database_url
    assert await asyncio.gather(*(migrate(fresh) for _ in range(3))) == [newest()] * 3

    other = Store(Settings(database_url=postgresql_address.format(name="postgres")).database_url)
    async with other._writer.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("CREATE DATABASE migrated_at_once"))
    await other.close()
    fresh = Settings(database_url=postgresql_address.format(name="migrated_at_once")).database_url
    assert await asyncio.gather(*(migrate(fresh) for _ in range(3))) == [newest()] * 3


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_a_lost_trigger_is_a_fault_of_the_books_until_the_next_migration(store: Store, table: str) -> None:
    name = f"{table}_no_delete" if store.is_sqlite else f"{table}_no_truncate"
    await run(store, f"DROP TRIGGER {name}" + ("" if store.is_sqlite else f" ON {table}"))

    async with store.read() as tx:
        assert [f.split(":")[0] for f in [f async for f in checks.faults(tx)] if name in f] == ["triggers"]

    await migrate(store.url)
    async with store.read() as tx:
        assert await tx.connection.run_sync(missing_triggers) == []
        assert [f async for f in checks.faults(tx)] == []
