"""Observing sources are compared and never booked; a pair that meters the same calls is reported once. On both
databases.
"""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from bot.clock import ShiftedClock
from bot.org.attribution import Source
from bot.periods import DAY_MICROS
from bot.sources import SOURCES
from handlers.crosschecks.observations import change_role, cross_check
from handlers.crosschecks.overlaps import find_overlaps
from handlers.intake.keys import create_key
from storage.crosschecks import overlaps as overlaps_storage
from storage.tables.intake import run_keys
from storage.tables.outbox import outbox
from tests.storage.conftest import Books


async def source(books: Books, name: str, role: Any = "meter") -> Source:
    token = await create_key(books.context, name, source="cloudevents", role=role)
    found = await books.context.rulebooks.source_of(token)
    assert found is not None
    return found


async def sends(books: Books, sender: Source, *events: dict[str, Any]) -> Any:
    parsed = SOURCES["cloudevents"](json.dumps(events).encode(), now=books.context.now())
    return await books.intake.book(parsed, source=sender)


def yesterday(books: Books) -> timedelta:
    """Returns the time since noon, UTC, of the last settled day."""
    now = books.context.now()
    days = 1 if now.hour >= 6 else 2
    return now - (now - timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0)


async def said(books: Books) -> list[str]:
    return [row.body for row in await books.rows(outbox.name)]


async def test_what_an_observing_source_sends_is_counted_and_never_booked(books: Books) -> None:
    laptops = await source(books, "laptops", "observe")
    event = books.event(1)

    answers = [await sends(books, laptops, event), await sends(books, laptops, event)]

    assert [(a.accepted, a.duplicates) for a in answers] == [(1, 0), (0, 1)]
    assert await books.totals() == {(0, 0)}
    ((calls, tokens),) = [(row.calls, row.tokens) for row in await books.rows("observed_days")]
    assert (calls, tokens) == (1, 1_100)
    assert await books.faults() == []


async def test_usage_that_was_seen_and_not_booked_is_told_to_finance_once(books: Books) -> None:
    laptops = await source(books, "laptops", "observe")
    ago = yesterday(books)
    seen = [books.event(n, ago=ago, model="acme-large-2026-01-05") for n in range(100)]
    await sends(books, laptops, *seen)
    await books.takes(*(books.event(n, ago=ago) for n in range(80)))

    assert await cross_check(books.context) == 1
    assert await cross_check(books.context) == 0

    (body,) = await said(books)
    assert "laptops" in body
    assert "20 of 100 calls and 22k of 110k tokens are missing" in body


async def test_usage_that_arrived_after_all_is_not_told_of(books: Books) -> None:
    laptops = await source(books, "laptops", "observe")
    ago = yesterday(books)
    await sends(books, laptops, *(books.event(n, ago=ago) for n in range(100)))
    await books.takes(*(books.event(n, ago=ago) for n in range(99)))
    await sends(books, laptops, *(books.event(f"now {n}") for n in range(100)))  # today is not settled

    assert await cross_check(books.context) == 0
    assert await said(books) == []


async def test_a_source_that_comes_to_observe_keeps_what_it_booked_and_the_books_agree(books: Books) -> None:
    await books.takes(books.event(1))
    await change_role(books.context, "gateway", "observe")
    async with books.context.store.read() as tx:
        observing = await tx.keys.source("gateway")
    assert observing is not None

    again, fresh = await sends(books, observing, books.event(1)), await sends(books, observing, books.event(2))
    await change_role(books.context, "gateway", "meter")
    later = await books.takes(books.event(2), books.event(3))

    assert (again.conflicts + again.duplicates, fresh.accepted) == (1, 1)
    assert (later.accepted, later.duplicates + later.conflicts) == (1, 1), "what was seen as another role is known"
    assert len(await books.rows("usage_events")) == 2
    assert await books.faults() == []


async def test_a_body_that_came_in_before_the_role_changed_is_taken_by_the_new_one(books: Books) -> None:
    """The request came in for a metering source; the commit applies its new role."""
    await books.takes(books.event(1))
    await change_role(books.context, "gateway", "observe")

    answer = await books.takes(books.event(2))

    assert (answer.accepted, books.source.role) == (1, "meter")
    assert len(await books.rows("usage_events")) == 1
    assert len(await books.rows("observed_days")) == 1
    assert await books.faults() == []


async def test_check_notices_a_key_without_its_event(books: Books) -> None:
    await books.takes(books.event(1))
    async with books.context.store.begin() as tx:
        orphan = {"run": 1, "source_id": books.source.id, "key_hash": b"abc", "fingerprint": b"abc", "occurred_at": 0}
        await tx.connection.execute(insert(run_keys).values(orphan))

    assert await books.faults() == ["usage: source 1: 2 event keys, 1 events, 0 observed calls"]


async def test_two_sources_that_meter_the_same_calls_are_told_of_once_a_month(books: Books) -> None:
    sdk = await source(books, "sdk")
    calls = [books.event(n, ago=timedelta(minutes=5, seconds=n), uncached_input_tokens=1_000 + n) for n in range(30)]
    await books.takes(*calls)
    late = timedelta(minutes=5, seconds=-1)
    doubled = [
        books.event(f"x{n}", ago=late + timedelta(seconds=n), uncached_input_tokens=1_000 + n) for n in range(30)
    ]
    await sends(books, sdk, *doubled)

    assert await find_overlaps(books.context) == 1
    assert await find_overlaps(books.context) == 0

    told = await said(books)
    assert len(told) == 2, "Chloe from finance and Dan the admin"
    assert "30 of 30 calls have a twin" in told[0]
    assert "tokens keys set gateway --role observe" in told[0]
    assert "$30.00" in told[0]
    assert len(await books.rows("usage_events")) == 60, "nothing is deleted"
    (known,) = await books.rows("source_overlaps")
    assert (known.matches, known.calls) == (30, 30)

    assert isinstance(books.context.clock, ShiftedClock)
    books.context.clock.jump_to(books.context.now() + timedelta(days=31))
    await books.takes(*(books.event(f"l{n}", ago=timedelta(minutes=5, seconds=n), output_tokens=n) for n in range(30)))
    more = [books.event(f"y{n}", ago=timedelta(minutes=5, seconds=n), output_tokens=n) for n in range(30)]
    await sends(books, sdk, *more)
    assert await find_overlaps(books.context) == 1
    assert len(await said(books)) == 4


async def test_a_pair_of_which_one_observes_is_not_told_of(books: Books) -> None:
    sdk = await source(books, "sdk")
    for sender in (books.source, sdk):
        await sends(
            books,
            sender,
            *(books.event(n, ago=timedelta(minutes=5, seconds=n), uncached_input_tokens=1_000 + n) for n in range(30)),
        )
    await change_role(books.context, "sdk", "observe")

    assert await find_overlaps(books.context) == 0
    assert await said(books) == []


async def test_the_cost_of_looking_is_bounded_and_twins_are_sampled_together(books: Books, monkeypatch: Any) -> None:
    monkeypatch.setattr(overlaps_storage, "MAX_SCANNED", 300)
    monkeypatch.setattr(overlaps_storage, "MAX_COMPARED", 100)
    sdk = await source(books, "sdk")
    for sender in (books.source, sdk):
        events = [
            books.event(n, ago=timedelta(minutes=5, seconds=n), uncached_input_tokens=1_000 + n) for n in range(400)
        ]
        await sends(books, sender, *events)

    async with books.context.store.read() as tx:
        sample = await tx.overlaps.sample([books.source.id, sdk.id], end=books.context.now_micros())

    assert sample.scale == 3
    assert 60 < len(sample.calls) < 140
    assert books.context.now_micros() - sample.from_at < DAY_MICROS // 24
    contents = [call.tokens_in for call in sample.calls]
    twins = sum(contents.count(content) == 2 for content in contents)
    assert twins >= len(contents) - 1, "but for one at the edge"
    assert await find_overlaps(books.context) == 1
