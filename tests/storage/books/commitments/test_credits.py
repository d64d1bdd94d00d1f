"""Credits in the ledger, on both databases: they give back what was spent, and promise nothing."""

import pytest

from bot.books.commitments.holds import PlannedHold
from bot.money import NANOS
from bot.refusals import Refusal
from handlers.books.commitments.credits import book_credit, reverse_credit
from handlers.books.commitments.holds import set_aside
from tests.storage.books.commitments.test_holds import balance, search
from tests.storage.conftest import Books, day_of_next_month


async def test_a_credit_is_taken_back_once_also_when_all_is_promised_elsewhere(mid_month: Books) -> None:
    books = mid_month
    async with books.context.store.begin() as tx:
        scope = await search(books, tx)
        credit = await book_credit(scope, amount_nanos=100 * NANOS, paper=" CN-1 ", by=None)
        planned = PlannedHold(name="run", amount_nanos=1000 * NANOS, end_day=scope.team.day_of(scope.at) + 3)
        await set_aside(scope, planned, by=min(scope.directory.finance))
    assert (credit.paper, (await balance(books)).available_nanos) == ("CN-1", 100 * NANOS)
    assert await books.faults() == []

    async with books.context.store.begin() as tx:
        await reverse_credit(await books.context.scope(tx), credit.id, by=None)
    assert (await balance(books)).available_nanos == 0
    assert await books.faults() == []
    with pytest.raises(Refusal, match="is taken back already"):
        async with books.context.store.begin() as tx:
            await reverse_credit(await books.context.scope(tx), credit.id, by=None)
    last = (await books.rows("entries"))[-1]
    assert (last.kind, last.reverses_id is None) == ("reversal", False)


async def test_a_credit_of_a_closed_period_is_taken_back_in_the_open_one(mid_month: Books) -> None:
    books = mid_month
    async with books.context.store.begin() as tx:
        credit = await book_credit(await search(books, tx), amount_nanos=100 * NANOS, paper="CN-1", by=None)
    books.jump_to(day_of_next_month(books.context.now(), 2))
    async with books.context.store.begin() as tx:
        await reverse_credit(await books.context.scope(tx), credit.id, by=None)
    assert (await balance(books)).charged_nanos == 100 * NANOS
    assert await books.faults() == []


async def test_a_credit_needs_a_document(mid_month: Books) -> None:
    for paper, said in (("  ", "Name the document"), ("x" * 201, "at most 200 characters")):
        with pytest.raises(Refusal, match=said):
            async with mid_month.context.store.begin() as tx:
                await book_credit(await search(mid_month, tx), amount_nanos=NANOS, paper=paper, by=None)
    assert await mid_month.rows("credit_notes") == []
