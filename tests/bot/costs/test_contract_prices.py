"""Contract prices: discounts, agreed rates, dates, and which of several holds."""

from functools import cache

import pytest
from msgspec.structs import replace

from bot.costs.contracts import ContractPrice
from bot.costs.pricing import Priced
from bot.costs.rates import Rates
from bot.money import NANOS
from tests.bot.costs.pricing_examples import BOOK, TODAY, call, price


@cache
def _sonnet() -> Rates:
    rates = BOOK.rates("anthropic", "claude-sonnet-4-5", TODAY)
    assert rates is not None
    return rates


def test_a_discount_comes_off_every_list_price_tiers_included() -> None:
    discounted = ContractPrice(provider="anthropic", discount_ppm=150_000).completed_by(_sonnet())

    assert discounted is not None
    for listed, agreed in [(_sonnet(), discounted), (_sonnet().tiers[0][1], discounted.tiers[0][1])]:
        assert agreed.uncached_input == listed.uncached_input * 85 // 100
        assert agreed.cache_read == listed.cache_read * 85 // 100
        assert agreed.cache_write_1h == listed.cache_write_1h * 85 // 100
        assert agreed.output == listed.output * 85 // 100


@pytest.mark.parametrize(
    ("listed", "discount_ppm", "agreed"), [(3, 500_000, 2), (5, 500_000, 2), (3, 400_000, 2), (3, 600_000, 1)]
)
def test_a_discounted_rate_is_a_whole_number_of_pico_dollars_half_even(
    listed: int, discount_ppm: int, agreed: int
) -> None:
    rates = ContractPrice(discount_ppm=discount_ppm).completed_by(Rates.of({"uncached_input": listed}))

    assert rates == Rates.of({"uncached_input": agreed})


def test_a_discount_off_an_unknown_price_is_no_price() -> None:
    assert price(call("anthropic", "claude-next"), ContractPrice(discount_ppm=150_000)).basis == "unpriced"


def test_cache_rates_a_contract_leaves_out_keep_the_books_ratio_to_input() -> None:
    half = ContractPrice(input_pico=1_500_000, output_pico=6_000_000).completed_by(_sonnet())

    assert half is not None
    assert _sonnet().uncached_input == 3_000_000
    assert (half.cache_read, half.cache_write_5m, half.cache_write_1h) == (
        _sonnet().cache_read // 2,
        _sonnet().cache_write_5m // 2,
        _sonnet().cache_write_1h // 2,
    )


def test_cache_rates_of_an_in_house_model_are_the_input_rate_unless_given() -> None:
    rates = ContractPrice(input_pico=400_000, output_pico=1_600_000, cache_read_pico=40_000).completed_by(None)

    assert rates is not None
    assert replace(rates, parts={}) == Rates(
        uncached_input=400_000, cache_read=40_000, cache_write_5m=400_000, cache_write_1h=400_000, output=1_600_000
    )
    assert (rates.parts["audio_input"], rates.parts["audio_cache_read"], rates.parts["image_output"]) == (
        *(400_000, 40_000),
        1_600_000,
    )


def test_a_contract_keeps_the_books_ratio_of_audio_to_text_and_a_discount_covers_audio_too() -> None:
    spoken = replace(call("google", "gemini-2.5-flash", uncached_input=1_000, output=0), parts=(("audio_input", 900),))
    named, less = ContractPrice(model="gemini-2.5-flash", input_pico=150_000), ContractPrice(discount_ppm=500_000)

    assert (price(spoken, named).cost_nanos, price(spoken, named).basis) == (465_000, "contract")
    assert (price(spoken, less).cost_nanos, price(spoken, less).basis) == (465_000, "contract")


def test_a_discount_has_nothing_to_apply_to_where_the_book_has_no_price_of_a_kind() -> None:
    spoken = replace(call("openai", "gpt-4o-audio-preview", output=600), parts=(("audio_output", 500),))

    assert price(spoken, ContractPrice(provider="openai", discount_ppm=500_000)) == Priced(
        0, "unpriced", reason="audio_output"
    )
    assert price(replace(spoken, reported_nanos=7), ContractPrice(discount_ppm=500_000)) == Priced(
        7, "reported", reason="audio_output"
    )


def test_a_discount_covers_the_fee_per_call_and_the_extra_for_reasoning() -> None:
    half = ContractPrice(provider="perplexity", discount_ppm=500_000)
    searched = call("perplexity", "sonar-pro", uncached_input=0, output=1)
    reasoned = call("perplexity", "sonar-deep-research", output=1_000_000, reasoning=1_000_000)

    for event in (searched, reasoned):
        priced = price(event, half)
        assert priced.book_nanos is not None
        assert priced.cost_nanos * 2 == priced.book_nanos


def test_an_agreed_output_rate_holds_for_reasoning_too() -> None:
    event = call("perplexity", "sonar-deep-research", output=1_000_000, reasoning=1_000_000)

    assert price(event, ContractPrice(input_pico=0, output_pico=1_000_000)).cost_nanos == NANOS


def test_a_rate_the_contract_leaves_out_is_the_books() -> None:
    event = call("openai", uncached_input=1_000_000, output=1_000_000)

    assert price(event, ContractPrice(input_pico=1_000_000)) == Priced(11 * NANOS, "contract", 12_500_000_000)


def test_the_latest_contract_price_that_has_begun_holds() -> None:
    old = ContractPrice(model="metacode*", input_pico=400_000)
    new = ContractPrice(model="MetaCode*", input_pico=200_000, from_day=TODAY)
    event = call("openai", "openai/metacode-2")

    costs = [price(event, new, old, day=day).cost_nanos for day in (TODAY - 1, TODAY, TODAY + 1)]

    assert costs == [400_000_000, 200_000_000, 200_000_000]


def test_a_contract_price_that_has_not_begun_leaves_the_call_to_the_book() -> None:
    assert price(call("openai"), ContractPrice(input_pico=1, from_day=TODAY + 1)).basis == "book"


def test_the_more_specific_contract_price_wins_over_a_later_one() -> None:
    general = ContractPrice(discount_ppm=1, from_day=TODAY)
    provider = ContractPrice(provider="openai", input_pico=2, from_day=TODAY - 1)
    pattern = ContractPrice(model="gpt-4*", input_pico=3, from_day=TODAY - 2)
    exact = ContractPrice(model="gpt-4o", input_pico=4)
    exact_of_provider = ContractPrice(model="gpt-4o", provider="openai", input_pico=5)
    ladder = [general, provider, pattern, exact, exact_of_provider]

    costs = [price(call("openai"), *ladder[:n], day=TODAY).cost_nanos for n in range(2, 6)]

    assert costs == [2000, 3000, 4000, 5000]


@pytest.mark.parametrize(
    ("asked", "provider", "model", "applies"),
    [
        ("anthropic", "anthropic", "claude-sonnet-4-5", True),
        ("Anthropic", "", "claude-sonnet-4-5", True),
        ("anthropic", "", "anthropic/claude-sonnet-4-5", True),
        ("anthropic", "vertex_ai", "claude-sonnet-4-5", False),
        ("x_ai", "xai", "grok-4", True),
        ("acme-gateway", "acme-gateway", "gpt-4o", True),
        ("acme-openai", "openai", "gpt-4o", False),
        ("openai", "anthropic", "claude-sonnet-4-5", False),
    ],
)
def test_a_providers_contract_is_for_what_that_provider_sells(
    asked: str, provider: str, model: str, applies: bool
) -> None:
    priced = price(call(provider, model), ContractPrice(provider=asked, discount_ppm=150_000))

    assert (priced.basis == "contract") is applies


@pytest.mark.parametrize(
    "fields", [{}, {"model": "gpt-4o"}, {"input_pico": -1}, {"discount_ppm": -1}, {"discount_ppm": 1_000_001}]
)
def test_a_contract_price_without_sense_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="rate"):
        ContractPrice(**fields)  # type: ignore[arg-type]
