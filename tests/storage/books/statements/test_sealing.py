"""Statements of closed months: sealed once, chained, equal to the books, and never changed by what comes later."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.books.statements.reading import facts_of, read_rows, read_statement
from bot.books.statements.verification import faults_of_chain, faults_of_entries, faults_of_sheet
from bot.money import NANOS
from bot.periods import Calendar
from handlers.books.closing.closes import end_early
from handlers.books.exports.commands import export
from handlers.books.periods import keep_books
from handlers.books.statements.making import sealed_or_so_far
from handlers.books.statements.sealing import seal_statements
from storage.books.statements.sealed import SealedPeriods
from tests.storage.books.statements.months import next_month, of_team
from tests.storage.conftest import Books, day_of_next_month
from tests.storage.declared import balance
from tests.support.company import TEAMS_YML

DAY = timedelta(days=1)


@pytest.fixture
async def used(mid_month: Books) -> Books:
    """A month with usage of two tools on two days, some of it of no team."""
    await mid_month.takes(
        mid_month.event(1, dollars=30, ago=2 * DAY),
        mid_month.event(2, dollars=12.000000001, ago=DAY, tool="Cursor"),
        mid_month.event(3, dollars=5, ago=DAY, team="nobody", user=None),
    )
    return mid_month


async def test_a_closed_month_is_sealed_once_and_ties(used: Books) -> None:
    period = await next_month(used)
    made = await seal_statements(used.context)
    assert made > 1
    assert await seal_statements(used.context) == 0

    sealed = await of_team(used, "search", period)
    statement = read_statement(sealed.sheet)

    assert faults_of_sheet(sealed.sheet) == []
    left = 958 * NANOS - 1
    assert statement.lines == (("budget", 1_000 * NANOS), ("charges", -42 * NANOS - 1), ("lapsed", -left))
    assert (statement.before_close_nanos, statement.closing_nanos) == (left, 0)
    assert [nanos for _, nanos in statement.days] == [30 * NANOS, 12 * NANOS + 1]
    assert statement.tools == (("Claude Code", 30 * NANOS), ("Cursor", 12 * NANOS + 1))
    assert sealed.seal == statement.seal


async def test_a_period_that_is_sealed_is_not_read_again(used: Books) -> None:
    """A minute of nothing to do costs one small query."""
    period = await next_month(used)
    async with used.context.store.read() as tx:
        assert {name for _, name in await tx.statements.due([period.name])} == {period.name}
    await seal_statements(used.context)
    assert await seal_statements(used.context) == 0

    async with used.context.store.read() as tx:
        assert period.name in tx.memory.of(SealedPeriods)
    assert "unattributed" not in {facts_of(read_rows(row.sheet))["team"] for row in await used.rows("statements")}


async def test_the_organisation_pays_for_usage_of_no_team(used: Books) -> None:
    period = await next_month(used)
    await seal_statements(used.context)

    statement = read_statement((await of_team(used, "organisation", period)).sheet)

    assert statement.amount("charges") == -5 * NANOS
    assert statement.amount("funding") == 20_000 * NANOS
    assert statement.coverage.unattributed_nanos == 5 * NANOS
    assert statement.coverage.company_nanos == 47 * NANOS + 1


async def test_statements_of_a_team_are_a_chain(used: Books) -> None:
    first = await next_month(used)
    await seal_statements(used.context)
    second = await next_month(used)
    await seal_statements(used.context)

    before, after = await of_team(used, "search", first), await of_team(used, "search", second)

    assert (after.number, after.previous) == (before.number + 1, before.seal)
    assert faults_of_chain([after.sheet, before.sheet]) == []
    assert faults_of_sheet(after.sheet) == []


async def test_late_usage_does_not_change_a_sealed_statement_and_is_on_the_next(used: Books) -> None:
    period = await next_month(used)
    await seal_statements(used.context)
    sealed = await of_team(used, "search", period)

    await used.takes(used.event(9, dollars=3, ago=timedelta(days=used.context.now().day + 1)))
    await keep_books(used.context)
    async with used.context.store.read() as tx:
        scope = await used.context.scope(tx)
        search = scope.directory.by_slug("search")
        assert search is not None
        _, sheet = await sealed_or_so_far(scope.of_team(search), period)
    assert sheet == sealed.sheet

    later = await next_month(used)
    await seal_statements(used.context)
    following = read_statement((await of_team(used, "search", later)).sheet)
    assert following.amount("prior_period") == -3 * NANOS
    assert following.days == ()
    assert await used.faults() == []


async def test_what_is_carried_forward_closes_one_statement_and_opens_the_next(used: Books, tmp_path: Path) -> None:
    """The export has one entry for both, which both of them have. Seals and export agree, in the books and without them."""
    await used.imports(TEAMS_YML.replace("amount: 1000,", "amount: 1000, carry_forward: {max: 20%},"))
    first = await next_month(used)
    second = await next_month(used)
    await seal_statements(used.context)
    await export(used.context, "ledger", str(tmp_path / "ledger.csv"), period=None, file_format="csv")

    sheets = [(await of_team(used, "search", period)).sheet for period in (first, second)]
    before, after = map(read_statement, sheets)
    ledger = (tmp_path / "ledger.csv").read_text()

    assert -before.amount("carried_forward") == after.opening_nanos == 200 * NANOS
    assert [faults_of_entries(sheet, ledger) for sheet in sheets] == [[], []]
    assert await used.faults() == []
    for slug in ("organisation", "product", "mobile"):
        for period in (first, second):
            sheet = (await of_team(used, slug, period)).sheet
            assert (faults_of_sheet(sheet), faults_of_entries(sheet, ledger)) == ([], [])


async def test_a_month_that_is_closed_early_has_a_statement_of_its_days(mid_month: Books) -> None:
    """The next one begins on the day after, whatever its name: its usage is of its own days."""
    books = mid_month
    await books.takes(books.event(1, dollars=30, ago=DAY))
    async with books.context.store.read() as tx:
        (early,) = [one for one in (await tx.periods.known()).values() if one.state == "open"]
    await end_early(books.context, early.name)
    await keep_books(books.context)
    await books.takes(books.event(2, dollars=7))
    later = Calendar().named(early.name).end_day
    books.jump_to(day_of_next_month(day_of_next_month(books.context.now(), 16), 16))
    await keep_books(books.context)
    await seal_statements(books.context)

    first = read_statement((await of_team(books, "search", early.period)).sheet)
    second = read_statement((await of_team(books, "search", Calendar().period_of(later))).sheet)
    assert first.amount("charges") == -30 * NANOS
    assert first.period.end_day == second.period.first_day < later
    assert (second.amount("charges"), second.amount("prior_period")) == (-7 * NANOS, 0)
    assert second.previous == first.seal
    assert await books.faults() == []


async def test_two_workers_at_once_seal_each_statement_once(used: Books) -> None:
    period = await next_month(used)

    made = await asyncio.gather(*(seal_statements(used.context) for _ in range(4)))

    assert sum(made) == len(await used.rows("statements"))
    assert (await of_team(used, "search", period)).period == period.name


async def test_a_preliminary_statement_counts_usage_without_entries(used: Books) -> None:
    """Its closing is what the team has available and held."""
    async with used.context.store.read() as tx:
        scope = await used.context.scope(tx)
        search = scope.directory.by_slug("search")
        assert search is not None
        period = scope.directory.period_at(search, scope.at)
        before, _ = await sealed_or_so_far(scope.of_team(search), period)
    await keep_books(used.context)
    async with used.context.store.read() as tx:
        after, _ = await sealed_or_so_far((await used.context.scope(tx)).of_team(search), period)

    assert before.lines == (("budget", 1_000 * NANOS), ("unposted", -42 * NANOS - 1))
    assert after.lines == (("budget", 1_000 * NANOS), ("charges", -42 * NANOS - 1))
    assert before.days == after.days
    assert before.tools == after.tools
    available = (await balance(used.context, "search")).available_nanos
    assert before.closing_nanos == after.closing_nanos == available


async def test_a_sealed_statement_can_not_be_changed(used: Books) -> None:
    await next_month(used)
    await seal_statements(used.context)

    with pytest.raises(Exception, match="only grows"):
        async with used.context.store.begin() as tx:
            await tx.connection.execute(text("UPDATE statements SET sheet = ''"))


async def test_a_statement_says_which_period_and_team_it_is_of(used: Books) -> None:
    period = await next_month(used)
    await seal_statements(used.context)

    facts = facts_of(read_rows((await of_team(used, "search", period)).sheet))

    assert facts["team"] == "search"
    assert facts["period"] == period.name
    assert facts["cost_center"] == "CC-100"
    assert facts["state"] == "sealed"
