"""Prices in the books: by tier, by a company's own names for models, by source."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.teams_file import read_teams_file
from handlers.periods import keep_books
from handlers.teams import import_teams
from tests.company import TEAMS_YML
from tests.storage.conftest import Books

MODELS_YML = """
models:
  - {alias: prod-chat, model: openai/gpt-4o}
  - {alias: "acme-eu-*", model: openai/gpt-4o-mini, from: 2026-10-20}
"""
MILLION: dict[str, Any] = {"uncached_input_tokens": 1_000_000, "output_tokens": 0, "cost_usd": None}


@pytest.fixture
async def at_noon(books: Books) -> Books:
    coming = datetime.now(UTC).replace(day=1) + timedelta(days=31)
    books.context.clock.jump_to(coming.replace(day=23, hour=12, minute=0))  # type: ignore[attr-defined]  # a ShiftedClock
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
        at_noon.event(4, model="acme-eu-chat", provider="azure", ago=timedelta(days=365), **MILLION),
    )

    found = await costs(at_noon)
    assert changed == [
        "+ model acme-eu-*, from 2026-10-20: openai/gpt-4o-mini",
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
        "- model acme-eu-*, from 2026-10-20: openai/gpt-4o-mini",
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
