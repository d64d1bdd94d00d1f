"""Migrations that work in pieces: each piece is committed, so one that ends goes on, and does nothing twice."""

from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Connection, text

from bot.__main__ import describe
from handlers.progress import Reporter
from storage import migrate as migrations
from storage.migrate import PendingMigration, _pending, migrate, pending_migrations
from storage.migrations.pieces import Pieces, Progress
from storage.revisions import known, newest
from storage.store import Store

ROWS = 25


class _Ended(Exception):
    """Stands for a process that ends."""


def make(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE moved (id BIGINT NOT NULL)"))


class Mover:
    """A step that moves ten rows a piece, and ends the process in the piece of a given number."""

    def __init__(self, ends_in: int = -1) -> None:
        self.ends_in = ends_in
        self.pieces = 0

    def __call__(self, connection: Connection, after: Any) -> tuple[Any, int] | None:
        first = (after or 0) + 1
        last = min(first + 9, ROWS)
        if first > ROWS:
            return None
        for number in range(first, last + 1):
            connection.execute(text(f"INSERT INTO moved (id) VALUES ({number})"))
        self.pieces += 1
        if self.pieces - 1 == self.ends_in:
            raise _Ended
        return last, last - first + 1

    def prepare(self, pieces: Pieces) -> None:
        pieces.once("make the table", make)
        pieces.run("Moving rows", self, total=lambda _connection: ROWS)


def with_prepare(patch: pytest.MonkeyPatch, mover: Mover) -> None:
    """Gives the newest migration work in pieces."""
    original = migrations._pending

    def pending(current: str | None) -> list[Any]:
        found = original(current)
        if found:
            found[-1].prepare = mover.prepare
        return found

    patch.setattr(migrations, "_pending", pending)


async def at_the_release_before(url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        before = _pending(None)[-2].revision
        patch.setattr("storage.migrate.newest", lambda: before)
        await migrate(url)


async def moved(url: str) -> list[int]:
    store = Store(url)
    async with store.read() as tx:
        found = list((await tx.connection.execute(text("SELECT id FROM moved ORDER BY id"))).scalars())
    await store.close()
    return found


async def test_pieces_that_were_committed_stay_when_a_process_ends_and_are_not_done_again(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await at_the_release_before(empty_url)
    seen: list[Progress] = []
    for already, ends_in in ((0, 0), (0, 1), (10, 1)):
        with_prepare(monkeypatch, Mover(ends_in))
        with pytest.raises(_Ended):
            await migrate(empty_url, watch=seen.append)
        if ends_in:
            assert len(await moved(empty_url)) == already + 10

    with_prepare(monkeypatch, last := Mover())
    assert await migrate(empty_url, watch=seen.append) == newest()

    assert await moved(empty_url) == list(range(1, ROWS + 1))
    assert last.pieces == 1
    assert seen[-1] == Progress("Moving rows", ROWS, ROWS)
    assert await pending_migrations(empty_url) == []


async def test_a_new_database_is_made_in_one_transaction(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_prepare(monkeypatch, Mover(ends_in=2))
    with pytest.raises(_Ended):
        await migrate(empty_url)
    assert len(await pending_migrations(empty_url)) == len(known())

    with_prepare(monkeypatch, Mover())
    await migrate(empty_url)
    assert await moved(empty_url) == list(range(1, ROWS + 1))


async def test_a_process_whose_migration_another_finished_does_not_do_it_again(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await at_the_release_before(empty_url)
    other = Mover()

    class Overtaken(Mover):
        def prepare(self, pieces: Pieces) -> None:
            with pieces.connection.begin():
                make(pieces.connection)
                pieces.connection.execute(text(f"UPDATE alembic_version SET version_num = '{newest()}'"))
            super().prepare(pieces)

    with_prepare(monkeypatch, overtaken := Overtaken())
    assert await migrate(empty_url) == newest()
    assert (overtaken.pieces, other.pieces) == (0, 0)


async def test_what_would_be_done_is_listed_and_nothing_is(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await at_the_release_before(empty_url)
    with_prepare(monkeypatch, Mover())

    (pending,) = await pending_migrations(empty_url)

    assert pending.revision == newest()
    assert pending.works_in_pieces
    assert await pending_migrations(empty_url) == [pending]
    described = PendingMigration("0100_more", "More.", works_in_pieces=True, needs_bytes=1_250_000_000)
    assert describe(described) == (
        "0100_more: More. It works in pieces, which others don't wait for. It needs about 1.2 GB more."
    )


def test_logs_get_a_line_for_each_tenth_of_much_work_and_none_of_little() -> None:
    console = Console(force_terminal=False, width=200, record=True)
    with Reporter(console) as reporter:
        for done in range(0, 100_001, 1_000):
            reporter.show("Moving rows", done, 100_000)
        reporter.show("Little", 1, 2)

    lines = console.export_text().splitlines()
    assert len(lines) == 11
    assert lines[3] == "Moving rows: 30,000 of 100,000 (30%)"
