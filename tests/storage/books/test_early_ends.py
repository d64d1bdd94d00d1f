"""Grants that a manager ends early, on both databases: what is unspent goes back once, and people are told."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert

from bot.books.grants import Grant
from bot.money import NANOS
from bot.refusals import Refusal
from handlers.books.granting.early_ends import end_grant_early
from storage.tables.requests import budget_requests
from tests.storage.books.test_grants import available, goes_to, grants, stored, uses
from tests.storage.conftest import Books
from tests.storage.declared import person


async def ends_early(books: Books, grant: Grant, by: int) -> str:
    """Ends a grant as a click does, and returns what a refusal says."""
    try:
        async with books.context.store.begin() as tx:
            await end_grant_early(await books.context.scope(tx), books.context, grant.id, by=by)
    except Refusal as refusal:
        return refusal.sentence
    return ""


async def test_the_unspent_goes_back_once_of_many_clicks(mid_month: Books) -> None:
    books = mid_month
    ben, chloe = [await person(books.context, f"{name}@acme.test") for name in ("ben", "chloe")]
    grant = await grants(books, 500, 5)
    await uses(books, "during", 180)

    answers = await asyncio.gather(*(ends_early(books, grant, by) for by in (ben, chloe, ben, chloe)))

    assert sorted(answers) == ["", *["This grant has ended already."] * 3]
    assert (await stored(books))[0][:2] == ("ended", 320)
    assert await available(books, "product", "search") == (8820, 1000)
    await goes_to(books, books.context.now() + timedelta(days=9))
    assert (await stored(books))[0][:2] == ("ended", 320)
    records = [(row.actor_id, row.action) for row in await books.rows("audit") if row.subject == grant.document]
    assert records[-1][0] in (ben, chloe)
    assert [action for _, action in records] == ["give grant", "end grant"]


async def test_of_several_grants_the_others_go_on(mid_month: Books) -> None:
    books = mid_month
    chloe = await person(books.context, "chloe@acme.test")
    first, second = await grants(books, 500, 2), await grants(books, 300, 5)
    await uses(books, "during", 400)

    assert await ends_early(books, second, chloe) == ""

    assert [row[:2] for row in await stored(books)] == [("active", 0), ("ended", 300)]
    assert await available(books, "search") == (1000 + 500 - 400,)
    await goes_to(books, books.context.now() + timedelta(days=4))
    assert [row[:2] for row in await stored(books)] == [("ended", 100), ("ended", 300)]
    assert first.id != second.id


async def test_what_the_team_overspent_does_not_go_back(mid_month: Books) -> None:
    books = mid_month
    chloe = await person(books.context, "chloe@acme.test")
    await uses(books, "before", 1_300)
    grant = await grants(books, 500, 5)

    assert await ends_early(books, grant, chloe) == ""

    assert (await stored(books))[0][:2] == ("ended", 200)
    assert await available(books, "search") == (0,)
    assert await books.faults() == []


async def test_a_grant_of_a_month_that_is_over_is_carried_first(mid_month: Books) -> None:
    books = mid_month
    chloe = await person(books.context, "chloe@acme.test")
    grant = await grants(books, 500, 60)
    await uses(books, "during", 100)
    books.jump_to(books.context.now() + timedelta(days=35))

    assert await ends_early(books, grant, chloe) == ""

    assert (await stored(books))[0][:3] == ("ended", 400, 100)
    assert await books.faults() == []


async def test_only_managers_and_finance_may(mid_month: Books) -> None:
    books = mid_month
    anna = await person(books.context, "anna@acme.test")
    grant = await grants(books, 500, 5)

    assert "can end this grant, and finance." in await ends_early(books, grant, anna)
    with pytest.raises(Refusal, match="no such grant"):
        async with books.context.store.begin() as tx:
            await end_grant_early(await books.context.scope(tx), books.context, 99, by=anna)
    assert (await stored(books))[0][:2] == ("active", 0)


async def test_the_asker_is_told(mid_month: Books) -> None:
    books = mid_month
    anna, chloe = [await person(books.context, f"{name}@acme.test") for name in ("anna", "chloe")]
    grant = await grants(books, 500, 5)
    asked = {"team_id": grant.team_id, "person_id": anna, "amount_nanos": 500 * NANOS, "reason": "", "held_nanos": 0}
    decided = {"period": grant.period, "state": "approved", "revision": 1, "created_at": 1, "grant_id": grant.id}
    async with books.context.store.begin() as tx:
        await tx.connection.execute(insert(budget_requests).values(**asked, **decided))

    assert await ends_early(books, grant, chloe) == ""

    told = [row for row in await books.rows("outbox") if row.dedupe_key.startswith(f"{grant.document}:ended:told")]
    assert [row.to_person_id for row in told] == [anna]
