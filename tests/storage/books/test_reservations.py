"""Reservations of several processes at once, and after one was killed: never more than there is."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.books.gatekeeping.reservations import Ask, Conflict
from bot.money import NANOS
from handlers.books.gatekeeping.reservations import NotStored, ReservationDesk
from handlers.books.gatekeeping.sweeping import end_reservations
from handlers.context import Context, make_context
from tests.storage.conftest import Books


@asynccontextmanager
async def others(books: Books, count: int) -> AsyncIterator[list[Context]]:
    """Further processes on the same database."""
    made = [make_context(books.context.settings, books.context.clock) for _ in range(count)]
    yield made
    for context in made:
        await context.store.close()


def ask(dollars: float, **more: Any) -> Ask:
    return Ask(team="search", max_nanos=round(dollars * NANOS), ttl_seconds=600, **more)


async def left(books: Books) -> int:
    """Returns what Search has left for further calls, in nano-dollars."""
    reservation, answer = await ReservationDesk(books.context).reserve(ask(1_000_000), key=books.key)
    assert reservation is None
    return round(float(answer["available_usd"]) * NANOS)


async def test_processes_that_reserve_settle_and_book_at_once_spend_a_budget_to_the_end_and_never_more(
    mid_month: Books,
) -> None:
    books, random_ = mid_month, random.Random(7)
    spent = 0
    async with others(books, 2) as contexts:
        desks = [ReservationDesk(context) for context in (books.context, *contexts)]

        async def caller(number: int) -> None:
            nonlocal spent
            for turn in range(12):
                bound = random_.choice((1, 5, 20, 60))
                cost = bound * random_.randint(1, 4) // 4 or 1
                reservation, _ = await desks[number % 3].reserve(ask(bound), key=books.key)
                if reservation is None:
                    continue
                spent += cost
                if turn % 3:
                    await desks[(number + 1) % 3].settle(reservation.id, cost * NANOS, key=books.key)
                if turn % 3 != 1:
                    event = books.event(f"{number}-{turn}", dollars=cost, reservation=reservation.id)
                    assert (await books.takes(event)).accepted == 1
                assert spent <= 1_000

        await asyncio.gather(*(caller(number) for number in range(12)))
        assert spent > 900
        assert await left(books) == (1_000 - spent) * NANOS
        await asyncio.gather(*(end_reservations(context) for context in (books.context, *contexts)))
    assert await books.faults() == []


async def test_two_processes_with_one_idempotency_key_make_one_reservation(mid_month: Books) -> None:
    books = mid_month
    async with others(books, 2) as contexts:
        desks = [ReservationDesk(context) for context in (books.context, *contexts)]
        asked = ask(10, idempotency_key="call-1")
        made = await asyncio.gather(*(desk.reserve(asked, key=books.key) for desk in desks))
        with pytest.raises(Conflict):
            await desks[0].reserve(ask(11, idempotency_key="call-1"), key=books.key)

    assert len({reservation.id for reservation, _ in made if reservation is not None}) == 1
    assert len(await books.rows("reservations")) == 1
    assert await left(books) == 990 * NANOS


async def test_what_was_answered_is_there_for_the_next_process_and_what_failed_is_not(
    mid_month: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that ends before its commit has answered nobody, and has reserved nothing."""
    books = mid_month
    async with others(books, 1) as (other,):
        desk = ReservationDesk(other)
        reservation, _ = await desk.reserve(ask(10), key=books.key)
        assert reservation is not None

        async def ends(*_: object) -> None:
            raise OSError("the process ends here")

        with monkeypatch.context() as patched:
            patched.setattr("storage.books.gatekeeping.reservations.Reservations.add_sums", ends)
            with pytest.raises(NotStored):
                await desk.reserve(ask(20), key=books.key)

    assert await left(books) == 990 * NANOS
    again = await ReservationDesk(books.context).settle(reservation.id, 4 * NANOS, key=books.key)
    assert again.state == "settled"
    assert await left(books) == 996 * NANOS
    assert await books.faults() == []


async def test_the_check_names_a_sum_that_differs_from_its_reservations(mid_month: Books) -> None:
    books = mid_month
    await ReservationDesk(books.context).reserve(ask(10), key=books.key)
    async with books.context.store.begin() as tx:
        await tx.connection.exec_driver_sql("UPDATE reserved_sums SET nanos = nanos + 1")

    (fault,) = await books.faults()
    assert fault.startswith("reservations: team ")
    assert fault.endswith("the sum is 10000000001, its reservations 10000000000")
