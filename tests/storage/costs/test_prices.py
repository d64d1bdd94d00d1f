"""Prices in the books: by tier, by a company's own model names, by source."""

from datetime import timedelta
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books.periods import keep_books
from handlers.costs.reprice import reprice
from handlers.org.teams import import_teams
from tests.storage.conftest import Books, day_of_next_month
from tests.support.company import TEAMS_YML

FROM = day_of_next_month(SystemClock().now(), 10).date()
MODELS_YML = f"""
models:
  - {{alias: prod-chat, model: openai/gpt-4o}}
  - {{alias: "acme-eu-*", model: openai/gpt-4o-mini, from: {FROM}}}
"""
MILLION: dict[str, Any] = {"uncached_input_tokens": 1_000_000, "output_tokens": 0, "cost_usd": None}


@pytest.fixture
async def at_noon(books: Books) -> Books:
    books.jump_to(day_of_next_month(books.context.now(), 23))
    await keep_books(books.context)
    return books


async def costs(books: Books) -> dict[str, tuple[int, str]]:
    """Cost in nano-dollars and basis, by event."""
    series = {row.id: row.basis for row in await books.rows("usage_series")}
    return {row.event_id: (row.cost_nanos, series[row.series_id]) for row in await books.rows("usage_events")}


async def test_a_call_costs_what_its_tier_costs_and_the_tier_is_kept(at_noon: Books) -> None:
    await at_noon.takes(
        at_noon.event(1, model="gpt-4o", provider="openai", **MILLION),
        at_noon.event(2, model="gpt-4o", provider="openai", service_tier="batch", **MILLION),
        at_noon.event(3, model="gpt-4o", provider="openai", tier="priority", **MILLION),
    )

    found = await costs(at_noon)
    assert [found[f"req-{n}"] for n in (1, 2, 3)] == [
        *[(2_500_000_000, "book"), (1_250_000_000, "book")],
        (4_250_000_000, "book"),
    ]
    assert sorted(row.tier for row in await at_noon.rows("usage_events")) == ["", "batch", "priority"]
    assert await at_noon.faults() == []


async def test_a_companys_own_name_costs_what_the_model_behind_it_costs(at_noon: Books) -> None:
    at_noon_event = at_noon.event(1, model="prod-chat", provider="azure", **MILLION)
    await at_noon.takes(at_noon_event)
    assert await costs(at_noon) == {"req-1": (0, "unpriced")}

    changed = await at_noon.imports(TEAMS_YML + MODELS_YML)
    await at_noon.takes(
        at_noon.event(2, model="prod-chat", provider="azure", **MILLION),
        at_noon.event(3, model="acme-eu-chat", provider="azure", **MILLION),
        at_noon.event(4, model="acme-eu-chat", provider="azure", ago=timedelta(days=20), **MILLION),
    )

    found = await costs(at_noon)
    assert changed == [
        f"+ model acme-eu-*, from {FROM}: openai/gpt-4o-mini",
        "+ model prod-chat: openai/gpt-4o",
    ]
    assert [found[f"req-{n}"][0] for n in (2, 3, 4)] == [2_500_000_000, 150_000_000, 0]


async def test_importing_names_again_changes_nothing_and_a_dry_run_says_what_would(at_noon: Books) -> None:
    await at_noon.imports(TEAMS_YML + MODELS_YML)
    moved = read_teams_file(TEAMS_YML + MODELS_YML.replace("openai/gpt-4o}", "openai/gpt-5}"))

    assert await at_noon.imports(TEAMS_YML + MODELS_YML) == []
    assert await import_teams(at_noon.context, moved, dry_run=True) == [
        "~ model prod-chat: openai/gpt-4o → openai/gpt-5"
    ]
    assert await at_noon.imports(TEAMS_YML) == [
        f"- model acme-eu-*, from {FROM}: openai/gpt-4o-mini",
        "- model prod-chat: openai/gpt-4o",
    ]


async def test_one_source_may_put_its_reported_cost_first_and_another_not(at_noon: Books) -> None:
    async with at_noon.context.store.begin() as tx:
        trusted = await tx.keys.create_source(
            name="trusted",
            source_format="cloudevents",
            role="meter",
            team_id=None,
            at=0,
            options={"reported_first": True},
        )
    facts = {**MILLION, "cost_usd": "1.00", "model": "gpt-4o", "provider": "openai"}
    await at_noon.takes(at_noon.event(1, **facts))
    at_noon.source, at_noon.key = trusted, b""
    await at_noon.takes(at_noon.event(2, **facts))

    assert await costs(at_noon) == {"req-1": (2_500_000_000, "book"), "req-2": (1_000_000_000, "reported")}
    assert [row.book_nanos for row in await at_noon.rows("usage_events")] == [2_500_000_000] * 2


async def test_a_tool_is_known_by_the_address_that_was_called(at_noon: Books) -> None:
    rule = 'tools:\n  - {name: AcmeLLM, kind: in_house, match: {api_base: "https://llm.acme.test/*"}}\n'
    found = read_teams_file(TEAMS_YML.replace("tools:\n", rule))
    await import_teams(at_noon.context, found, dry_run=False)

    await at_noon.takes(
        at_noon.event(1, tool=None, api_base="https://llm.acme.test/v1?key=secret"),
        at_noon.event(2, tool=None, api_base="https://api.openai.com/v1"),
    )

    assert found.not_applied_yet() == []
    assert {row.tool for row in await at_noon.rows("usage_series")} == {"AcmeLLM", ""}


async def test_what_senders_say_is_held_against_what_was_booked_adjusting_rows_included(at_noon: Books) -> None:
    priced = {**MILLION, "model": "gpt-4o", "provider": "openai"}
    await at_noon.takes(
        at_noon.event(1, **{**priced, "cost_usd": "2.00"}),
        at_noon.event(2, **{**priced, "cost_usd": "2.50"}),
        at_noon.event(3, **priced),  # its sender sent no tier
        at_noon.event(4, **{**priced, "cost_usd": "9.00"}, ago=timedelta(days=40)),  # of another period
        at_noon.event(5, **{**MILLION, "model": "acme-odd", "cost_usd": "1.00"}),  # only the sender has a price
    )
    async with at_noon.context.store.read() as tx:
        today = (await at_noon.context.rulebooks.current(tx)).directory.root.day_of(at_noon.context.now_micros())

    async def found() -> list[tuple[str, int, int, int]]:
        async with at_noon.context.store.read() as tx:
            listed = await tx.prices.disagreements(first_day=today - 20, end_day=today + 1)
        return [(d.model, d.calls, d.ours_nanos, d.theirs_nanos) for d in listed]

    assert await found() == [("gpt-4o", 2, 5_000_000_000, 4_500_000_000)]

    own_rates = "  - {model: acme-odd, input_per_mtok: 4, output_per_mtok: 1}\n  - {model: gpt-4o, discount: 0.2}\n"
    await at_noon.imports(TEAMS_YML + own_rates)
    await reprice(at_noon.context, since_day=today - 20, document="test")

    assert await found() == [
        ("acme-odd", 1, 4_000_000_000, 1_000_000_000),
        ("gpt-4o", 2, 4_000_000_000, 4_500_000_000),
    ]


async def test_where_the_senders_cost_stands_first_its_list_price_is_what_we_say(at_noon: Books) -> None:
    async with at_noon.context.store.begin() as tx:
        at_noon.source = await tx.keys.create_source(
            name="trusted",
            source_format="cloudevents",
            role="meter",
            team_id=None,
            at=0,
            options={"reported_first": True},
        )
    at_noon.key = b""
    await at_noon.takes(at_noon.event(1, **{**MILLION, "model": "gpt-4o", "provider": "openai", "cost_usd": "2.00"}))

    async with at_noon.context.store.read() as tx:
        (only,) = await tx.prices.disagreements(first_day=0, end_day=10**5)

    assert (only.calls, only.ours_nanos, only.theirs_nanos) == (1, 2_500_000_000, 2_000_000_000)
