"""An event is booked once, however often and with whatever others it comes, and every sum agrees."""

import asyncio
import random
from datetime import timedelta

import pytest

from bot.money import NANOS
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import CONFLICT_REASON, NotDurable
from handlers.rulebooks import KeyRevoked
from tests.storage.conftest import Books, Json
from tests.support.company import TEAMS_YML


def many(books: Books, count: int) -> list[Json]:
    """Events of several teams, hours, models and people."""
    return [
        books.event(
            number,
            dollars=number / 7,
            ago=timedelta(hours=number % 50),
            model=f"acme-{number % 3}",
            team=("search", "mobile", "nobody")[number % 3],
            user=f"person-{number % 5}@acme.test",
            tool=f"tool {number % 4}",
        )
        for number in range(count)
    ]


async def test_the_same_events_again_in_another_order_and_batching_change_nothing(books: Books) -> None:
    events = many(books, 120)
    first = await books.takes(*events)
    before = [await books.rows(table) for table in ("usage_events", "usage_hours", "usage_days", "usage_series")]
    random.Random(7).shuffle(events)

    again = [await books.takes(*events[at : at + 17]) for at in range(0, 120, 17)]

    assert (first.accepted, first.duplicates) == (120, 0)
    assert (sum(a.accepted for a in again), sum(a.duplicates for a in again)) == (0, 120)
    assert before == [
        await books.rows(table) for table in ("usage_events", "usage_hours", "usage_days", "usage_series")
    ]
    assert await books.faults() == []
    assert {calls for calls, _ in await books.totals()} == {120}


async def test_one_event_many_times_in_a_body_is_booked_once(books: Books) -> None:
    event = books.event(1)
    answer = await books.takes(event, event, event)

    assert (answer.accepted, answer.duplicates, answer.conflicts, answer.quarantined) == (1, 2, 0, 0)
    assert await books.totals() == {(1, NANOS)}


async def test_overlapping_bodies_at_once_book_every_event_once(books: Books) -> None:
    events = many(books, 90)
    bodies = [[events[(start + i) % 90] for i in range(30)] for start in range(0, 90, 5)]

    answers = await asyncio.gather(*(books.takes(*body) for body in bodies))

    assert sum(a.accepted for a in answers) == 90
    assert sum(a.duplicates for a in answers) == 18 * 30 - 90
    assert await books.faults() == []
    assert {calls for calls, _ in await books.totals()} == {90}


async def test_two_processes_book_the_same_events_once(books: Books) -> None:
    """Two intakes on one database, as two web processes have."""
    events = many(books, 60)
    other = Intake(books.context)
    other.start()
    beside = Books(context=books.context, intake=other, source=books.source, key=books.key)

    answers = await asyncio.gather(*(where.takes(*events) for where in (books, beside, books, beside)))
    await other.stop()

    assert sum(a.accepted for a in answers) == 60
    assert await books.faults() == []


async def test_the_same_id_with_another_content_is_a_conflict_that_is_kept_and_changes_nothing(books: Books) -> None:
    await books.takes(books.event(1, dollars=3))
    changed = books.event(1, dollars=4)

    answers = [await books.takes(changed, books.event(2)), await books.takes(changed)]

    assert [(a.accepted, a.conflicts, a.quarantined) for a in answers] == [(1, 1, 0), (0, 1, 0)]
    assert answers[0].errors == ((0, CONFLICT_REASON),)
    assert await books.totals() == {(2, 4 * NANOS)}
    (kept,) = await books.rows("quarantine")
    assert (kept.kind, kept.reason) == ("conflict", CONFLICT_REASON)
    assert b'"reported_nanos":4000000000' in bytes(kept.body)


async def test_two_contents_under_one_id_in_one_body_book_the_first(books: Books) -> None:
    answer = await books.takes(books.event(1, dollars=3), books.event(1, dollars=4))

    assert (answer.accepted, answer.conflicts) == (1, 1)
    assert await books.totals() == {(1, 3 * NANOS)}


async def test_bodies_that_wait_together_are_committed_together(books: Books) -> None:
    """Fifty separate commits would change Search's version fifty times."""
    answers = await asyncio.gather(*(books.takes(books.event(number)) for number in range(50)))

    assert sum(a.accepted for a in answers) == 50
    (changes,) = await books.rows("team_changes")
    assert 1 <= changes.version <= 4


async def test_a_key_that_was_revoked_meanwhile_books_nothing(books: Books) -> None:
    await books.takes(books.event(1))
    async with books.context.store.begin() as tx:
        await tx.keys.revoke(books.source, at=books.context.now_micros())

    with pytest.raises(KeyRevoked):
        await books.takes(books.event(2))
    assert await books.totals() == {(1, NANOS)}


async def test_rules_that_changed_between_deciding_and_booking_are_the_ones_that_count(books: Books) -> None:
    """The import runs in another process: this one decides by its cached rules, and notices at the commit."""
    await books.takes(books.event(1, credential="key-9", team=None, user=None))
    remembered = await books.context.rulebooks.cached()
    added = "attribution:\n  - {credential: key-9, team: mobile}"
    await books.imports(TEAMS_YML.replace("attribution:", added))

    assert await books.context.rulebooks.cached() is remembered
    await books.takes(books.event(2, credential="key-9", team=None, user=None))

    events = {row.event_id: row for row in await books.rows("usage_events")}
    teams = {row.id: row.slug for row in await books.rows("teams")}
    assert [(teams[events[e].team_id], events[e].rule) for e in ("req-1", "req-2")] == [
        ("unattributed", "unattributed"),
        ("mobile", "credential:key-9"),
    ]
    assert await books.faults() == []


async def test_what_could_not_be_stored_is_not_answered_for(books: Books) -> None:
    await books.context.store.close()
    await books.intake.stop()
    job = asyncio.create_task(books.takes(books.event(1)))
    await asyncio.sleep(0)
    await books.intake.stop()

    with pytest.raises(NotDurable):
        await job
