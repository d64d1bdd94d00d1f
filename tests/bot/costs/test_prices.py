"""Prices set in Slack: accepted input, and when they apply."""

from decimal import Decimal

import pytest

from bot.costs.comparisons import PriceDisagreement
from bot.costs.contracts import ContractPrice
from bot.costs.prices import FROM_FIELD, INPUT_FIELD, SetPrice, parse_day, parse_rate, prices_in_force, rate_words
from bot.costs.pricing import Prices
from bot.refusals import FieldRefusal
from tests.bot.costs.pricing_examples import BOOK, TODAY, call

SET = SetPrice(
    provider="acme",
    model="acme-odd[1m]",
    from_day=TODAY,
    input_pico=400_000,
    output_pico=1_600_000,
    cache_read_pico=None,
    cache_write_pico=50_000,
    set_by=3,
    set_at=0,
)


@pytest.mark.parametrize(
    ("typed", "pico", "shown"),
    [
        ("0.40", 400_000, "$0.40"),
        ("$15", 15_000_000, "$15.00"),
        (" 1,250.5 ", 1_250_500_000, "$1,250.50"),
        ("0", 0, "$0.00"),
        ("0.000001", 1, "$0.000001"),
    ],
)
def test_a_rate_is_dollars_per_million_tokens(typed: str, pico: int, shown: str) -> None:
    assert parse_rate(INPUT_FIELD, typed) == pico
    assert rate_words(pico) == shown


@pytest.mark.parametrize("typed", ["", "free", "-1", "1e3", "0.0000001", "12345678", "1.2.3", "€3", "NaN"])
def test_an_invalid_rate_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        parse_rate(INPUT_FIELD, typed)
    assert refused.value.field == INPUT_FIELD


@pytest.mark.parametrize("typed", ["", "soon", "2019-12-31", "2100-01-01", "2026-02-30"])
def test_an_invalid_day_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        parse_day(FROM_FIELD, typed, today=TODAY)
    assert refused.value.field == FROM_FIELD


@pytest.mark.parametrize(
    ("declared", "holds"),
    [
        ([], [False, True, True]),
        ([{"model": "ACME-odd[1m]", "output_pico": 1}], [False, False, False]),  # the file always had it
        ([{"model": "acme-odd[1m]", "from_day": TODAY + 1, "output_pico": 1}], [False, True, False]),
        ([{"model": "acme-odd[1m]", "provider": "other", "output_pico": 1}], [False, True, True]),
        (
            [{"model": "acme-odd[1m]", "provider": "Acme", "from_day": TODAY + 1, "output_pico": 1}],
            [False, True, False],
        ),
        ([{"model": "acme-*", "from_day": TODAY + 1, "output_pico": 1}], [False, True, True]),  # a pattern names nobody
        ([{"model": "acme-odd[1m]"}], [False, True, True]),  # half a price does not take its place
    ],
)
def test_a_price_set_in_slack_holds_until_the_file_names_its_model(
    declared: list[dict[str, object]], holds: list[bool]
) -> None:
    lines = [ContractPrice(input_pico=9, **line) for line in declared]  # type: ignore[arg-type]  # an example's facts

    (*_, line) = prices_in_force(lines, [SET])

    assert [line.holds_on(day) for day in (TODAY - 1, TODAY, TODAY + 1)] == holds


def test_a_set_price_prices_its_own_model_of_its_own_seller_alone() -> None:
    prices = Prices(BOOK, prices_in_force([], [SET]))
    counted = {"uncached_input": 1_000_000, "cache_read": 1_000_000, "cache_write_1h": 1_000_000, "output": 1_000_000}

    costs = {
        (provider, model): prices.price(call(provider, model, **counted), day=TODAY).cost_nanos
        for provider, model in (("acme", "acme-odd[1m]"), ("acme", "acme-odd1"), ("else", "acme-odd[1m]"))
    }

    assert list(costs.values()) == [400_000_000 + 400_000_000 + 50_000_000 + 1_600_000_000, 0, 0]


def test_a_later_price_of_the_same_model_takes_over_on_its_day() -> None:
    later = SetPrice.from_json(SET.to_json() | {"from_day": TODAY + 5, "input_pico": 100_000})
    prices = Prices(BOOK, prices_in_force([], [later, SET]))

    costs = [prices.price(call("acme", "acme-odd[1m]"), day=TODAY + n).cost_nanos for n in (0, 4, 5)]

    assert costs == [400_000_000, 400_000_000, 100_000_000]


@pytest.mark.parametrize(
    ("ours", "theirs", "beyond"),
    [(102, 100, True), (101, 100, False), (98, 100, True), (0, 100, True), (5, 0, True)],
)
def test_prices_disagree_beyond_a_tolerance(ours: int, theirs: int, beyond: bool) -> None:
    found = PriceDisagreement(
        provider="", model="", calls=1, ours_nanos=ours * 1_000_000_000, theirs_nanos=theirs * 1_000_000_000
    )
    assert found.exceeds(Decimal(1)) is beyond


def test_less_than_a_cent_is_no_disagreement() -> None:
    found = PriceDisagreement(provider="", model="", calls=1, ours_nanos=5, theirs_nanos=10)
    assert not found.exceeds(Decimal(1))
