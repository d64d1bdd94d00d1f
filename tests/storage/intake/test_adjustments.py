"""Adjusting rows: an event counts in another place or at another cost, totals follow, and no event is edited."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from bot.intake.adjustments import BookedEvent, Change, usage_event_from
from bot.money import NANOS
from handlers.books.charges import post_charges
from storage.intake.booked_events import EventFilter, current_pages
from tests.storage.conftest import Books
from tests.storage.declared import balance

DAY = timedelta(days=1)
EVERYTHING = EventFilter()


async def events_of(books: Books, wanted: EventFilter = EVERYTHING, *, limit: int = 2_000) -> list[BookedEvent]:
    return [b async for page in current_pages(books.context.store.read, wanted, limit=limit) for b in page]


async def team_id(books: Books, slug: str) -> int:
    async with books.context.store.read() as tx:
        team = (await books.context.rulebooks.current(tx)).directory.by_slug(slug)
    assert team is not None
    return team.id


async def adjust(books: Books, *changes: Change) -> list[Change]:
    context = books.context
    async with context.store.begin() as tx:
        at = context.now_micros()
        return await tx.adjustments.adjust(changes, kind="reprice", at=at, actor_id=None, document="test")


def costing(booked: BookedEvent, dollars: int) -> Change:
    return Change(booked, msgspec.structs.replace(booked, cost_nanos=dollars * NANOS))


async def sums(books: Books, column: str = "cost_nanos") -> dict[tuple[int, str], int]:
    """By (team, basis), over the days; checks that the hours agree."""
    found: list[dict[tuple[int, str], int]] = []
    async with books.context.store.read() as tx:
        for table in ("usage_days", "usage_hours"):
            rows = await tx.connection.execute(
                text(
                    f"SELECT r.team_id, s.basis, sum(r.{column}) FROM {table} r JOIN usage_series s ON s.id = r.series_id "
                    "GROUP BY r.team_id, s.basis"
                )
            )
            found.append({(team, basis): int(total) for team, basis, total in rows if total})
    assert found[0] == found[1]
    return found[0]


async def test_a_cost_that_changes_is_one_row_without_calls(books: Books) -> None:
    await books.takes(books.event(1, dollars=10), books.event(2, dollars=5))
    (first,) = await events_of(books, EventFilter(event_id="req-1"))

    assert len(await adjust(books, costing(first, 4))) == 1

    (row,) = await books.rows("usage_adjustments")
    assert (row.calls, row.uncached_input, row.cost_nanos, row.dedupe_key[-2:]) == (0, 0, -6 * NANOS, ":1")
    assert await sums(books) == {(await team_id(books, "search"), "reported"): 9 * NANOS}
    (now,) = await events_of(books, EventFilter(event_id="req-1"))
    assert (now.cost_nanos, now.adjustments) == (4 * NANOS, 1)
    assert await books.faults() == []


async def test_an_event_that_moves_is_its_exact_negative_there_and_its_positive_here(books: Books) -> None:
    await books.takes(books.event(1, dollars=10), books.event(2, dollars=5))
    mobile, search = await team_id(books, "mobile"), await team_id(books, "search")
    (first,) = await events_of(books, EventFilter(event_id="req-1"))

    moved = msgspec.structs.replace(first, team_id=mobile, local_day=first.local_day + 1, rule="credential:key-9")
    await adjust(books, Change(first, moved))

    rows = {row.calls: row for row in await books.rows("usage_adjustments")}
    assert {calls: (r.team_id, r.local_day, r.cost_nanos, r.uncached_input, r.output) for calls, r in rows.items()} == {
        -1: (search, first.local_day, -10 * NANOS, -1000, -100),
        1: (mobile, first.local_day + 1, 10 * NANOS, 1000, 100),
    }
    assert await sums(books) == {(mobile, "reported"): 10 * NANOS, (search, "reported"): 5 * NANOS}
    assert await sums(books, "calls") == {(mobile, "reported"): 1, (search, "reported"): 1}
    assert [b.event_id for b in await events_of(books, EventFilter(team_id=mobile))] == ["req-1"]
    assert await books.faults() == []


async def test_an_event_can_be_adjusted_again_and_come_back_to_what_it_was(books: Books) -> None:
    await books.takes(books.event(1, dollars=10))
    mobile = await team_id(books, "mobile")
    (first,) = await events_of(books)

    await adjust(books, Change(first, msgspec.structs.replace(first, team_id=mobile, basis="contract", cost_nanos=7)))
    (second,) = await events_of(books)
    await adjust(books, costing(second, 3))
    (third,) = await events_of(books)
    await adjust(books, Change(third, msgspec.structs.replace(first, adjustments=third.adjustments)))

    assert (third.team_id, third.basis, third.cost_nanos, third.adjustments) == (mobile, "contract", 3 * NANOS, 2)
    (last,) = await events_of(books)
    assert last == msgspec.structs.replace(first, adjustments=3)
    assert await sums(books) == {(first.team_id, "reported"): 10 * NANOS}
    assert await books.faults() == []


async def test_what_was_adjusted_since_it_was_read_is_not_adjusted_by_that(books: Books) -> None:
    await books.takes(books.event(1, dollars=10))
    (first,) = await events_of(books)

    made = [len(await adjust(books, costing(first, dollars))) for dollars in (4, 4, 3, 10)]

    assert made == [1, 0, 0, 0]
    assert await books.totals() == {(1, 10 * NANOS), (1, 4 * NANOS)}  # the event itself is unchanged
    assert await books.faults() == []


async def test_of_many_who_adjust_the_same_events_at_once_one_does(books: Books) -> None:
    await books.takes(*(books.event(number, dollars=10) for number in range(40)))
    mobile = await team_id(books, "mobile")
    found = await events_of(books)
    changes = [Change(b, msgspec.structs.replace(b, team_id=mobile, cost_nanos=NANOS)) for b in found]

    made = await asyncio.gather(*(adjust(books, *changes[:: 1 if n % 2 else -1]) for n in range(6)))

    assert sum(map(len, made)) == 40
    assert await sums(books) == {(mobile, "reported"): 40 * NANOS}
    assert await books.faults() == []


async def test_a_change_that_changes_no_total_writes_nothing(books: Books) -> None:
    await books.takes(books.event(1))
    (first,) = await events_of(books)

    assert await adjust(books, Change(first, first), Change(first, msgspec.structs.replace(first, rule="tag:x"))) == []
    assert await books.rows("usage_adjustments") == []


async def test_pages_hold_every_event_once_whatever_their_size(books: Books) -> None:
    same = books.event(0)["time"]
    await books.takes(
        *(books.event(number, ago=timedelta(minutes=number // 3)) | {"time": same} for number in range(9))
    )
    await books.takes(*(books.event(number, ago=timedelta(hours=number)) for number in range(10, 20)))

    found = {limit: [b.event_id for b in await events_of(books, limit=limit)] for limit in (1, 2, 7, 19, 100)}

    assert all(sorted(ids) == sorted(found[100]) and len(set(ids)) == 19 for ids in found.values())
    assert len({tuple(ids) for ids in found.values()}) == 1


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"model": "acme-large"}, ["req-2", "req-1"]),
        ({"credential": "key-9"}, ["req-3"]),
        ({"credential": ""}, ["req-2", "req-1"]),
        ({"basis": "unpriced"}, ["req-3"]),
        ({"event_id": "req-2"}, ["req-2"]),
        ({"model": "acme-large", "basis": "unpriced"}, []),
    ],
)
async def test_events_are_found_by_what_they_are(books: Books, wanted: dict[str, Any], found: list[str]) -> None:
    await books.takes(
        books.event(1),
        books.event(2, ago=timedelta(minutes=5)),
        books.event(3, ago=DAY, model="acme-odd", credential="key-9", cost_usd=None, tags=["a", "b"]),
    )
    since = books.context.now_micros() - 3_600_000_000

    assert sorted(b.event_id for b in await events_of(books, EventFilter(**wanted))) == sorted(found)
    recent = await events_of(books, EventFilter(**wanted, since=since))
    assert [b.event_id for b in recent] == [e for e in found if e != "req-3"]
    assert len(await events_of(books, EventFilter(**wanted, until=since))) == len(found) - len(recent)


async def test_an_event_is_read_again_as_it_was_sent(books: Books) -> None:
    facts: dict[str, Any] = {
        "workflow": "evals",
        "credential": "key-9",
        "tags": ["a", "b"],
        "cost_usd": None,
        "provider": "acme",
    }
    await books.takes(books.event(1, cache_read_tokens=7, cache_write_1h_tokens=3, reasoning_tokens=5, **facts))
    (booked,) = await events_of(books)

    event = usage_event_from(booked)

    assert (event.event_id, event.labels.provider, event.labels.model, event.labels.tool) == (
        "req-1",
        "acme",
        "acme-large",
        "Claude Code",
    )
    assert (event.labels.user, event.labels.workflow, event.labels.credential) == ("anna@acme.test", "evals", "key-9")
    assert (event.labels.tags, event.labels.declared_team, event.reported_nanos) == (("a", "b"), "search", None)
    assert (event.uncached_input, event.cache_read, event.cache_write_1h, event.output) == (1000, 7, 3, 100)
    assert (event.reasoning, event.tokens) == (5, booked.tokens)
    async with books.context.store.read() as tx:
        again = (await books.context.rulebooks.current(tx)).booking(event, books.source)
    assert (again.team_id, again.local_day, again.basis, again.rule) == (
        *(booked.team_id, booked.local_day, "unpriced"),
        booked.rule,
    )


async def test_charges_follow_a_cost_that_shrank_and_the_books_agree_before_and_after(mid_month: Books) -> None:
    books = mid_month
    await books.takes(books.event(1, dollars=30, ago=2 * DAY), books.event(2, dollars=8, ago=2 * DAY))
    await post(books)
    (first,) = await events_of(books, EventFilter(event_id="req-1"))
    mobile = await team_id(books, "mobile")

    await adjust(books, costing(first, 10))
    assert await books.faults() == []
    assert (await balance(books.context, "search")).charged_nanos == 18 * NANOS
    (again,) = await events_of(books, EventFilter(event_id="req-1"))
    await post(books)
    await adjust(books, Change(again, msgspec.structs.replace(again, team_id=mobile)))
    await post(books)

    entries = [(e.kind, e.amount_nanos // NANOS) for e in await books.rows("entries") if e.usage_day is not None]
    assert entries == [("charge", 38), ("correction", 20), ("correction", 10), ("charge", 10)]
    assert (await balance(books.context, "search")).charged_nanos == 8 * NANOS
    assert (await balance(books.context, "mobile")).charged_nanos == 10 * NANOS
    assert await books.faults() == []


async def post(books: Books) -> None:
    await post_charges(books.context)


WRONG = {
    "names no event": "key_hash = {blob}",
    "events and rollup differ": "cost_nanos = cost_nanos + 1",
    "add or take away usage": "output = output + 1",
    "counts in more than one place": "team_id = 1 WHERE calls = -1",
}


@pytest.mark.parametrize("fault", WRONG)
async def test_the_check_notices_a_wrong_adjusting_row(books: Books, fault: str) -> None:
    await books.takes(books.event(1, dollars=10))
    mobile = await team_id(books, "mobile")
    (first,) = await events_of(books)
    await adjust(books, Change(first, msgspec.structs.replace(first, team_id=mobile)))
    assert await books.faults() == []

    sqlite = books.context.store.is_sqlite
    wrong = WRONG[fault].format(blob="x'00'" if sqlite else r"'\x00'::bytea")
    async with books.context.store.begin() as tx:
        trigger = "usage_adjustments_no_update" if sqlite else "usage_adjustments_no_change"
        await tx.connection.execute(text(f"DROP TRIGGER {trigger}" + ("" if sqlite else " ON usage_adjustments")))
        await tx.connection.execute(text(f"UPDATE usage_adjustments SET {wrong}"))

    assert any(fault in line for line in await books.faults())


async def test_the_check_notices_a_charge_that_no_adjustment_explains(books: Books) -> None:
    await books.takes(books.event(1, dollars=30, ago=2 * DAY))
    await post(books)
    async with books.context.store.begin() as tx:
        for table in ("usage_days", "usage_hours"):
            await tx.connection.execute(text(f"UPDATE {table} SET cost_nanos = 1"))

    assert "was charged more than its usage sums to" in " ".join(await books.faults())
