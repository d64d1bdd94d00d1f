"""Tokens of other kinds than text: priced apart by the book, by the sender, or not at all; and tiers without a price."""

from typing import Any

import pytest
from msgspec.structs import replace

from bot.costs.pricing import Priced
from bot.usage import PARTS, UsageEvent, parts_of
from tests.bot.costs.pricing_examples import BOOK, TODAY, call, price


def spoken(provider: str, model: str, reported: int | None = None, tier: str = "", **parts: int) -> UsageEvent:
    event = call(provider, model, uncached_input=1_000, cache_read=0, output=600, tier=tier)
    if any(name.endswith("cache_read") for name in parts):
        event = replace(event, cache_read=500)
    return replace(event, parts=tuple(parts.items()), reported_nanos=reported)


@pytest.mark.parametrize(
    ("event", "dollars"),
    [
        (spoken("google", "gemini-2.5-flash", audio_input=900), 100 * 0.30 + 900 * 1.00 + 600 * 2.50),
        (spoken("google", "gemini-2.5-flash", audio_cache_read=500), 1_000 * 0.30 + 500 * 0.10 + 600 * 2.50),
        (spoken("openai", "gpt-audio", audio_input=600, audio_output=500), 400 * 2.5 + 600 * 32 + 100 * 10 + 500 * 64),
        (spoken("google", "gemini-2.5-flash-image", image_output=500), 1_000 * 0.30 + 100 * 2.50 + 500 * 30),
        (spoken("openai", "gpt-realtime", image_input=200, audio_output=1), 800 * 4 + 200 * 5 + 599 * 16 + 64),
        (spoken("google", "gemini-embedding-2", video_input=300), None),
    ],
)
def test_each_kind_costs_its_own_price(event: UsageEvent, dollars: float | None) -> None:
    found = price(event)

    assert (found.cost_nanos, found.basis) == ((round(dollars * 1_000), "book") if dollars else (0, "unpriced"))


@pytest.mark.parametrize("reported", [39_702_500, None, 0])
@pytest.mark.parametrize(
    ("provider", "model", "part"),
    [
        ("openai", "gpt-4o-audio-preview", "audio_output"),
        ("openai", "gpt-4o", "audio_input"),
        ("anthropic", "claude-sonnet-4-5", "image_output"),
        ("google", "gemini-2.5-flash-image", "video_output"),
    ],
)
def test_the_price_of_text_is_no_price_of_another_kind(
    provider: str, model: str, part: str, reported: int | None
) -> None:
    found = price(replace(spoken(provider, model, reported), parts=((part, 1),)))

    text = price(replace(spoken(provider, model), **{PARTS[part]: 999 if PARTS[part] == "uncached_input" else 599}))
    assert found == (
        Priced(reported, "book+reported", text.cost_nanos, reason=part)
        if reported
        else Priced(0, "unpriced", reason=part)
    )
    assert price(spoken(provider, model, reported)).basis == "book"


def test_a_source_whose_cost_goes_first_keeps_it_for_audio_too() -> None:
    assert price(spoken("openai", "gpt-audio", 7, audio_input=1), reported_first=True) == Priced(
        7, "reported", 8_529_500
    )


def test_every_kind_is_a_part_of_a_counter_that_has_a_rate() -> None:
    rates = BOOK.rates("openai", "gpt-realtime", TODAY)

    assert rates is not None
    assert {PARTS[part] for part in rates.parts} <= {"uncached_input", "cache_read", "output"}
    assert set(rates.parts) == {*("audio_input", "audio_output", "audio_cache_read", "image_input", "image_cache_read")}


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ([("audio_input", 5), ("image_input", 9)], (("audio_input", 5), ("image_input", 5))),
        ([("audio_input", 0), ("audio_output", 7)], (("audio_output", 3),)),
        ([("audio_cache_read", 1)], ()),
    ],
)
def test_parts_are_never_more_than_their_counter(given: Any, held: Any) -> None:
    assert parts_of(given, {"uncached_input": 10, "output": 3, "cache_read": 0}) == held


def test_a_tier_that_the_book_does_not_price_costs_what_the_sender_says_else_the_standard_price() -> None:
    standard, told = (
        spoken("mistral", "mistral-large-latest"),
        spoken("mistral", "mistral-large-latest", 9, tier="priority"),
    )

    assert price(told) == Priced(9, "reported", price(standard).cost_nanos, reason="tier priority")
    assert price(replace(told, reported_nanos=None)) == Priced(
        price(standard).cost_nanos, "book", price(standard).cost_nanos, reason="tier priority"
    )
    batch = spoken("openai", "gpt-4o", 9, tier="batch")
    assert price(batch).basis == "book"
    assert price(batch).cost_nanos * 2 == price(spoken("openai", "gpt-4o")).cost_nanos
