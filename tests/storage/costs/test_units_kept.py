"""What an event has beside tokens is stored with it, and every later price is computed with it."""

from datetime import timedelta
from typing import Any

from bot.intake.adjustments import usage_event_from
from handlers.costs.reprice import reprice
from storage.intake.booked_events import EventFilter
from tests.storage.conftest import Books
from tests.storage.intake.test_adjustments import events_of

PLAIN: dict[str, Any] = {
    "provider": "anthropic",
    "model": "claude-opus-4-6",
    "cost_usd": None,
    "uncached_input_tokens": 1_000,
    "output_tokens": 0,
}
RICH: dict[str, Any] = {**PLAIN, "web_searches": 3, "inference_geo": "us", "region": "eu-west-1"}
PAGES: dict[str, Any] = {
    "provider": "acme",
    "model": "acme-ocr",
    "pages": 2.5,
    "uncached_input_tokens": 0,
    "output_tokens": 0,
}
DISCOUNT_YML = """
organisation: {name: Acme, timezone: Europe/London, period: month, finance: [chloe@acme.test], admins: [dan@acme.test]}
teams:
  - {slug: search, name: Search, managers: [ben@acme.test], members: [anna@acme.test]}
prices:
  - {provider: anthropic, discount: 0.5}
"""


async def test_units_conditions_and_reasons_come_back_and_price_the_event_again(books: Books) -> None:
    await books.takes(books.event(1, **PLAIN), books.event(2, **RICH), books.event(3, **{**PAGES, "cost_usd": "0.02"}))
    plain, rich, pages = await events_of(books)

    assert (plain.units, plain.geo, plain.cost_is_guess, plain.cost_reason, plain.cost_nanos) == (
        (),
        "",
        False,
        "",
        5_000_000,
    )
    assert (rich.units, rich.geo, rich.region) == ((("web_searches", 3_000_000),), "us", "eu-west-1")
    assert (rich.cost_nanos, rich.basis, rich.cost_reason) == (35_500_000, "book", "")
    assert (pages.units, pages.cost_nanos, pages.basis) == ((("pages", 2_500_000),), 20_000_000, "reported")
    assert usage_event_from(rich).units == rich.units
    assert usage_event_from(rich).labels.geo == "us"

    document = await _repriced(books)
    assert document.calls == 0, "what is read back costs the same"

    await books.imports(DISCOUNT_YML)
    assert (await _repriced(books)).calls == 2
    (now,) = await events_of(books, EventFilter(event_id="req-2"))
    assert (now.cost_nanos, now.basis, now.units) == (17_750_000, "contract", rich.units)
    assert await books.faults() == []


async def test_the_reason_of_an_events_current_price_is_that_of_its_last_adjusting_row(books: Books) -> None:
    odd: dict[str, Any] = {**PLAIN, "model": "gpt-4o", "provider": "openai", "search_units": 4}
    await books.takes(books.event(1, **odd), books.event(2, ago=timedelta(days=1), **{**odd, "cost_usd": "0.5"}))
    before = {booked.event_id: (booked.basis, booked.cost_reason) for booked in await events_of(books)}
    assert before == {"req-1": ("unpriced", "search_units"), "req-2": ("book+reported", "search_units")}

    await books.imports(
        DISCOUNT_YML.replace(
            "{provider: anthropic, discount: 0.5}", "{model: gpt-4o, input_per_mtok: 1, output_per_mtok: 1}"
        )
    )
    assert (await _repriced(books)).calls == 2

    after = {booked.event_id: (booked.basis, booked.cost_reason) for booked in await events_of(books)}
    assert after == dict.fromkeys(("req-1", "req-2"), ("contract", "search_units"))
    rows = [row for row in await books.rows("usage_adjustments") if row.calls >= 0]
    assert {row.cost_reason for row in rows} == {"search_units"}


async def test_an_event_sent_again_with_the_same_units_is_a_duplicate_and_with_others_a_conflict(books: Books) -> None:
    rich = books.event(1, **RICH)
    await books.takes(rich)
    again = await books.takes(rich)
    other = await books.takes({**rich, "data": {**rich["data"], "web_searches": 4}})

    assert (again.duplicates, other.conflicts) == (1, 1)


async def _repriced(books: Books) -> Any:
    day = books.context.now_micros() // 86_400_000_000
    return await reprice(books.context, since_day=day - 3, document="test")
