"""Amounts as charts write them."""

import pytest

from bot.charts.amounts import money_label, money_ticks
from bot.money import NANOS


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 637, [0, 200, 400, 600]),
        (0, 400, [0, 100, 200, 300, 400]),
        (-150, 440, [0, 200, 400]),
        (-150, 0, [-150, -100, -50, 0]),
        (0, 4_480_000, [0, 1_000_000, 2_000_000, 3_000_000, 4_000_000]),
    ],
)
def test_the_money_axis_has_a_few_round_amounts(low: int, high: int, ticks: list[int]) -> None:
    assert [tick / NANOS for tick in money_ticks(low * NANOS, high * NANOS)] == ticks


@pytest.mark.parametrize("exponent", range(13))
@pytest.mark.parametrize("digits", [1, 10, 15, 19, 20, 49, 50, 51, 99])
def test_the_money_axis_never_crowds(exponent: int, digits: int) -> None:
    assert 2 <= len(money_ticks(0, digits * 10**exponent)) <= 6


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (57, "$57"),
        (19.3, "$19.30"),
        (999.6, "$1,000"),
        (9_999.4, "$9,999"),
        (12_449, "$12,449"),
        (999_499, "$999,499"),
        (3_449_000, "$3.45M"),
        (1_000_400, "$1M"),
        (-150, "-$150"),
        (0, "$0"),
    ],
)
def test_an_amount_is_written_as_briefly_as_it_can_be(dollars: float, text: str) -> None:
    assert money_label(int(dollars * NANOS)) == text
