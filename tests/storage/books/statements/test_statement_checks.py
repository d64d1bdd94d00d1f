"""Planted faults of sealed statements: `tokens check` names each."""

import pytest
from sqlalchemy import text

from bot.periods import Period
from handlers.books.statements.sealing import seal_statements
from storage.books.checks import faults
from tests.storage.books.statements.months import next_month, of_team
from tests.storage.conftest import Books


@pytest.fixture
async def two_months(mid_month: Books) -> tuple[Books, Period, Period]:
    """Two sealed months of Search, in books without a fault."""
    await mid_month.takes(mid_month.event(1, dollars=30))
    first = await next_month(mid_month)
    await seal_statements(mid_month.context)
    await mid_month.takes(mid_month.event(2, dollars=20))
    second = await next_month(mid_month)
    await seal_statements(mid_month.context)
    assert await mid_month.faults() == []
    return mid_month, first, second


async def tampers(books: Books, table: str, statement: str) -> list[str]:
    """Changes rows behind the triggers' back, and returns the faults of statements."""
    verb = "update" if books.context.store.is_sqlite else "change"
    where = "" if books.context.store.is_sqlite else f" ON {table}"
    async with books.context.store.begin() as tx:
        for name in ("update", "delete") if verb == "update" else ("change",):
            await tx.connection.execute(text(f"DROP TRIGGER {table}_no_{name}{where}"))
        await tx.connection.execute(text(statement))
    return [fault for fault in await books.faults() if fault.startswith("statements: ")]


async def test_a_sheet_changed_by_one_nano_dollar_is_named(two_months: tuple[Books, Period, Period]) -> None:
    books, first, _ = two_months
    team = (await of_team(books, "search", first)).team_id
    change = f"UPDATE statements SET sheet = replace(sheet, '30.000000000', '30.000000001') WHERE team_id = {team}"

    faults = await tampers(books, "statements", f"{change} AND period = '{first.name}'")

    assert any("the link does not fit" in fault for fault in faults)
    assert all(f"team {team}, {first.name}" in fault or f"search {first.name}" in fault for fault in faults)


async def test_an_entry_changed_by_one_nano_dollar_is_named(two_months: tuple[Books, Period, Period]) -> None:
    books, first, _ = two_months
    change = "UPDATE entries SET amount_nanos = amount_nanos + 1 WHERE kind = 'charge' AND amount_nanos = 30000000000"

    faults = await tampers(books, "entries", change)

    assert len(faults) == 1
    assert f"search {first.name}: entry" in faults[0]
    assert "amount_usd is 30.000000001 in the ledger, and 30.000000000 in the statement" in faults[0]


async def test_an_entry_moved_to_another_account_is_named(two_months: tuple[Books, Period, Period]) -> None:
    books, first, _ = two_months
    other = (
        "(SELECT a.id FROM accounts a JOIN teams t ON t.id = a.team_id"
        f" WHERE t.slug = 'mobile' AND a.period = '{first.name}' AND a.bucket = 'available')"
    )
    change = f"UPDATE entries SET from_account_id = {other} WHERE kind = 'charge' AND amount_nanos = 30000000000"

    faults = await tampers(books, "entries", change)

    assert any("from_account is" in fault and "search:available in the statement" in fault for fault in faults)


async def test_an_entry_that_is_gone_is_named(two_months: tuple[Books, Period, Period]) -> None:
    books, first, _ = two_months

    faults = await tampers(books, "entries", "DELETE FROM entries WHERE kind = 'charge' AND amount_nanos = 30000000000")

    assert len(faults) == 1
    assert f"search {first.name}: entry" in faults[0]
    assert "is missing in the ledger" in faults[0]


async def test_an_entry_added_to_a_closed_month_is_named(two_months: tuple[Books, Period, Period]) -> None:
    books, first, _ = two_months
    columns = (
        "kind, period, posted_at, effective_at, usage_day, from_account_id, to_account_id, amount_nanos, currency,"
        " reason, document"
    )
    change = (
        f"INSERT INTO entries (dedupe_key, {columns}) SELECT 'added', {columns} FROM entries"
        " WHERE kind = 'charge' AND amount_nanos = 30000000000"
    )

    faults = await tampers(books, "entries", change)

    assert [fault.rpartition(" is in ")[2] for fault in faults] == ["the ledger, and not in the statement"]
    assert f"search {first.name}" in faults[0]


async def test_a_broken_link_of_the_chain_is_named(two_months: tuple[Books, Period, Period]) -> None:
    books, first, second = two_months
    team = (await of_team(books, "search", first)).team_id

    faults = await tampers(
        books, "statements", f"DELETE FROM statements WHERE team_id = {team} AND period = '{first.name}'"
    )

    assert [fault for fault in faults if "the chain is broken" in fault] == [
        f"statements: team {team}, {second.name}: the chain is broken: it does not continue statement 1"
    ]


async def test_a_seal_before_that_is_another_is_a_broken_link(two_months: tuple[Books, Period, Period]) -> None:
    books, first, second = two_months
    before = await of_team(books, "search", first)
    team = before.team_id
    change = f"UPDATE statements SET previous = '{'f' * 64}' WHERE team_id = {team} AND period = '{second.name}'"

    faults = await tampers(books, "statements", change)

    assert [fault.partition(", ")[2] for fault in faults] == [
        f"{second.name}: the chain is broken: it does not continue statement {before.number}",
        f"{second.name}: the stored seal is not the sheet's",
    ]


async def test_the_tail_has_the_statements_since_then_and_their_links(two_months: tuple[Books, Period, Period]) -> None:
    books, first, second = two_months
    before = await of_team(books, "search", first)
    team = before.team_id
    of_team_in = f"WHERE team_id = {team} AND period ="
    change = "UPDATE statements SET sheet = replace(sheet, '000000000', '000000001')"
    assert await _tail(books, second) == []

    await tampers(books, "statements", f"{change} {of_team_in} '{first.name}'")
    assert await _tail(books, second) == []
    assert all(first.name in fault for fault in await _tail(books, first))
    async with books.context.store.begin() as tx:
        await tx.connection.execute(text(f"UPDATE statements SET seal = 'f' {of_team_in} '{first.name}'"))
    assert await _tail(books, second) == [
        f"statements: team {team}, {second.name}: the chain is broken: it does not continue statement {before.number}"
    ]
    async with books.context.store.begin() as tx:
        await tx.connection.execute(text(f"{change} {of_team_in} '{second.name}'"))
    assert len(await _tail(books, second)) > 1


async def _tail(books: Books, period: Period) -> list[str]:
    """Returns the faults of statements that `tokens check --since` a period's first day names."""
    async with books.context.store.read() as tx:
        found = [fault async for fault in faults(tx, since_day=period.first_day)]
    return [fault for fault in found if fault.startswith("statements: ")]
