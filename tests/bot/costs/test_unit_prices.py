"""Units beside tokens, guessed costs and provisioned traffic: by the book, by the sender for its part, or not at all."""

from typing import Any

import msgspec
import pytest

from bot.costs.contracts import ContractPrice
from bot.costs.pricing import GUESS, Priced, Prices, book_alone
from bot.money import NANOS
from bot.units import units_of
from bot.usage import UsageEvent
from tests.bot.costs.pricing_examples import BOOK, TODAY, call, price

SEARCHED = units_of([("web_searches", 3)])


def counted(provider: str, model: str, *, units: Any = (), reported: int | None = None, **fields: Any) -> UsageEvent:
    return msgspec.structs.replace(
        call(provider, model, **fields), units=units_of(dict(units).items()), reported_nanos=reported
    )


@pytest.mark.parametrize(
    ("event", "nanos"),
    [
        (counted("anthropic", "claude-sonnet-4-5", units={"web_searches": 3}, uncached_input=1_000), 33_000_000),
        (counted("mistral", "mistral-ocr-latest", units={"pages": 5}, uncached_input=0), 20_000_000),
        (counted("openai", "tts-1", units={"characters": 1_000}, uncached_input=0), 15_000_000),
        (counted("openai", "whisper-1", units={"seconds": 90.5}, uncached_input=0), 9_050_000),
        (counted("groq", "whisper-large-v3", units={"seconds": 2}, uncached_input=0), 308_333),
        (counted("groq", "whisper-large-v3", units={"seconds": 11}, uncached_input=0), 339_167),
    ],
)
def test_a_unit_costs_the_books_price(event: UsageEvent, nanos: int) -> None:
    assert price(event) == Priced(nanos, "book", nanos)


def test_a_units_price_is_rounded_once_with_the_tokens() -> None:
    """A second of this model is 30,833.3 nano-dollars, and a token 0.1."""
    event = counted("groq", "whisper-large-v3", units={"seconds": 10_000 / 3}, uncached_input=0)

    assert price(event).cost_nanos == round(10_000 / 3 * 0.111 / 3_600 * NANOS)


@pytest.mark.parametrize("unit", ["search_units", "cache_storage_token_hours"])
def test_a_unit_without_a_price_leaves_the_call_to_the_sender_or_unpriced(unit: str) -> None:
    event = counted("openai", "gpt-4o", units={unit: 2}, uncached_input=1_000)

    assert price(event) == Priced(0, "unpriced", reason=unit)
    assert price(msgspec.structs.replace(event, reported_nanos=9_000_000)) == Priced(
        9_000_000, "book+reported", 2_500_000, reason=unit
    )
    assert price(msgspec.structs.replace(event, reported_nanos=2_000_000)) == Priced(2_000_000, "reported", reason=unit)


@pytest.mark.parametrize("unit", ["images", "pages", "characters", "seconds"])
def test_a_size_of_what_the_tokens_count_needs_no_price_and_without_tokens_does(unit: str) -> None:
    with_tokens = counted("openai", "gpt-4o", units={unit: 2}, uncached_input=1_000)
    without = counted("openai", "gpt-4o", units={unit: 2}, uncached_input=0)

    assert price(with_tokens) == Priced(2_500_000, "book", 2_500_000)
    assert price(without) == Priced(0, "unpriced", reason=unit)
    assert price(msgspec.structs.replace(without, reported_nanos=5)) == Priced(5, "reported", reason=unit)


def test_code_executions_are_free_unless_the_sender_was_charged_for_them() -> None:
    event = counted("anthropic", "claude-sonnet-4-5", units={"code_executions": 2}, uncached_input=1_000)

    assert price(event) == Priced(3_000_000, "book", 3_000_000)
    assert price(msgspec.structs.replace(event, reported_nanos=3_000_500)).basis == "book"  # the same cost, rounded
    assert price(msgspec.structs.replace(event, reported_nanos=33_000_000)) == Priced(
        33_000_000, "book+reported", 3_000_000, reason="code_executions"
    )


def test_a_contract_prices_the_tokens_and_the_book_the_units() -> None:
    event = counted("anthropic", "claude-sonnet-4-5", units={"web_searches": 3}, uncached_input=1_000)
    discount = ContractPrice(provider="anthropic", discount_ppm=100_000)
    own = ContractPrice(model="claude-sonnet-4-5", input_pico=1_000_000, output_pico=1_000_000)

    assert price(event, discount) == Priced(29_700_000, "contract", 33_000_000)
    assert price(event, own) == Priced(31_000_000, "contract", 33_000_000)


def test_own_rates_of_a_model_that_the_book_does_not_know_add_nothing_for_units_and_say_so() -> None:
    event = counted("vllm", "metacode-2", units={"web_searches": 3}, uncached_input=1_000)
    own = ContractPrice(model="metacode-2", input_pico=1_000_000, output_pico=1_000_000)

    assert price(event, own) == Priced(1_000_000, "contract", reason="web_searches")


def guessed(model: str, reported: int, **fields: Any) -> UsageEvent:
    return msgspec.structs.replace(counted("anthropic", model, reported=reported, **fields), cost_is_guess=True)


def test_a_guessed_cost_is_never_booked_as_known() -> None:
    assert price(guessed("metacode-1", 7)) == Priced(0, "unpriced", reason=GUESS)
    assert price(guessed("metacode-1", 7, uncached_input=0)) == Priced(0, "unpriced", reason=GUESS)
    assert price(guessed("claude-opus-5-5", 7), reported_first=True) == Priced(4 * NANOS, "book", 4 * NANOS)
    own = ContractPrice(model="metacode-1", input_pico=1_000_000, output_pico=1_000_000)
    assert price(guessed("metacode-1", 7), own).basis == "contract"


@pytest.mark.parametrize(
    ("reported", "reason"),
    [
        (4_030_040_400, "web_searches"),
        (4_400_044_000, "geo us"),
        (4_410_044_000, "web_searches, geo us"),
        (4_005_040_000, ""),  # half a search
        (4_000_040_900, ""),  # rounding
        (2_000_020_000, ""),  # another model's price
        (9_000_003_000, ""),
    ],
)
def test_a_guess_is_right_in_what_the_counters_lack_if_that_explains_it_to_the_last_digit(
    reported: int, reason: str
) -> None:
    listed = 4_000_040_000
    expected = Priced(reported, "book+reported", listed, reason=reason) if reason else Priced(listed, "book", listed)

    assert price(guessed("claude-opus-5-5", reported, uncached_input=1_000_010)) == expected


def test_provisioned_traffic_has_no_marginal_price_and_keeps_its_list_price_beside() -> None:
    event = call("openai", "gpt-4o", tier="provisioned", reported_nanos=9)
    discount = ContractPrice(provider="openai", discount_ppm=100_000)

    assert price(event) == price(event, discount) == Priced(0, "provisioned", 2_500_000_000)
    assert price(call("openai", "metacode-9", tier="provisioned")) == Priced(0, "provisioned")


def test_a_seller_that_tells_its_bill_goes_before_the_book_and_not_before_a_contract() -> None:
    event = call("openrouter", "openai/gpt-4o", reported_nanos=9)
    discount = ContractPrice(provider="openrouter", discount_ppm=100_000)

    assert price(event) == Priced(9, "reported", 2_500_000_000)
    assert price(event, discount).basis == "contract"
    assert price(msgspec.structs.replace(event, reported_nanos=0)).basis == "book"


def test_all_that_is_not_plain_is_told_apart_before_a_call_is_priced() -> None:
    """`bookings` prices most calls by the book's rates at once: only where nothing else could decide."""
    prices = Prices(BOOK, [])

    def alone(event: UsageEvent) -> bool:
        return book_alone(prices.terms(event.labels, TODAY, TODAY)) is not None

    assert alone(call("openai", "gpt-4o"))
    assert not alone(call("openai", "gpt-4o", tier="provisioned"))
    assert not alone(call("openrouter", "openai/gpt-4o"))
    assert not alone(call("mistral", "mistral-large-latest", tier="priority"))
