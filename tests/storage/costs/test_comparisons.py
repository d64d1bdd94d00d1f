"""Senders' costs beside ours: every difference has its cause, and causes explain a bill's variance."""

from typing import Any

import pytest

from bot.costs.comparisons import PriceDisagreement, by_model, cause_words, explained, with_causes
from bot.money import NANOS
from handlers.costs.reprice import reprice
from tests.storage.conftest import Books
from tests.support.company import TEAMS_YML

MILLION: dict[str, Any] = {"uncached_input_tokens": 1_000_000, "output_tokens": 0}
GPT: dict[str, Any] = {**MILLION, "model": "gpt-4o", "provider": "openai"}
OPUS: dict[str, Any] = {**MILLION, "model": "claude-opus-4-6", "provider": "anthropic"}
LARGE: dict[str, Any] = {**MILLION, "model": "mistral-large-latest", "provider": "mistral"}


async def found(books: Books) -> list[PriceDisagreement]:
    async with books.context.store.read() as tx:
        return await tx.prices.disagreements(first_day=0, end_day=10**5)


async def test_every_difference_has_its_cause(books: Books) -> None:
    await books.takes(
        books.event(1, **{**GPT, "cost_usd": "2.00"}),
        books.event(2, **{**GPT, "service_tier": "batch", "cost_usd": "2.50"}),
        books.event(3, **{**OPUS, "cost_usd": "5.0001"}),
        books.event(4, **{**OPUS, "inference_geo": "us", "cost_usd": "5.00"}),
        books.event(5, **{**GPT, "audio_input_tokens": 1_000, "cost_usd": "2.60"}),
        books.event(6, **{**OPUS, "web_searches": 2, "cost_usd": "5.00"}),
        books.event(7, **{**LARGE, "service_tier": "priority", "cost_usd": "1.00"}),
        books.event(8, **{**MILLION, "model": "acme-odd", "cost_usd": "1.00"}),  # the sender's alone
    )

    said = {
        (d.model, cause_words(d.cause, d.detail)): (d.calls, d.ours_nanos, d.theirs_nanos) for d in await found(books)
    }

    assert said == {
        ("gpt-4o", "a stale book, or the sender's own terms"): (1, 2_500_000_000, 2_000_000_000),
        ("gpt-4o", "tier batch"): (1, 1_250_000_000, 2_500_000_000),
        ("gpt-4o", "the book lacks audio_input"): (1, 2_497_500_000, 2_600_000_000),
        ("claude-opus-4-6", "rounding"): (1, 5_000_000_000, 5_000_100_000),
        ("claude-opus-4-6", "geography"): (1, 5_500_000_000, 5_000_000_000),
        ("claude-opus-4-6", "kinds of tokens or units that one side lacks"): (1, 5_020_000_000, 5_000_000_000),
        ("mistral-large-latest", "tier priority"): (1, 2_000_000_000, 1_000_000_000),
    }


async def test_a_price_that_changed_stays_with_the_cause_of_its_calls(books: Books) -> None:
    await books.takes(books.event(1, **{**GPT, "cost_usd": "2.00"}), books.event(2, **{**GPT, "cost_usd": "2.00"}))
    await books.imports(TEAMS_YML + "  - {provider: openai, discount: 0.1}\n")
    await reprice(books.context, since_day=0, document="one")
    await books.imports(TEAMS_YML + "  - {provider: openai, discount: 0.2}\n")
    await reprice(books.context, since_day=0, document="two")

    (only,) = await found(books)

    assert (only.cause, only.calls, only.ours_nanos, only.theirs_nanos) == ("contract", 2, 4 * NANOS, 4 * NANOS)


async def test_beside_a_bill_calls_without_a_price_count_at_what_their_senders_guess(books: Books) -> None:
    await books.takes(
        books.event(1, **{**GPT, "service_tier": "batch", "cost_usd": "2.50"}),
        books.event(2, **{**GPT, "audio_input_tokens": 1_000, "cost_usd": "2.60"}),
        books.event(3, **{**GPT, "model": "gpt-4o-audio-preview", "audio_input_tokens": 1_000, "cost_usd": None}),
    )
    today = books.context.now_micros() // 86_400_000_000

    async with books.context.store.read() as tx:
        beside = await tx.prices.beside_a_bill(utc_day=today)
        before = await tx.prices.beside_a_bill(utc_day=today - 1)

    assert explained(beside) == [("tier batch", 1_250_000_000)]  # the audio was booked at its sender's cost
    assert before == []


def group(
    cause: Any, *, calls: int = 1, ours: int = 0, theirs: int = 0, booked: int = 0, model: str = "m"
) -> PriceDisagreement:
    return PriceDisagreement(
        provider="p", model=model, calls=calls, ours_nanos=ours, theirs_nanos=theirs, booked_nanos=booked, cause=cause
    )


def test_what_has_no_calls_of_its_own_joins_its_models_largest_group() -> None:
    groups = with_causes([group("tier", calls=2, ours=5, theirs=9), group("price", calls=0, ours=-2)])

    assert [(one.cause, one.calls, one.ours_nanos, one.theirs_nanos) for one in groups] == [("tier", 2, 3, 9)]
    assert with_causes([group("price", calls=0, ours=3)]) == []


def test_what_was_booked_at_the_senders_cost_is_settled_and_warns_nobody() -> None:
    settled = group("unit", ours=1, theirs=9, booked=9)
    open_ones = [group("unit", ours=5, theirs=9, booked=5), group("tier", ours=1, theirs=2, booked=1)]

    assert settled.is_settled
    assert [(d.calls, d.ours_nanos, d.theirs_nanos) for d in by_model([settled, *open_ones])] == [(2, 6, 11)]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([], []),
        ([group("rounding", theirs=5, booked=5)], []),
        ([group("tier", theirs=9, booked=4), group("tier", theirs=1, booked=4, model="n")], [("tier", 2)]),
        (
            [group("unpriced", theirs=3), group("guess", theirs=1, booked=9)],
            [(cause_words("guess", ""), -8), ("unpriced here", 3)],
        ),
    ],
)
def test_causes_explain_by_how_much_senders_costs_are_over_the_books(groups: Any, said: Any) -> None:
    assert explained(groups) == said
