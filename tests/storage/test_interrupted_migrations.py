"""Migrations that end in the middle, that run at once, and that an older release finds done."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, text

from bot.refusals import ConfigError
from bot.settings import Settings
from storage import faults
from storage.migrate import _pending, migrate, require_migrated
from storage.revisions import newest
from storage.store import Store
from storage.tables.base import metadata
from storage.triggers import missing_triggers
from tests.support.forks import FORKS


class _Ended(Exception):
    """Stands for a process that ends."""


def in_order() -> list[str]:
    """Returns all revisions, the first one first; their numbers may be in another order."""
    return [module.revision for module in _pending(None)]


@contextmanager
def after_each_step(act: Callable[[str], None]) -> Iterator[None]:
    """Calls a function with the revision of each step when that is done and the next has not begun."""

    def look(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip().startswith(("UPDATE alembic_version", "INSERT INTO alembic_version")):
            act(statement.split("'")[1])

    event.listen(Engine, "after_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", look)


@contextmanager
def ending_at(revision: str, *, kill: bool = False) -> Iterator[None]:
    """Ends the migration when its step to this revision is done and before the next begins."""

    def end(reached: str) -> None:
        if reached == revision:
            if kill:
                os.kill(os.getpid(), 9)
            raise _Ended

    with after_each_step(end):
        yield


def _migrate_and_die(url: str, revision: str) -> None:
    with ending_at(revision, kill=True):
        asyncio.run(migrate(url))


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


async def assert_complete(url: str) -> None:
    store = Store(url)
    async with store.read() as tx:
        assert await tx.connection.run_sync(differences) == []
        assert await tx.connection.run_sync(missing_triggers) == []
    await store.close()


async def tables(url: str) -> set[str]:
    store = Store(url)
    async with store.read() as tx:
        named = "SELECT name FROM sqlite_master" if store.is_sqlite else "SELECT tablename FROM pg_tables"
        found = {str(row[0]) for row in await tx.connection.execute(text(named))}
    await store.close()
    return found & {*metadata.tables, "alembic_version"}


async def test_a_migration_that_ends_after_any_step_leaves_nothing_and_goes_on_when_started_again(
    empty_url: str,
) -> None:
    """What another process reads after a step is what is left if this one ends there."""
    revisions, left = in_order(), dict[str, set[str]]()

    def look(revision: str) -> None:
        with ThreadPoolExecutor(1) as other:
            left[revision] = other.submit(asyncio.run, tables(empty_url)).result()

    with after_each_step(look), ending_at(revisions[-1]), pytest.raises(_Ended):
        await migrate(empty_url)
    assert left == {revision: set() for revision in revisions}
    assert await tables(empty_url) == set()
    for revision in (revisions[0], revisions[len(revisions) // 2]):
        with ending_at(revision), pytest.raises(_Ended):
            await migrate(empty_url)
        assert await tables(empty_url) == set(), revision

    assert await migrate(empty_url) == newest()
    await assert_complete(empty_url)


@pytest.mark.parametrize("step", [0, -1])
async def test_a_process_killed_in_the_middle_of_a_migration_leaves_it_to_the_next(empty_url: str, step: int) -> None:
    process = FORKS.Process(target=_migrate_and_die, args=(empty_url, in_order()[step]))
    process.start()
    await asyncio.to_thread(process.join)
    assert process.exitcode == -9

    assert list(await asyncio.gather(migrate(empty_url), migrate(empty_url))) == [newest()] * 2
    await assert_complete(empty_url)


async def test_the_last_step_alone_goes_on_where_earlier_ones_are_done(empty_url: str) -> None:
    """As an upgrade that is interrupted: the steps of the release before are done, and hold data."""
    *_, before, last = in_order()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.migrate.newest", lambda: before)
        await migrate(empty_url)
    store = Store(empty_url)
    async with store.begin() as tx:
        await tx.connection.execute(
            text("INSERT INTO teams (slug, name, kind, timezone) VALUES ('a', 'A', 'team', 'UTC')")
        )
    await store.close()

    with ending_at(last), pytest.raises(_Ended):
        await migrate(empty_url)
    assert await migrate(empty_url) == newest()

    await assert_complete(empty_url)
    store = Store(empty_url)
    async with store.read() as tx:
        assert (await tx.connection.execute(text("SELECT slug FROM teams"))).scalars().all() == ["a"]
    await store.close()


async def test_a_process_waits_for_another_that_holds_the_file_for_longer_than_the_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, refused = Settings(database_url=f"sqlite:///{tmp_path}/tokens.db").database_url, asyncio.Event()

    def is_busy(error: BaseException) -> bool:
        refused.set()
        return faults.is_busy(error)

    monkeypatch.setattr("storage.engine.BUSY_TIMEOUT_MS", 1)
    monkeypatch.setattr("storage.migrate.is_busy", is_busy)
    other = sqlite3.connect(tmp_path / "tokens.db", isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(require_migrated(url))
    while not refused.is_set():
        assert not waiting.done(), waiting.exception()
        await asyncio.sleep(0.01)

    other.execute("COMMIT")
    other.close()
    await waiting
    await assert_complete(url)


async def test_a_start_on_postgresql_waits_for_a_migration_that_runs(
    empty_url: str, postgresql_address: str, request: pytest.FixtureRequest
) -> None:
    """It looks at the revision after the other's commit, so it does not ask for `tokens migrate`."""
    if empty_url.startswith("sqlite"):
        pytest.skip("a start on SQLite migrates by itself")
    await migrate(empty_url)
    other = await asyncpg.connect(empty_url.replace("+asyncpg", ""))
    await other.execute("UPDATE alembic_version SET version_num = '0001_first'")
    async with other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(7041775)")
        await other.execute(f"UPDATE alembic_version SET version_num = '{newest()}'")
        starting = asyncio.create_task(require_migrated(empty_url))
        while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert not starting.done(), starting.exception()
            await asyncio.sleep(0.01)

    await starting
    await other.close()


@pytest.mark.parametrize("revision", ["0999_newer", "another_branch"])
async def test_a_database_of_a_newer_release_is_left_alone(store: Store, revision: str) -> None:
    async with store.begin() as tx:
        await tx.connection.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
        await tx.connection.execute(
            text("DROP TRIGGER entries_no_delete" if store.is_sqlite else "DROP TRIGGER entries_no_change ON entries")
        )

    for look in (migrate, require_migrated):
        with pytest.raises(ConfigError) as refused:
            await look(store.url)
        assert str(refused.value) == (
            f"The database is at {revision}, but this release of Tokens only knows revisions up to {newest()}: "
            "run the newer release that migrated it, or restore a backup from before."
        )
    async with store.read() as tx:
        assert len(await tx.connection.run_sync(missing_triggers)) == 1  # nothing was changed
