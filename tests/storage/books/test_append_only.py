"""The schema equals the tables, and append-only tables refuse changes, on both databases."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from bot.refusals import ConfigError
from bot.settings import Settings
from storage.books.checks import faults
from storage.migrate import migrate, require_migrated
from storage.revisions import newest
from storage.store import Store
from storage.tables.base import APPEND_ONLY, metadata
from storage.triggers import MESSAGE, missing_triggers

ROWS = {
    "entries": (
        "INSERT INTO entries (id, dedupe_key, kind, period, posted_at, effective_at, from_account_id, to_account_id,"
        " amount_nanos, currency, reason, document) VALUES (1, 'k', 'hold', '2026-11', 1, 1, 1, 2, 5, 'USD', '', '')"
    ),
    "audit": "INSERT INTO audit (id, at, action, subject, detail, hash) VALUES (1, 1, 'a', 's', '{}', {blob})",
    "usage_events": (
        "INSERT INTO usage_events (source_id, key_hash, event_id, occurred_at, received_at, team_id, local_day,"
        " series_id, cost_nanos, notional_nanos, book, rule, gateway_team, declared_team, tags)"
        " VALUES (1, {blob}, 'e', 1795000000000000, 1, 1, 1, 1, 1, 0, '', '', '', '', '[]')"
    ),
    "event_keys": "INSERT INTO event_keys (source_id, key_hash, fingerprint) VALUES (1, {blob}, {blob})",
    "run_keys": (
        "INSERT INTO run_keys (run, source_id, key_hash, fingerprint, occurred_at) VALUES (1, 1, {blob}, {blob}, 1)"
    ),
    "run_ids": "INSERT INTO run_ids (run, id_hash, occurred_at) VALUES (1, 1, 1)",
    "key_runs": "INSERT INTO key_runs (run, key_count, hashes, token) VALUES (1, 1, {blob}, 1)",
    "usage_adjustments": (
        "INSERT INTO usage_adjustments (dedupe_key, source_id, key_hash, kind, made_at, document, occurred_at, team_id,"
        " local_day, series_id, calls, cost_nanos, notional_nanos, book, rule)"
        " VALUES ('k', 1, {blob}, 'reprice', 1, '', 1, 1, 1, 1, -1, -1, 0, '', '')"
    ),
    "statements": (
        "INSERT INTO statements (team_id, period, number, sealed_at, previous, seal, sheet, slugs)"
        " VALUES (1, '2026-10', 1, 1, '', 's', '', '[1]')"
    ),
}
BEFORE = (
    "INSERT INTO teams (id, slug, name, kind, timezone) VALUES (1, 't', 'T', 'team', 'UTC')",
    "INSERT INTO accounts (id, team_id, period, bucket) VALUES (1, 1, '2026-11', 'available'), (2, 1, '2026-11', 'held')",
)
PARTITION = (
    "CREATE TABLE usage_events_2026_11 PARTITION OF usage_events"
    " FOR VALUES FROM (1793491200000000) TO (1796083200000000)"
)


async def runs(store: Store, *statements: str) -> None:
    async with store.begin() as tx:
        for statement in statements:
            await tx.connection.execute(text(statement))


async def filled(store: Store) -> None:
    blob = "X'01'" if store.is_sqlite else "'\\x01'::bytea"
    rows = [statement.replace("{blob}", blob).replace("'{}'", "'[]'") for statement in ROWS.values()]
    opened = "DROP TRIGGER event_keys_no_insert" + ("" if store.is_sqlite else " ON event_keys")
    await runs(store, opened, *BEFORE, *([] if store.is_sqlite else [PARTITION]), *rows)


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [d for d in compare_metadata(context, metadata) if "usage_events_" not in str(d)]


async def test_a_migrated_database_has_exactly_the_tables_of_the_code(store: Store) -> None:
    async with store.read() as tx:
        found = await tx.connection.run_sync(differences)

    assert found == []


async def test_migrating_twice_changes_nothing(store: Store, database_url: str) -> None:
    await filled(store)

    assert await migrate(database_url) == newest()
    async with store.read() as tx:
        assert (await tx.connection.execute(text("SELECT count(*) FROM entries"))).scalar() == 1
        assert await tx.connection.run_sync(missing_triggers) == []


async def test_sqlite_migrates_by_itself_and_postgresql_asks_for_it(tmp_path: Path, postgresql_address: str) -> None:
    fresh = f"sqlite+aiosqlite:///{tmp_path}/fresh.db"
    await require_migrated(fresh)
    store = Store(fresh)
    async with store.read() as tx:
        assert await tx.connection.run_sync(missing_triggers) == []
    await store.close()

    with pytest.raises(ConfigError, match="tokens migrate"):
        await require_migrated(Settings(database_url=postgresql_address.format(name="postgres")).database_url)


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_no_row_of_a_table_that_only_grows_can_be_changed_or_deleted(store: Store, table: str) -> None:
    await filled(store)
    columns = {
        "entries": "amount_nanos",
        "audit": "at",
        "event_keys": "source_id",
        "run_keys": "source_id",
        "run_ids": "run",
        "key_runs": "key_count",
        "statements": "number",
    }
    column = columns.get(table, "cost_nanos")
    statements = [f"UPDATE {table} SET {column} = 7", f"DELETE FROM {table}"]
    if not store.is_sqlite:
        statements.append(f"TRUNCATE {table} CASCADE")
        if table == "usage_events":
            statements += ["UPDATE usage_events_2026_11 SET cost_nanos = 7", "DELETE FROM usage_events_2026_11"]

    for statement in statements:
        with pytest.raises(DBAPIError, match=MESSAGE):
            await runs(store, statement)

    async with store.read() as tx:
        rows = (await tx.connection.execute(text(f"SELECT {column} FROM {table}"))).scalars().all()
        assert len(rows) == 1
        assert rows[0] != 7


@pytest.mark.parametrize("table", [t for t in APPEND_ONLY if t != "usage_events"])
async def test_insert_or_replace_does_not_get_past_the_triggers(tmp_path: Path, table: str) -> None:
    """`usage_events` has no unique key by which a row could be replaced: its keys are in `run_keys`."""
    url = f"sqlite+aiosqlite:///{tmp_path}/tokens.db"
    await migrate(url)
    store = Store(url)
    await filled(store)
    again = ROWS[table].replace("{blob}", "X'01'").replace("'{}'", "'[9]'").replace("INSERT", "INSERT OR REPLACE", 1)

    with pytest.raises(DBAPIError, match=MESSAGE):
        await runs(store, again)
    await store.close()


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_a_missing_trigger_is_noticed(store: Store, table: str) -> None:
    name = f"{table}_no_update" if store.is_sqlite else f"{table}_no_truncate"
    await runs(store, f"DROP TRIGGER {name}" if store.is_sqlite else f"DROP TRIGGER {name} ON {table}")

    async with store.read() as tx:
        assert await tx.connection.run_sync(missing_triggers) == [name]
        said = [fault async for fault in faults(tx)]
    assert said == [f"triggers: {name} is missing, so a table that must only grow can be changed"]


async def test_a_trigger_that_is_switched_off_is_missing(store: Store) -> None:
    if store.is_sqlite:
        pytest.skip("SQLite has no switch for a trigger")
    await runs(store, "ALTER TABLE entries DISABLE TRIGGER entries_no_change")

    async with store.read() as tx:
        assert await tx.connection.run_sync(missing_triggers) == ["entries_no_change"]


async def test_a_snapshot_can_not_write(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read.?only"):
        async with store.read() as tx:
            await tx.connection.execute(text(BEFORE[0]))
