"""Repricing: each day by the price of that day, once, by adjusting rows, and never a day before the first."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

import handlers.costs.reprice as reprice_file
from bot.intake.adjustments import BookedEvent, Change
from bot.money import NANOS
from bot.periods import day_number
from handlers.books.periods import keep_books
from handlers.costs.reprice import RepriceResult, reprice
from storage.intake.booked_events import EventFilter, EventPosition, current_pages
from storage.intake.twins.states import booked_amounts
from tests.storage.conftest import Books
from tests.storage.declared import balance
from tests.support.company import TEAMS_YML

MONTH = datetime.now(UTC).replace(day=1) + timedelta(days=31)
"""Of the coming month, because the clock only runs forwards."""
CONTRACTS_YML = TEAMS_YML + (
    f"  - {{model: acme-odd, from: {MONTH:%Y-%m}-10, input_per_mtok: 1}}\n"
    f"  - {{model: acme-odd, from: {MONTH:%Y-%m}-20, input_per_mtok: 3}}\n"
)
ODD: dict[str, Any] = {"model": "acme-odd", "uncached_input_tokens": 1_000_000, "output_tokens": 0, "cost_usd": None}
DAYS = {"req-early": 5, "req-first": 12, "req-second": 21, "req-now": 23}


@pytest.fixture
async def odd(books: Books) -> Books:
    """A model without a price on four days of a month, and another that has one; charges of closed days are posted."""
    clock: Any = books.context.clock
    clock.jump_to(MONTH.replace(day=23, hour=12, minute=0))
    await keep_books(books.context)
    at = {name: timedelta(days=23 - day) for name, day in DAYS.items()}
    await books.takes(*(books.event(name[4:], ago=ago, **ODD) for name, ago in at.items()))
    await books.takes(books.event("other", dollars=5, ago=timedelta(days=2)))
    await keep_books(books.context)
    return books


def since(day: int) -> int:
    return day_number(MONTH.date().replace(day=day))


async def costs(books: Books) -> dict[str, tuple[int, str]]:
    """Dollars and basis in force, by event."""
    pages = [page async for page in current_pages(books.context.store.read, EventFilter())]
    return {b.event_id: (b.cost_nanos // NANOS, b.basis) for page in pages for b in page}


async def again(books: Books, day: int, **options: Any) -> RepriceResult:
    return await reprice(books.context, since_day=since(day), document="test", **options)


async def test_each_day_costs_what_held_on_it_and_a_second_run_changes_nothing(odd: Books) -> None:
    await odd.imports(CONTRACTS_YML)

    found = await again(odd, 1)

    assert await costs(odd) == {
        "req-early": (0, "unpriced"),
        "req-first": (1, "contract"),
        "req-second": (3, "contract"),
        "req-now": (3, "contract"),
        "req-other": (5, "reported"),
    }
    assert (found.seen, found.calls, found.difference_nanos) == (5, 3, 7 * NANOS)
    assert [b[0] for b in found.by_team.values()] == [3]
    assert await odd.faults() == []
    rows = len(await odd.rows("usage_adjustments"))
    assert (await again(odd, 1)).calls == 0
    assert len(await odd.rows("usage_adjustments")) == rows == 6


async def test_days_before_the_first_and_after_the_last_stay_as_they_are(odd: Books) -> None:
    await odd.imports(CONTRACTS_YML)

    await again(odd, 13, until_day=since(21))

    found = await costs(odd)
    assert [found[name][0] for name in DAYS] == [0, 0, 3, 0]


async def test_a_dry_run_says_the_same_and_writes_nothing(odd: Books) -> None:
    await odd.imports(CONTRACTS_YML)
    audited = len(await odd.rows("audit"))

    would = await again(odd, 1, dry_run=True)

    assert await odd.rows("usage_adjustments") == []
    assert len(await odd.rows("audit")) == audited
    assert would == await again(odd, 1)
    assert [row.action for row in await odd.rows("audit")][audited:] == ["reprice", "repriced"]


async def test_charges_follow_up_and_down_and_so_does_what_is_available(odd: Books) -> None:
    await odd.imports(CONTRACTS_YML)
    await again(odd, 1)
    up = [(e.kind, e.amount_nanos // NANOS) for e in await odd.rows("entries") if e.usage_day is not None]
    assert up == [("charge", 5), ("charge", 1), ("charge", 3)]
    assert (await balance(odd.context, "search")).charged_nanos == 12 * NANOS

    await odd.imports(CONTRACTS_YML.replace("input_per_mtok: 3", "input_per_mtok: 2"))
    await again(odd, 1)

    down = [(e.kind, e.amount_nanos // NANOS) for e in await odd.rows("entries") if e.usage_day is not None]
    assert down == [*up, ("correction", 1)]
    assert (await balance(odd.context, "search")).charged_nanos == 10 * NANOS
    assert await odd.faults() == []


async def test_two_runs_at_once_adjust_each_event_once(odd: Books) -> None:
    await odd.takes(*(odd.event(f"many-{n}", ago=timedelta(days=1, seconds=n), **ODD) for n in range(2_500)))
    await odd.imports(CONTRACTS_YML)

    runs = await asyncio.gather(again(odd, 1), again(odd, 1))

    assert sum(found.calls for found in runs) == 2_503
    assert sum(found.difference_nanos for found in runs) == (2_502 * 3 + 1) * NANOS
    assert len(await odd.rows("usage_adjustments")) == 2 * 2_503
    assert await odd.faults() == []


async def test_what_the_sender_says_stands_first_for_the_source_that_may_and_failed_calls_stay_free(odd: Books) -> None:
    async with odd.context.store.begin() as tx:
        odd.source = await tx.keys.create_source(
            name="trusted",
            source_format="cloudevents",
            role="meter",
            team_id=None,
            at=0,
            options={"reported_first": True},
        )
    odd.key = b""
    await odd.takes(odd.event("trusted", provider="openai", **{**ODD, "model": "gpt-4o", "cost_usd": "1.00"}))

    assert (await again(odd, 1)).calls == 0
    assert (await costs(odd))["req-trusted"] == (1, "reported")


async def test_what_is_read_to_price_again_is_what_an_event_counts_as_now(odd: Books) -> None:
    """Moved, priced again, with kinds of tokens of their own, and over the borders of pages."""
    await odd.takes(odd.event("parts", ago=timedelta(days=3), **{**ODD, "audio_input_tokens": 1_000}))
    await odd.imports(CONTRACTS_YML)
    await again(odd, 13)
    (one,) = [b for page in [p async for p in current_pages(odd.context.store.read, EventFilter())] for b in page[1:2]]
    async with odd.context.store.begin() as tx:
        mobile = (await odd.context.rulebooks.current(tx)).directory.by_slug("mobile")
        assert mobile is not None
        moved = Change(one, msgspec.structs.replace(one, team_id=mobile.id))
        await tx.adjustments.adjust([moved], kind="attribution", at=1, actor_id=None, document="test")

    whole = [b for page in [p async for p in current_pages(odd.context.store.read, EventFilter())] for b in page]
    found: list[BookedEvent] = []
    after: EventPosition | None = None
    async with odd.context.store.read() as tx:
        while True:
            page = await tx.booked_events.amounts(EventFilter(), after=after, limit=2)
            found += [*(booked_amounts(row, page.series) for row in page.plain), *page.adjusted]
            after = page.after
            if after is None:
                break

    blank: dict[str, Any] = {"event_id": "", "gateway_team": "", "declared_team": "", "tags": (), "user": ""}
    expected = [msgspec.structs.replace(booked, **blank) for booked in whole]
    assert sorted(found, key=lambda b: b.key) == sorted(expected, key=lambda b: b.key)
    assert sum(b.adjustments > 0 for b in found) >= 3
    assert any(b.parts for b in found)


async def test_prices_that_change_during_a_run_count_for_the_page_that_is_under_way(
    odd: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    await odd.imports(CONTRACTS_YML)
    to_price, runs = reprice_file.events_to_price, 0

    def late(*arguments: Any, **options: Any) -> Any:
        nonlocal runs
        runs += 1
        return to_price(*arguments, **options)

    changed = reprice_file.changed_prices

    def after_import(*arguments: Any) -> Any:
        odd.context.rulebooks._current = None  # the next transaction reads the rules anew
        monkeypatch.setattr(reprice_file, "changed_prices", changed)
        return changed(*arguments)

    monkeypatch.setattr(reprice_file, "events_to_price", late)
    monkeypatch.setattr(reprice_file, "changed_prices", after_import)

    found = await again(odd, 1)

    assert runs == 2
    assert (found.seen, found.calls, found.difference_nanos) == (5, 3, 7 * NANOS)
