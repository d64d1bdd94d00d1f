"""`export ledger`: every entry once, page by page, as of the moment the export began, on both databases."""

from datetime import timedelta

import pytest

from bot.books.exports.columns import ExportRow, cells, csv_rows
from bot.books.ledger import Account, Entry
from storage.books.exports import entry_rows, pages
from storage.books.exports.entry_rows import EntryRows
from storage.books.exports.pages import ExportScope
from storage.books.exports.snapshots import snapshot_now
from tests.storage.conftest import Books


def transfer(books: Books, number: int, *, giver: int, taker: int, nanos: int = 5, period: str = "2026-11") -> Entry:
    return Entry(
        kind="transfer",
        dedupe_key=f"transfer:{number}",
        period=period,
        effective_at=books.context.now_micros(),
        from_account=Account(team_id=giver, period=period, bucket="available"),
        to_account=Account(team_id=taker, period=period, bucket="available"),
        amount_nanos=nanos,
        actor_id=None,
        reason="=moved",
        document=f"transfer:{number}",
    )


async def post(books: Books, *numbers: int) -> None:
    async with books.context.store.begin() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        product, search = directory.by_slug("product"), directory.by_slug("search")
        assert product is not None
        assert search is not None
        period = directory.period_at(product, books.context.now_micros()).name
        entries = [transfer(books, n, giver=product.id, taker=search.id, period=period) for n in numbers]
        await tx.ledger.post(entries, at=books.context.now_micros())


async def scope_now(books: Books) -> ExportScope:
    async with books.context.store.read() as tx:
        return ExportScope(snapshot=await snapshot_now(tx))


async def exported(books: Books, scope: ExportScope, *, limit: int | None = None) -> list[ExportRow]:
    read = books.context.store.read
    found = pages.pages(read, lambda tx: EntryRows(tx, scope), limit=limit)
    return [row async for rows in found for row in rows]


async def test_a_row_names_the_accounts_by_their_teams(books: Books) -> None:
    await post(books, 1)

    (row,) = (row for row in await exported(books, await scope_now(books)) if row[4] == "transfer")

    text = cells(EntryRows.columns, row)
    assert text[4:] == (
        ["transfer", "product:available", "search:available", "0.000000005", "USD", "", "'=moved", "transfer:1", ""]
    )
    assert csv_rows(EntryRows.columns, [row]).startswith(f"{row[0]},")


async def test_pages_have_every_entry_once_in_order(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    await post(books, *range(1, 12))
    scope = await scope_now(books)
    everything = await exported(books, scope)

    monkeypatch.setattr(pages, "PAGE", 3)
    assert await exported(books, scope) == everything
    numbers = [row[0] for row in everything]
    assert numbers == sorted(set(numbers))
    assert len([row for row in everything if row[4] == "transfer"]) == 11


async def test_entries_posted_after_an_export_began_are_not_in_it(books: Books) -> None:
    await post(books, 1)
    scope = await scope_now(books)
    before = await exported(books, scope)

    await post(books, 2, 3)

    assert await exported(books, scope) == before
    assert len(await exported(books, await scope_now(books))) == len(before) + 2


async def test_an_entry_of_a_transaction_that_was_open_is_not_in_it(books: Books) -> None:
    """Its number is lower than that of an entry that is."""
    if books.context.store.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    async with books.context.store.begin() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        mobile = directory.by_slug("mobile")
        assert mobile is not None
        period = directory.period_at(mobile, books.context.now_micros()).name
        root = directory.root.id
        open_one = transfer(books, 100, giver=root, taker=mobile.id, period=period)
        await tx.ledger.post([open_one], at=books.context.now_micros())
        await post(books, 101)
        scope = await scope_now(books)
        before = await exported(books, scope)
    assert [row[11] for row in before if row[4] == "transfer"] == ["transfer:101"]

    assert await exported(books, scope) == before


async def test_a_team_reads_what_moves_to_it_or_from_it(books: Books) -> None:
    await post(books, 1)
    scope = await scope_now(books)
    async with books.context.store.read() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
    search, mobile = directory.by_slug("search"), directory.by_slug("mobile")
    assert search is not None
    assert mobile is not None

    of_search = await exported(books, ExportScope(snapshot=scope.snapshot, team_id=search.id))
    of_mobile = await exported(books, ExportScope(snapshot=scope.snapshot, team_id=mobile.id))

    assert all("search:" in row[5] + row[6] for row in of_search)
    assert [row[4] for row in of_search][-1] == "transfer"
    assert "transfer" not in [row[4] for row in of_mobile]


async def test_skipping_rows_ends_where_their_page_ends(books: Books) -> None:
    await post(books, *range(1, 8))
    scope = await scope_now(books)
    everything = await exported(books, scope)
    async with books.context.store.read() as tx:
        rows = EntryRows(tx, scope)
        assert await rows.count() == len(everything)
        skipped = await rows.skip((), 4)
        assert skipped is not None
        assert (await rows.page(skipped, 100)).rows == everything[4:]
        assert await rows.skip((), len(everything) + 1) is None


async def test_a_period_has_its_own_entries(books: Books) -> None:
    await post(books, 1)
    scope = await scope_now(books)
    async with books.context.store.read() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
    now = directory.period_at(directory.root, books.context.now_micros())
    later = directory.period_at(
        directory.root, books.context.now_micros() + int(timedelta(days=40).total_seconds()) * 10**6
    )
    read = books.context.store.read

    async def of(name: str) -> list[ExportRow]:
        scoped = ExportScope(snapshot=scope.snapshot, period=now)
        found = pages.pages(read, lambda tx: EntryRows(tx, scoped, (name,)))
        return [row async for rows in found for row in rows]

    assert {row[1] for row in await of(now.name)} == {now.name}
    assert now.name != later.name
    assert await of(later.name) == []
    assert entry_rows.actor_text(None) == ""
