"""Acme of three levels, whose periods close: its entries in words."""

from datetime import datetime, timedelta

import pytest

from bot.money import NANOS
from handlers.books.periods import keep_books
from tests.storage.conftest import Books, day_of_next_month

DAY = timedelta(days=1)
TEAMS = """
organisation: {name: Acme, funding: 1000, finance: [chloe@acme.test]}
teams:
  - {slug: product, name: Product, budget: {amount: 700}}
  - {slug: search, name: Search, parent: product, budget: {amount: 400, carry_forward: {max: "20%"}}}
  - {slug: mobile, name: Mobile, parent: product, budget: {amount: 100, carry_forward: {max: 500}}}
"""


@pytest.fixture
async def acme(books: Books) -> Books:
    """Three levels at noon of the 16th of the coming month, whose period is open."""
    await books.imports(TEAMS)
    books.jump_to(day_of_next_month(books.context.now(), 16))
    await keep_books(books.context)
    return books


def next_month(books: Books, day: int = 1) -> datetime:
    return day_of_next_month(books.context.now(), day)


async def names(books: Books) -> list[str]:
    """Returns the names of the periods that this version saw open, oldest first; acme's fixture began with one of them."""
    return sorted(row.name for row in await books.rows("periods") if row.state != "closed" or row.closed_at)


async def moves(books: Books, kinds: tuple[str, ...] = ("cover", "carry_forward", "lapse")) -> list[str]:
    """Returns entries like `lapse search 2 product 2: 60`, with the periods numbered from the first one."""
    numbers = {name: place for place, name in enumerate(await names(books))}
    teams = {row.id: row.slug for row in await books.rows("teams")}
    accounts = {
        row.id: f"{teams[row.team_id]}{'' if row.bucket == 'available' else ' ' + row.bucket} {numbers.get(row.period)}"
        for row in await books.rows("accounts")
    }
    return [
        f"{e.kind} {accounts[e.from_account_id]} > {accounts[e.to_account_id]}: {e.amount_nanos / NANOS:g}"
        for e in sorted(await books.rows("entries"), key=lambda e: e.id)
        if e.kind in kinds
    ]


async def states(books: Books) -> list[str]:
    found = {row.name: row.state for row in await books.rows("periods")}
    return [found[name] for name in await names(books)]
