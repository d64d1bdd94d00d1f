"""Quarantine: rows are kept within bounds, listed, and booked after a fix; on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DataError

from bot.clock import ShiftedClock
from bot.intake.quarantine import QuarantineCapacity, event_from_row
from bot.money import NANOS
from handlers.intake.group_commits import GroupCommits
from handlers.intake.retries import RetryResult, retry
from storage.intake.quarantine import QuarantineRow
from storage.intake.usage import Usage
from tests.storage.conftest import Books


async def tries(books: Books, *, dry_run: bool = False, **changes: Any) -> RetryResult:
    """Retries all rows that can be retried, with fields set by hand."""
    async with books.context.store.read() as tx:
        ids = await tx.quarantine.ids_of(source_id=None, kind=None, retryable=True)
    return await retry(books.context, ids, {f"data.{name}": value for name, value in changes.items()}, dry_run=dry_run)


async def kinds(books: Books) -> list[tuple[str, str]]:
    return [(row.kind, row.reason) for row in await books.rows("quarantine")]


async def test_a_row_mended_by_hand_is_booked_at_its_own_time_and_leaves_quarantine(books: Books) -> None:
    await books.takes(books.event(1, model=None, ago=timedelta(hours=5)), books.event(2, output_tokens=-1))

    assert await tries(books) == RetryResult(wrong={1: "data.model is missing", 2: "data.output_tokens is negative"})
    tried = await tries(books, model="acme-large")

    assert (tried.booked, tried.wrong) == (1, {2: "data.output_tokens is negative"})
    assert await kinds(books) == [("unreadable", "data.output_tokens is negative")]
    (event,) = await books.rows("usage_events")
    assert event.event_id == "req-1"
    assert books.context.now_micros() - event.occurred_at > 4 * 3_600_000_000
    assert await books.totals() == {(1, NANOS)}
    assert await books.faults() == []


async def test_history_that_is_tried_again_leaves_the_clock_of_its_source_alone(books: Books) -> None:
    await books.takes(books.event(1, model=None))

    assert (await tries(books, model="m")).booked == 1
    assert await books.rows("source_activity") == []


async def test_a_dry_run_says_what_could_be_booked_and_changes_nothing(books: Books) -> None:
    await books.takes(books.event(1, model=None), books.event(2, model=None))
    before = await books.rows("quarantine")

    assert (await tries(books, dry_run=True, model="m")).booked == 2
    assert await books.rows("quarantine") == before
    assert await books.rows("usage_events") == []


async def test_a_time_that_was_too_far_ahead_is_booked_once_it_is_near(books: Books) -> None:
    await books.takes(books.event(1, ago=timedelta(hours=-30)))
    assert (await tries(books)).wrong == {1: "time is more than 24 hours ahead"}

    assert isinstance(books.context.clock, ShiftedClock)
    books.context.clock.jump_to(books.context.now() + timedelta(hours=10))

    assert (await tries(books)).booked == 1
    assert await books.rows("quarantine") == []


async def test_what_the_sender_mended_meanwhile_turns_out_to_be_known(books: Books) -> None:
    """The sender sent the complete row again; the quarantined one, fixed in the same way, is its duplicate."""
    event = books.event(1)
    await books.takes({**event, "time": event["time"].replace("+00:00", "")})
    await books.takes(event)
    async with books.context.store.read() as tx:
        ids = await tx.quarantine.ids_of(source_id=None, kind=None, retryable=True)

    tried = await retry(books.context, ids, {"time": event["time"]}, dry_run=False)

    assert (tried.booked, tried.known, tried.wrong) == (0, 1, {})
    assert await books.rows("quarantine") == []
    assert len(await books.rows("usage_events")) == 1


async def test_what_conflicts_once_it_can_be_read_is_one_row_in_conflict(books: Books) -> None:
    await books.takes(books.event(1, dollars=2, model=None))
    await books.takes(books.event(1, dollars=1))

    tried = await tries(books, model="acme-large")

    assert (tried.booked, len(tried.wrong)) == (0, 1)
    ((kind, reason),) = await kinds(books)
    assert kind == "conflict"
    assert "the first one stands" in reason
    assert (await tries(books)).wrong == {}, "a conflict is not tried again"
    assert await books.faults() == []


async def test_a_row_that_the_database_refused_is_booked_when_it_no_longer_does(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Usage.book

    async def refuses(self: Usage, bookings: Any, *, received_at: int) -> Any:
        if any(b.event.event_id == "req-2" for b in bookings):
            raise DataError("INSERT", None, _OutOfRange("value out of range"))
        return await book(self, bookings, received_at=received_at)

    with monkeypatch.context() as patched:
        patched.setattr(Usage, "book", refuses)
        patched.setattr(GroupCommits, "_commit_fast", _never)
        answer = await books.takes(*(books.event(n, tags=["a:b"], user="emi@acme.test") for n in range(1, 4)))
        assert (answer.accepted, answer.quarantined) == (2, 1)
        assert await kinds(books) == [("refused", "the database can't store this row")]
        again = await tries(books)
        assert (again.booked, again.wrong) == (0, {1: "the database can't store this row"})
        assert len(await books.rows("quarantine")) == 1

    assert (await tries(books)).booked == 1
    assert await books.rows("quarantine") == []
    assert (await books.takes(books.event(2, tags=["a:b"], user="emi@acme.test"))).conflicts == 1  # its time moved on
    events = {e.event_id: e for e in await books.rows("usage_events")}
    assert (events["req-2"].series_id, events["req-2"].tags) == (events["req-1"].series_id, events["req-1"].tags)
    assert await books.faults() == []


class _OutOfRange(Exception):
    sqlstate = "22003"


async def _never(*_: object, **__: object) -> bool:
    return False


async def test_the_kept_and_the_booked_event_of_a_conflict_are_found_side_by_side(books: Books) -> None:
    await books.takes(books.event(1, dollars=1, ago=timedelta(days=5)))
    await books.takes(books.event(1, dollars=2))
    async with books.context.store.read() as tx:
        (row,) = await tx.quarantine.listed(source_id=books.source.id, kind="conflict", limit=5)
        (row,) = await tx.quarantine.by_ids([row.id])
        kept = event_from_row(row.body)
        booked = await tx.quarantine.booked_event(row.source_id, kept.key, near=kept.occurred_at)
        nothing = await tx.quarantine.booked_event(row.source_id, b"other", near=kept.occurred_at)

    assert booked is not None
    assert (booked.reported_nanos, kept.reported_nanos) == (NANOS, 2 * NANOS)
    assert (booked.model, booked.email) == ("acme-large", "anna@acme.test")
    assert nothing is None


async def test_a_sender_gone_mad_fills_its_own_room_and_no_more(books: Books) -> None:
    books.context.settings.quarantine_rows = 50
    for batch in range(4):
        rows = [books.event(f"{batch}-{n}", output_tokens=-1) for n in range(40)]
        answer = await books.takes(*rows)
        assert answer.quarantined == 40

    async with books.context.store.read() as tx:
        assert len(await books.rows("quarantine")) == 50
        assert await tx.quarantine.not_kept() == {"gateway": 110}
        (share,) = await tx.quarantine.shares()
        assert (share.source, share.kind, share.rows, share.retryable) == ("gateway", "unreadable", 50, 50)
    assert await books.faults() == []

    async with books.context.store.begin() as tx:
        assert await tx.quarantine.remove(range(1, 31)) == 30
    await books.takes(*(books.event(f"new {n}", output_tokens=-1) for n in range(40)))
    assert len(await books.rows("quarantine")) == 50
    assert await books.faults() == []


async def test_room_is_also_counted_in_bytes_and_is_free_again_when_rows_expire(books: Books) -> None:
    cap = QuarantineCapacity(rows=1_000, bytes=1_000)
    wrong = [QuarantineRow(books.source.id, "unreadable", "cloudevents", "x", b"y" * 300, bytes([n])) for n in range(5)]
    async with books.context.store.begin() as tx:
        await tx.quarantine.keep(wrong, received_at=1, expires_at=2, cap=cap)
    async with books.context.store.begin() as tx:
        await tx.quarantine.keep(wrong[:2], received_at=1, expires_at=2, cap=cap)

    assert [bytes(row.row_hash) for row in await books.rows("quarantine")] == [b"\x00", b"\x01", b"\x02"]
    async with books.context.store.begin() as tx:
        assert await tx.quarantine.not_kept() == {"gateway": 2}
        assert await tx.quarantine.expire(now=2) == 3
        await tx.quarantine.keep(wrong, received_at=1, expires_at=9, cap=cap)
    assert len(await books.rows("quarantine")) == 3
    assert await books.faults() == []


async def test_check_notices_a_size_that_is_not_that_of_the_rows(books: Books) -> None:
    await books.takes({"id": "x"})
    async with books.context.store.begin() as tx:
        await tx.connection.exec_driver_sql("DELETE FROM quarantine")

    assert [fault.split(":")[0] for fault in await books.faults()] == ["quarantine"]
