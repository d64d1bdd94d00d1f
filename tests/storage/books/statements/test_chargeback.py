"""Chargeback in the books: posted once, reversed and posted anew, and never a change of what is available."""

import asyncio

import pytest

from bot.books.chargeback import ChargebackRow
from bot.money import NANOS
from bot.periods import Period
from handlers.books.chargeback import chargeback_of, reverse_spread, spread_closed, spread_cost
from handlers.books.statements.sealing import seal_statements
from tests.storage.books.statements.months import next_month, of_team
from tests.storage.conftest import Books
from tests.storage.declared import balance
from tests.support.company import TEAMS_YML

PROPORTIONAL = TEAMS_YML.replace("people: self,", "people: self, chargeback: {unattributed: proportional},")
EVEN = PROPORTIONAL.replace("proportional", "even")


@pytest.fixture
async def spent(mid_month: Books) -> tuple[Books, Period]:
    """A month in which Search spent $30, Mobile $10 and nobody known $4.000000001, with a rule to spread it."""
    await mid_month.imports(PROPORTIONAL)
    await mid_month.takes(
        mid_month.event(1, dollars=30),
        mid_month.event(2, dollars=10, team="mobile", user=None),
        mid_month.event(3, dollars=4.000000001, team="nobody", user=None),
    )
    return mid_month, await next_month(mid_month)


async def rows(books: Books, period: Period) -> dict[str, ChargebackRow]:
    async with books.context.store.read() as tx:
        found = await chargeback_of(await books.context.scope(tx), period)
    return {row.team.slug: row for row in found.rows}


async def test_unattributed_cost_is_spread_once_and_the_sum_stays(spent: tuple[Books, Period]) -> None:
    books, period = spent
    assert await spread_closed(books.context) == 2
    assert await spread_closed(books.context) == await spread_cost(books.context, period) == 0

    found = await rows(books, period)
    assert found["search"].shared_nanos == 3 * NANOS + 1
    assert found["mobile"].shared_nanos == 1 * NANOS
    assert found["unattributed"].total_nanos == 0
    assert sum(row.total_nanos for row in found.values()) == 44 * NANOS + 1
    assert await books.faults() == []


async def test_it_changes_nothing_that_is_available(spent: tuple[Books, Period]) -> None:
    books, period = spent
    at = period.first_day * 86_400_000_000 + 43_200_000_000
    before = [await balance(books.context, slug, at=at) for slug in ("search", "mobile", "organisation")]
    await spread_cost(books.context, period)

    assert [await balance(books.context, slug, at=at) for slug in ("search", "mobile", "organisation")] == before


async def test_it_is_reversed_and_spread_anew_by_another_rule(spent: tuple[Books, Period]) -> None:
    books, period = spent
    await spread_cost(books.context, period)
    assert await reverse_spread(books.context, period) == 2
    assert await reverse_spread(books.context, period) == 0
    assert await spread_closed(books.context) == 0, "the job leaves a reversed period to finance"
    assert await spread_cost(books.context, period, only_first=True) == 0

    await books.imports(EVEN)
    assert await spread_cost(books.context, period) == 2

    found = await rows(books, period)
    assert (found["search"].shared_nanos, found["mobile"].shared_nanos) == (2 * NANOS + 1, 2 * NANOS)
    assert sum(row.total_nanos for row in found.values()) == 44 * NANOS + 1
    assert await books.faults() == []


async def test_ten_at_once_spread_it_once(spent: tuple[Books, Period]) -> None:
    books, period = spent

    made = await asyncio.gather(*(spread_cost(books.context, period) for _ in range(10)))

    assert sorted(made) == [0] * 9 + [2]


async def test_what_is_spread_changes_no_seal(spent: tuple[Books, Period]) -> None:
    books, period = spent
    await seal_statements(books.context)
    before = await of_team(books, "search", period)
    await spread_cost(books.context, period)

    assert await of_team(books, "search", period) == before
    assert await seal_statements(books.context) == 0
    assert await books.faults() == []
