"""Removal of old raw events, on both databases: what stays, what is refused, and that a kill loses no sum."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from bot.refusals import ConfigError
from handlers.books.archives import read_manifest
from handlers.books.removals import archive_before, remove_before, remove_old_events
from storage.books import removals as storage_removals
from storage.books.checks import faults
from storage.books.removals import Removals, first_month_kept
from storage.tables.intake import usage_events
from storage.triggers import MESSAGE
from tests.storage.conftest import Books
from tests.support.company import usage_event


@pytest.fixture
def start(books: Books) -> datetime:
    """The middle of a month that is old enough as a whole."""
    ago = books.context.now() - timedelta(days=100)
    return ago.replace(day=15, hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
async def old(books: Books, start: datetime) -> Books:
    """Six old events of two teams, and two of today. Events older than 62 days go."""
    books.context.settings = books.context.settings.model_copy(update={"keep_events_days": 62})
    await books.takes(
        *(usage_event(f"old-{n}", at=start + n * timedelta(minutes=50), dollars=n + 1) for n in range(4)),
        *(usage_event(f"other-{n}", at=start, dollars=5, user="nobody@acme.test") for n in range(2)),
        *(books.event(f"new-{n}", dollars=3) for n in range(2)),
    )
    assert await books.faults() == []
    return books


async def events(books: Books) -> int:
    async with books.context.store.read() as tx:
        return int((await tx.connection.execute(select(func.count()).select_from(usage_events))).scalar_one())


async def change(books: Books, statement: str) -> None:
    async with books.context.store.begin() as tx:
        await tx.connection.execute(text(statement))


def before(books: Books) -> int:
    return first_month_kept(books.context.now_micros(), days=62)


async def test_old_events_go_and_their_totals_and_keys_stay(old: Books, start: datetime) -> None:
    totals = (await old.rows("usage_days"), await old.rows("usage_hours"))

    assert await remove_old_events(old.context) == 6

    assert await events(old) == 2
    assert (await old.rows("usage_days"), await old.rows("usage_hours")) == totals
    assert await old.faults() == []
    answer = await old.takes(usage_event("old-1", at=start + timedelta(minutes=50), dollars=2))
    assert (answer.accepted, answer.duplicates) == (0, 1)
    assert [row.action for row in await old.rows("audit")][-1] == "events removed"
    assert await remove_old_events(old.context) == 0


async def test_nothing_goes_unless_it_is_asked_for(old: Books) -> None:
    old.context.settings = old.context.settings.model_copy(update={"keep_events_days": None})

    assert await remove_old_events(old.context) == 0
    assert await events(old) == 8


async def test_a_late_event_of_a_removed_month_is_booked_and_goes_as_a_further_part(
    old: Books, start: datetime
) -> None:
    await remove_old_events(old.context)

    answer = await old.takes(usage_event("late", at=start, dollars=9))
    assert answer.accepted == 1
    assert await old.faults() == []
    await old.takes(old.event("newest", dollars=1))

    assert await remove_old_events(old.context) == 1
    assert await old.faults() == []
    assert sorted(row.part for row in await old.rows("removals")) == [1, 2]


async def test_the_newest_row_stays_so_that_no_later_event_gets_its_number(old: Books, start: datetime) -> None:
    await old.takes(usage_event("newest", at=start, dollars=1))
    left = 1 if old.context.store.is_sqlite else 0

    await remove_old_events(old.context)
    assert await events(old) == 2 + left
    await old.takes(old.event("newer", dollars=1))
    await remove_old_events(old.context)

    assert await events(old) == 3
    assert await old.faults() == []


async def test_a_plain_delete_is_refused_before_in_the_middle_and_after(old: Books) -> None:
    with pytest.raises(DBAPIError, match=MESSAGE):
        await change(old, "DELETE FROM usage_events")
    async with old.context.store.begin() as tx:
        month = await Removals(tx).oldest_month(before=before(old))
        assert month is not None
        assert await Removals(tx).claim(*month, at=1) is not None
    with pytest.raises(DBAPIError, match=MESSAGE):
        await change(old, "DELETE FROM usage_events")

    await remove_old_events(old.context)
    with pytest.raises(DBAPIError, match=MESSAGE):
        await change(old, "DELETE FROM usage_events")
    for statement in (
        "DELETE FROM removed_usage",
        "UPDATE removed_usage SET calls = calls - 1",
        "DELETE FROM removed_calls",
    ):
        with pytest.raises(DBAPIError, match=MESSAGE):
            await change(old, statement)
    await change(old, "UPDATE removals SET is_deleting = 1")
    assert await old.faults() == ["removals: one is open, so events can be deleted without their sums"]


async def test_an_old_total_that_is_changed_afterwards_is_named(old: Books) -> None:
    await remove_old_events(old.context)
    first = min(await old.rows("usage_days"), key=lambda row: row.local_day)

    await change(old, f"UPDATE usage_days SET cost_nanos = cost_nanos + 1 WHERE local_day = {first.local_day}")
    days = [fault for fault in await old.faults() if fault.startswith("usage days")]
    assert (
        f"usage days: team {first.team_id}, day {first.local_day}: the sums of removed events and the rollup differ"
        in days
    )

    await change(old, f"UPDATE usage_days SET cost_nanos = cost_nanos - 1 WHERE local_day = {first.local_day}")
    hour = min(await old.rows("usage_hours"), key=lambda row: row.hour)
    await change(old, f"DELETE FROM usage_hours WHERE hour = {hour.hour} AND team_id = {hour.team_id}")
    (fault,) = await old.faults()
    assert fault.startswith(f"usage hours: team {hour.team_id}, before ")


async def test_a_new_total_that_is_changed_is_named_with_its_row(old: Books) -> None:
    await remove_old_events(old.context)
    last = max(await old.rows("usage_days"), key=lambda row: row.local_day)

    await change(old, f"UPDATE usage_days SET calls = calls + 1 WHERE local_day = {last.local_day}")

    named = f"usage days: team {last.team_id}, day {last.local_day}, series {last.series_id}: events and rollup differ"
    assert named in await old.faults()


async def test_a_removal_that_is_killed_goes_on_and_sums_agree_in_between(
    old: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_removals, "PIECE", 2)
    original, pieces = Removals.remove_piece if old.context.store.is_sqlite else Removals.empty_month, 0

    async def ends_in_the_second(self: Removals, *given: object, **named: object) -> object:
        nonlocal pieces
        pieces += 1
        found = await original(self, *given, **named)  # type: ignore[arg-type]
        if pieces == (2 if old.context.store.is_sqlite else 1):
            raise asyncio.CancelledError
        return found

    monkeypatch.setattr(Removals, original.__name__, ends_in_the_second)
    with pytest.raises(asyncio.CancelledError):
        await remove_before(old.context, before(old), tmp_path)

    assert await events(old) == (6 if old.context.store.is_sqlite else 8)
    assert await old.faults() == []
    assert await remove_before(old.context, before(old), tmp_path) == (4 if old.context.store.is_sqlite else 6)
    assert [archived.rows for archived in read_manifest(tmp_path).values()] == [6]
    assert await old.faults() == []


async def test_an_archive_that_was_changed_stops_the_removal(old: Books, tmp_path: Path) -> None:
    (archived,) = await archive_before(old.context, before(old), tmp_path)
    file = tmp_path / archived.file
    file.write_bytes(file.read_bytes()[:-1] + b"!")

    with pytest.raises(ConfigError, match="was changed since it was written"):
        await remove_before(old.context, before(old), tmp_path)
    assert await events(old) == 8

    file.unlink()
    (tmp_path / "manifest.json").unlink()
    assert await remove_before(old.context, before(old), tmp_path) == 6


async def test_a_removal_waits_for_usage_that_has_to_move(old: Books) -> None:
    async with old.context.store.begin() as tx:
        team = (await old.context.rulebooks.current(tx)).directory.real_teams[0]
        await tx.reattributions.add(
            credential="key-1", team_id=team.id, since_at=1, asked_by=None, at=1, is_taken=False
        )

    assert await remove_old_events(old.context) == 0
    assert await events(old) == 8


async def test_a_reader_of_the_month_keeps_it_until_the_next_run(old: Books) -> None:
    if old.context.store.is_sqlite:
        pytest.skip("on SQLite readers see the file as it was")
    async with old.context.store.read() as tx:
        await tx.connection.execute(select(func.count()).select_from(usage_events))
        assert await remove_old_events(old.context) == 0
        found = [fault async for fault in faults(tx)]
    assert found == []

    assert await remove_old_events(old.context) == 6
    assert await old.faults() == []
