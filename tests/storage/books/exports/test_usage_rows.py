"""`export usage`: events in order of time with equal moments, then adjusting rows; people only where they may be seen."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.books.exports.columns import USAGE_COLUMNS, ExportRow, cells
from bot.intake.adjustments import Change
from bot.money import NANOS
from storage.books.exports import pages
from storage.books.exports.pages import ExportScope
from storage.books.exports.snapshots import snapshot_now
from storage.books.exports.usage_rows import UsageRows
from tests.storage.conftest import Books
from tests.storage.intake.test_adjustments import adjust, costing, events_of, team_id
from tests.support.company import usage_event


async def exported(books: Books, **scoped: Any) -> list[dict[str, str]]:
    async with books.context.store.read() as tx:
        scope = ExportScope(**{"snapshot": await snapshot_now(tx), "shows_people": True, **scoped})
    found = pages.pages(books.context.store.read, lambda tx: UsageRows(tx, scope))
    rows: list[ExportRow] = [row async for page in found for row in page]
    return [dict(zip((c.name for c in USAGE_COLUMNS), cells(USAGE_COLUMNS, row), strict=True)) for row in rows]


async def test_a_row_has_the_figures_of_its_event(books: Books) -> None:
    await books.takes(books.event(1, dollars=1.25, cache_read_tokens=7, workflow="evals", credential="key-1"))

    (row,) = await exported(books)

    assert row | {"occurred_at": ""} == {
        "occurred_at": "",
        "source": "gateway",
        "event_id": "req-1",
        "team": "search",
        "user": "anna@acme.test",
        "tool": "Claude Code",
        "provider": "",
        "model": "acme-large",
        "workflow": "evals",
        "credential": "key-1",
        "uncached_input_tokens": "1000",
        "cache_read_tokens": "7",
        "cache_write_5m_tokens": "0",
        "cache_write_1h_tokens": "0",
        "output_tokens": "100",
        "reasoning_tokens": "0",
        "cost_usd": "1.250000000",
        "cost_basis": "reported",
        "attribution_rule": "declared team",
        "adjusts": "",
    }


async def test_what_nobody_knows_the_price_of_is_empty_and_what_is_free_is_zero(books: Books) -> None:
    await books.takes(books.event(1, cost_usd=None), books.event(2, model="metacode-1", cost_usd=None))

    unpriced, priced = await exported(books)

    assert (unpriced["cost_usd"], unpriced["cost_basis"]) == ("", "unpriced")
    assert priced["cost_usd"] == "0.000560000"


async def test_adjusting_rows_follow_and_name_their_event(books: Books) -> None:
    await books.takes(books.event(1, dollars=10), books.event(2, dollars=5))
    (first,) = [b for b in await events_of(books) if b.event_id == "req-1"]
    mobile = await team_id(books, "mobile")
    await adjust(books, costing(first, 4))
    (now,) = [b for b in await events_of(books) if b.event_id == "req-1"]
    await adjust(books, Change(now, msgspec.structs.replace(now, team_id=mobile)))

    rows = await exported(books)

    assert [(r["event_id"][:3], r["team"], r["cost_usd"], r["output_tokens"], r["adjusts"]) for r in rows] == [
        ("req", "search", "10.000000000", "100", ""),
        ("req", "search", "5.000000000", "100", ""),
        ("adj", "search", "-6.000000000", "0", "req-1"),
        ("adj", "mobile", "4.000000000", "100", "req-1"),
        ("adj", "search", "-4.000000000", "-100", "req-1"),
    ]
    assert len({r["event_id"] for r in rows}) == 5
    assert [r["team"] for r in await exported(books, team_id=mobile)] == ["mobile"]


async def test_hidden_people_are_neither_in_their_column_nor_in_a_rule(books: Books) -> None:
    await books.imports(
        "organisation: {name: Acme, timezone: Europe/London}\nteams: [{slug: search, name: Search}]\n"
        "attribution: [{user: emi@acme.test, team: search}]\n"
    )
    await books.takes(books.event(1, team=None, user="emi@acme.test"))

    (hidden,), (shown,) = await exported(books, shows_people=False), await exported(books)

    assert (hidden["user"], hidden["attribution_rule"]) == ("", "user")
    assert (shown["user"], shown["attribution_rule"]) == ("emi@acme.test", "user:emi@acme.test")


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_events_of_one_moment_are_each_on_one_page(
    books: Books, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Imported days have a single moment."""
    at = books.context.now() - timedelta(days=1)
    await books.takes(*(usage_event(n, at=at, dollars=n) for n in range(1, 6)))
    booked = await events_of(books)
    await adjust(books, *(costing(b, int(b.cost_nanos / NANOS) + 1) for b in booked[:3]))
    monkeypatch.setattr(pages, "PAGE", size)

    rows = await exported(books)

    assert sorted(r["event_id"] for r in rows[:5]) == [f"req-{n}" for n in range(1, 6)]
    assert len(rows) == 8


async def test_skipping_rows_ends_where_their_page_ends(books: Books) -> None:
    await books.takes(*(books.event(n, ago=timedelta(hours=n), dollars=n) for n in range(1, 5)))
    await adjust(books, *(costing(b, 9) for b in await events_of(books)))
    async with books.context.store.read() as tx:
        rows = UsageRows(tx, ExportScope(snapshot=await snapshot_now(tx)))
        everything = (await rows.page((), 100)).rows
        assert len(everything) == 8
        for skipped in range(1, 9):
            after = await rows.skip((), skipped)
            assert after is not None
            assert (await rows.page(after, 100)).rows == everything[skipped:]
        assert await rows.skip((), 9) is None
        from_third = await rows.skip((), 3)
        assert from_third is not None
        further = await rows.skip(from_third, 3)
        assert further is not None
        assert (await rows.page(further, 100)).rows == everything[6:]


async def test_usage_booked_after_an_export_began_is_not_in_it(books: Books) -> None:
    await books.takes(books.event(1, ago=timedelta(hours=1)))
    async with books.context.store.read() as tx:
        snapshot = await snapshot_now(tx)

    await books.takes(books.event(2), books.event(3, ago=timedelta(hours=2)))
    await adjust(books, *(costing(b, 9) for b in await events_of(books)))

    assert [r["event_id"] for r in await exported(books, snapshot=snapshot)] == ["req-1"]
    assert len(await exported(books)) == 6
