"""The price book's version, and costs that stay whole numbers."""

from typing import Any

import genai_prices
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.costs.contracts import ContractPrice
from bot.costs.price_book import PriceBook
from bot.costs.pricing import Prices
from bot.costs.rates import Rates
from tests.bot.costs.pricing_examples import BOOK, MODELS, TODAY, call, price, tokens


def test_the_book_names_its_version_and_its_data() -> None:
    assert BOOK.book_id.startswith(f"genai-prices {genai_prices.__version__} ")
    assert BOOK.book_id == PriceBook().book_id


@given(
    st.sampled_from([*MODELS, ("", "metacode-2"), ("openai", "<!channel>")]),
    st.tuples(tokens, tokens, tokens, tokens, tokens),
    st.none() | st.integers(min_value=0, max_value=10**16),
    st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_a_cost_is_a_whole_number_and_never_below_zero(
    model: tuple[str, str], counters: tuple[int, ...], reported: int | None, flags: tuple[bool, bool, bool, bool]
) -> None:
    names = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
    failed, gateway_cache, notional, reported_first = flags
    event = call(
        model[0],
        model[1],
        **dict(zip(names, counters, strict=True)),
        reasoning=counters[4] // 2,
        reported_nanos=reported,
        failed=failed,
        gateway_cache=gateway_cache,
        notional=notional,
    )

    priced = price(event, ContractPrice(provider="openai", discount_ppm=333_333), reported_first=reported_first)

    for nanos in (priced.cost_nanos, priced.notional_nanos, priced.book_nanos or 0):
        assert type(nanos) is int
        assert 0 <= nanos < 2**63
    assert priced.cost_nanos == 0 or priced.basis in {"contract", "book", "reported"}


def test_pricing_a_known_model_again_is_a_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first call of a model on a day searches contracts and book."""
    prices = Prices(BOOK, [ContractPrice(provider="anthropic", discount_ppm=150_000)])
    first, second = (call("anthropic", "claude-sonnet-4-5", output=tokens) for tokens in (1_000, 2_000))
    cost = prices.price(first, day=TODAY).cost_nanos
    searched: list[str] = []
    schedule = PriceBook.schedule

    def counted(book: PriceBook, provider: str, model: str, *more: Any, **named: Any) -> Any:
        searched.append(model)
        return schedule(book, provider, model, *more, **named)

    monkeypatch.setattr(PriceBook, "schedule", counted)

    assert prices.price(second, day=TODAY).cost_nanos == 2 * cost > 0
    assert searched == []
    prices.price(call("anthropic", "claude-opus-4-5", output=1), day=TODAY)
    assert searched == ["claude-opus-4-5"]


@given(
    st.sampled_from(MODELS),
    st.tuples(tokens, tokens, tokens, tokens, tokens),
)
def test_plain_calls_cost_what_their_events_do(
    model: tuple[str, str], counters: tuple[int, int, int, int, int]
) -> None:
    names = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
    event = call(model[0], model[1], **dict(zip(names, counters, strict=True)), reasoning=counters[4] // 2)

    for rates in (BOOK.rates(*model, TODAY), Rates.of({"output": 1_500}, request=7)):
        assert rates is not None
        assert rates.plain_nanos((*counters, counters[4] // 2)) == rates.nanos(event)
