"""Twins that two processes book at one moment, also if one is killed between its commit and its look at the other's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from handlers.intake.twins.booking import TwinBooking
from handlers.intake.twins.pruning import delete_old_marks
from handlers.intake.usage import Intake
from tests.storage.conftest import Books
from tests.storage.intake.twins.test_twins import FULL, takes, totals
from tests.support.traffic.twins import TRACER, outer, parsed, told


@pytest.fixture
async def other(books: Books) -> AsyncIterator[Intake]:
    """An intake with a memory of its own, which has read the database before the test's calls."""
    intake = Intake(books.context)
    intake.start()
    for number, one in enumerate((books.intake, intake)):
        await takes(books, parsed(told(call=90 + number), outer(call=80 + number)), intake=one)
    yield intake
    await intake.stop()


def added(before: tuple[int, ...], calls: int = 1) -> tuple[int, ...]:
    return tuple(count + calls * one for count, one in zip(before, FULL, strict=True))


@pytest.mark.parametrize("turned", [True, False])
async def test_each_process_looks_at_what_the_other_booked(books: Books, other: Intake, *, turned: bool) -> None:
    before = await totals(books)
    pair = [told(response="msg_1"), told(TRACER, span=2, response="msg_1", full=False)]
    first, second = pair[::-1] if turned else pair

    await takes(books, parsed(first))
    await takes(books, parsed(second), intake=other)

    assert await totals(books) == added(before)
    assert await books.faults() == []
    await takes(books, parsed(second, first))
    await takes(books, parsed(first), intake=other)
    assert await totals(books) == added(before)
    assert await books.faults() == []


async def test_many_pairs_that_two_processes_book_at_once_are_each_one_call(books: Books, other: Intake) -> None:
    before = await totals(books)
    pairs = [(told(call=call), outer(call=call)) for call in range(1, 13)]
    await asyncio.gather(
        *(takes(books, parsed(pair[call % 2])) for call, pair in enumerate(pairs)),
        *(takes(books, parsed(pair[1 - call % 2]), intake=other) for call, pair in enumerate(pairs)),
    )
    await takes(books, parsed(told(call=50)))

    assert await totals(books) == added(before, len(pairs) + 1)
    assert await books.faults() == []


async def test_what_a_killed_process_left_is_settled_by_the_next(
    books: Books, other: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await totals(books)

    async def dies(_self: TwinBooking, _jobs: object) -> None:
        """Does nothing, as a process that was killed after its commit."""

    with monkeypatch.context() as patched:
        patched.setattr(TwinBooking, "settle_others", dies)
        await takes(books, parsed(told()))
        await takes(books, parsed(outer()), intake=other)
    assert (await totals(books))[0] == before[0] + 2
    assert await books.faults() == []

    restarted = Intake(books.context)
    restarted.start()
    await takes(books, parsed(told(call=40)), intake=restarted)
    await restarted.stop()

    assert await totals(books) == added(before, 2)
    (out,) = await books.rows("usage_adjustments")
    assert (out.kind, out.calls) == ("twin", -1)
    assert await books.faults() == []


async def test_a_record_may_come_hours_later_by_its_response_and_marks_are_deleted_then(books: Books) -> None:
    await takes(books, parsed(told(response="msg_1")))
    books.jump_to(books.context.now().replace(microsecond=0) + timedelta(hours=5))
    await takes(books, parsed(told(TRACER, span=2, response="msg_1", full=False)))
    assert await totals(books) == FULL

    assert await delete_old_marks(books.context) == 0
    books.jump_to(books.context.now() + timedelta(hours=7))
    assert await delete_old_marks(books.context) == 2
    assert await books.rows("call_marks") == []
    again = await takes(books, parsed(told(TRACER, span=2, response="msg_1", full=False)))
    assert (again.duplicates, await totals(books)) == (1, FULL)
    assert await books.faults() == []


async def test_a_wrapper_finds_the_final_counts_of_a_stream_that_began_with_others(books: Books) -> None:
    for record in (told(response="msg_1", gen_ai__usage__output_tokens=3), outer(), told(response="msg_1")):
        await takes(books, parsed(record))
    await takes(books, parsed(outer(), told(response="msg_1", gen_ai__usage__output_tokens=3)))

    assert await totals(books) == FULL
    assert await books.faults() == []
