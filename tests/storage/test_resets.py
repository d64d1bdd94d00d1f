"""A test's PostgreSQL database is put back as it was before the next test, or is not used again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from tests.support.company import fill_with_books
from tests.support.databases.copies import PostgresqlCopies
from tests.support.databases.keepers import Keeper
from tests.support.databases.resets import put_back
from tests.support.databases.temporary import has_room

PARTITION = "CREATE TABLE usage_events_2026_11 PARTITION OF usage_events FOR VALUES FROM (1) TO (1000)"
CHANGES = (
    "UPDATE teams SET name = name || '!'",
    "INSERT INTO people (email) VALUES ('new@acme.test')",
    "SELECT nextval(pg_get_serial_sequence('teams', 'id'))",
    PARTITION,
    "INSERT INTO team_roles SELECT team_id, person_id, 'guest' FROM team_roles LIMIT 1",
    "SET session_replication_role = replica; DELETE FROM audit; DELETE FROM accounts; DELETE FROM teams",
)


@pytest.fixture
async def address(postgresql_copies: PostgresqlCopies) -> AsyncIterator[str]:
    """A database with Acme's books, as each test gets one."""
    copy = await postgresql_copies.new(fill_with_books)
    yield make_url(copy.url).set(drivername="postgresql").render_as_string()
    await postgresql_copies.remove(copy)


async def picture(connection: Any) -> dict[str, Any]:
    """Returns all rows of all tables, and where the sequences stand."""
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {row[0]: sorted(map(str, await connection.fetch(f"SELECT * FROM {row[0]}"))) for row in tables}
    found["sequences"] = sorted(map(str, await connection.fetch("SELECT sequencename, last_value FROM pg_sequences")))
    return found


async def test_rows_sequences_and_partitions_are_put_back_and_others_are_sent_away(address: str) -> None:
    connection, other = await asyncpg.connect(address), await asyncpg.connect(address)
    before = await picture(connection)
    assert len(before["teams"]) == 5
    await other.execute("BEGIN; UPDATE sources SET name = 'never committed'")
    for change in CHANGES:
        left = await picture(connection)
        await connection.execute(change)
        assert await picture(connection) != left

    assert await put_back(connection)

    assert await picture(connection) == before
    assert other.is_closed()
    await connection.close()


async def test_a_keeper_puts_back_again_although_a_test_ended_its_connection(
    address: str, postgresql_address: str
) -> None:
    name, keeper = make_url(address).database or "", Keeper(postgresql_address)
    connection = await asyncpg.connect(address)
    before = await picture(connection)
    for _ in range(3):
        await connection.execute("INSERT INTO people (email) VALUES ('new@acme.test')")
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert await asyncio.to_thread(keeper.puts_back, name)
        connection = await asyncpg.connect(address)
        assert await picture(connection) == before

    await connection.close()
    keeper.close()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int)",
        "CREATE INDEX more ON teams (name)",
        "ALTER TABLE teams ADD COLUMN more int",
        "ALTER TABLE teams ALTER COLUMN slug DROP NOT NULL",
        "ALTER TABLE entries DISABLE TRIGGER entries_no_change",
        "DROP TRIGGER entries_no_change ON entries",
        "ALTER TABLE teams RENAME TO groups",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ANALYZE teams",
        "INSERT INTO people (email) SELECT repeat('a', 1000) || n FROM generate_series(1, 6000) AS n",
    ],
)
async def test_a_database_whose_structure_changed_or_that_has_grown_is_not_used_again(
    address: str, change: str
) -> None:
    connection = await asyncpg.connect(address)
    await connection.execute(change)

    assert not await put_back(connection)
    await connection.close()


def test_temporary_files_lie_in_memory_only_where_there_is_room(tmp_path: Path) -> None:
    assert has_room(tmp_path, needed_bytes=1)
    assert not has_room(tmp_path, needed_bytes=1 << 60)
    assert not has_room(tmp_path / "missing", needed_bytes=1)
