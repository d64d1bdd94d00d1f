"""Periods that are closed early, and those that are kept open."""

import pytest

from bot.money import NANOS
from bot.refusals import Refusal
from handlers.books.closing.closes import end_early, keep_open
from handlers.books.periods import keep_books
from tests.storage.books.closing.conftest import DAY, moves, names, next_month, states
from tests.storage.conftest import Books
from tests.storage.declared import balance, person


async def test_a_period_closed_early_ends_with_yesterday_and_the_next_one_begins_today(acme: Books) -> None:
    await acme.takes(acme.event(1, dollars=100, ago=DAY), acme.event(2, dollars=7))
    name = (await names(acme))[0]

    await end_early(acme.context, name)
    await keep_books(acme.context)

    assert await states(acme) == ["closed", "open"]
    known = {row.name: row for row in await acme.rows("periods")}
    first, second = (known[one] for one in await names(acme))
    assert first.end_day == second.first_day < second.end_day
    open_now = await balance(acme.context, "search")
    assert (open_now.allocated_nanos, open_now.charged_nanos) == (480 * NANOS, 7 * NANOS)

    acme.jump_to(acme.context.now() + DAY)
    await acme.takes(acme.event(3, dollars=2, ago=2 * DAY))
    await keep_books(acme.context)

    assert (await moves(acme, ("charge",)))[1:] == [
        "charge search 1 > search spent 1: 2",
        "charge search 1 > search spent 1: 7",
    ]
    assert (await balance(acme.context, "search")).charged_nanos == 9 * NANOS
    assert await acme.faults() == []


async def test_the_period_after_one_that_was_closed_early_ends_when_its_month_does(acme: Books) -> None:
    await end_early(acme.context, (await names(acme))[0])
    await keep_books(acme.context)
    acme.jump_to(next_month(acme, 28))
    await keep_books(acme.context)
    assert await states(acme) == ["closed", "open"]

    acme.jump_to(next_month(acme))
    await keep_books(acme.context)

    assert await states(acme) == ["closed", "closed", "open"]
    assert await acme.faults() == []


async def test_a_period_that_is_kept_open_takes_late_usage_until_then(acme: Books) -> None:
    await keep_open(acme.context, (await names(acme))[0], days=3)
    acme.jump_to(next_month(acme, 3))
    await acme.takes(acme.event(1, dollars=100, ago=5 * DAY))
    await keep_books(acme.context)

    assert await states(acme) == ["open", "open"]
    assert await moves(acme, ("charge",)) == ["charge search 0 > search spent 0: 100"]
    acme.jump_to(acme.context.now() + DAY)
    await keep_books(acme.context)
    assert await states(acme) == ["closed", "open"]


async def test_the_audit_log_names_who_closed_it(acme: Books) -> None:
    chloe = await person(acme.context, "chloe@acme.test")
    first = (await names(acme))[0]

    await keep_open(acme.context, first, days=3, by=chloe)
    await end_early(acme.context, first, by=chloe)
    await keep_books(acme.context)

    told = {row.action: row.actor_id for row in await acme.rows("audit") if row.subject == first}
    assert told == {"keep period open": chloe, "end period": chloe, "close period": chloe}


async def test_what_cannot_be_closed_is_refused_in_words(acme: Books) -> None:
    first = (await names(acme))[0]
    await keep_open(acme.context, first, days=9)
    acme.jump_to(next_month(acme))
    await keep_books(acme.context)
    second = (await names(acme))[1]

    with pytest.raises(Refusal, match=f"{first} is open, and comes before {second}: close it first"):
        await end_early(acme.context, second)
    with pytest.raises(Refusal, match=r"The books have no period 'soon'\. Open: "):
        await end_early(acme.context, "soon")
    await end_early(acme.context, first)
    await keep_books(acme.context)
    with pytest.raises(Refusal, match=f"{first} is closed already"):
        await keep_open(acme.context, first, days=3)
    with pytest.raises(Refusal, match=f"{second} begins today"):
        await end_early(acme.context, second)
