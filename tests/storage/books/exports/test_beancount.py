"""The beancount file has every entry, and what each account has is what the books have; beancount agrees if it is here."""

import asyncio
import re
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.money import nanos_from_decimal
from handlers.books.exports.commands import export_beancount
from handlers.books.periods import keep_books
from storage.tables.books import accounts, entries
from storage.tables.org import teams
from tests.real.validators import bean_check, is_there
from tests.storage.conftest import Books
from tests.support.company import TEAMS_YML

_POSTING = re.compile(r"^  ([A-Z]\S+) (-?[\d.]+) USD$", re.MULTILINE)
_BALANCE = re.compile(r"^\S+ balance (\S+) (-?[\d.]+) ~ 0 USD$", re.MULTILINE)
ROOTS = {"funding": "Equity", "available": "Assets", "held": "Assets"}


async def written(books: Books, file: Path, period: str | None = None) -> str:
    count = await export_beancount(books.context, str(file), period=period)
    text = await asyncio.to_thread(file.read_text)
    assert text.count("  entry-id: ") == count
    return text


def moved(text: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for account, amount in _POSTING.findall(text):
        sums[account] += nanos_from_decimal(amount)
    return dict(sums)


async def in_the_books(books: Books) -> dict[str, int]:
    sums: Counter[str] = Counter()
    async with books.context.store.read() as tx:
        for sign, column in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id)):
            query = (
                select(teams.c.slug, accounts.c.bucket, accounts.c.period, entries.c.amount_nanos)
                .select_from(entries)
                .join(accounts, accounts.c.id == column)
                .join(teams, teams.c.id == accounts.c.team_id)
            )
            for slug, bucket, period, nanos in await tx.connection.execute(query):
                name = f"{ROOTS.get(bucket, 'Expenses')}:{bucket.capitalize()}:{slug.capitalize()}:{period}"
                sums[name] += sign * nanos
    return dict(sums)


@pytest.fixture
async def spent(mid_month: Books) -> Books:
    """A month with charges, and a name that quotes."""
    await mid_month.imports(TEAMS_YML.replace("name: Acme,", "name: 'Ac\"me\\',"))
    await mid_month.takes(*(mid_month.event(n, dollars=0.1 * n) for n in range(1, 5)))
    mid_month.jump_to(mid_month.context.now().replace(day=18))
    await keep_books(mid_month.context)
    return mid_month


async def test_balances_are_those_of_the_books(spent: Books, tmp_path: Path) -> None:
    text = await written(spent, tmp_path / "all.beancount")

    books = await in_the_books(spent)
    assert moved(text) == books
    assert {name: nanos_from_decimal(amount) for name, amount in _BALANCE.findall(text)} == books
    assert sum(books.values()) == 0
    assert any(name.startswith("Expenses:Spent:Search:") for name in books)
    assert text.startswith('option "title" "Ac\\"me\\\\: budgets')
    assert set(re.findall(r"^\S+ open (\S+)$", text, re.MULTILINE)) == set(books)


async def test_a_period_balances_by_itself(spent: Books, tmp_path: Path) -> None:
    name = f"{spent.context.now():%Y-%m}"
    text = await written(spent, tmp_path / "month.beancount", name)

    assert {name: nanos_from_decimal(amount) for name, amount in _BALANCE.findall(text)} == moved(text)
    assert all(account.endswith(name) for account in moved(text))


async def test_beancount_accepts_the_file(spent: Books, tmp_path: Path) -> None:
    if not is_there("beancount"):
        pytest.skip("beancount is not here: `make validators` installs it")
    file = tmp_path / "all.beancount"
    text = await written(spent, file)

    assert await asyncio.to_thread(bean_check, file) == ""

    wrong = tmp_path / "wrong.beancount"
    account, amount = _BALANCE.findall(text)[-1]
    changed = f"{amount[:-1]}{(int(amount[-1]) + 1) % 10}"
    await asyncio.to_thread(wrong.write_text, text.replace(f"{account} {amount} ~", f"{account} {changed} ~"))
    assert "Balance failed" in await asyncio.to_thread(bean_check, wrong)
