"""Text becomes an integer of nano-dollars exactly, and an integer becomes text without lying."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.money import (
    MAX_AMOUNT_NANOS,
    NANOS,
    nanos_from_decimal,
    parse_amount,
    percent,
    tokens_short,
    usd,
    usd_exact,
    usd_round,
    usd_short,
)
from bot.refusals import Refusal


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("0", 0),
        ("1", NANOS),
        (".5", NANOS // 2),
        ("5.", 5 * NANOS),
        ("+0.0585", 58_500_000),
        ("-2.5", -2_500_000_000),
        ("1e-9", 1),
        ("2.5E3", 2_500 * NANOS),
        ("0.000000001", 1),
        ("9223372036.854775807", 2**63 - 1),
    ],
)
def test_a_decimal_becomes_exact_nanos(text: str, nanos: int) -> None:
    assert nanos_from_decimal(text) == nanos


@pytest.mark.parametrize(("text", "nanos"), [("0.0000000005", 0), ("0.0000000015", 2), ("0.0000000025", 2)])
def test_half_a_nano_goes_to_the_even_neighbour(text: str, nanos: int) -> None:
    assert nanos_from_decimal(text) == nanos


@pytest.mark.parametrize(
    "text",
    ["", " ", "NaN", "Infinity", "-inf", "1_000", "1,000", "0x10", "1e9999", "1e13", "9" * 41, "1\n", "$1", "--1"],
)
def test_what_is_no_bounded_number_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is "):
        nanos_from_decimal(text)


def test_a_dust_exponent_is_zero_and_not_a_long_division() -> None:
    assert nanos_from_decimal("1e-999") == 0


@given(st.integers(min_value=-(10**21), max_value=10**21))
def test_an_exact_text_reads_back_as_the_same_nanos(nanos: int) -> None:
    assert nanos_from_decimal(usd_exact(nanos)) == nanos


@given(st.text(max_size=60))
def test_no_text_at_all_raises_anything_but_a_value_error(text: str) -> None:
    try:
        nanos = nanos_from_decimal(text)
    except ValueError:
        return

    assert abs(Decimal(text) * NANOS - nanos) <= Decimal("0.5")


@pytest.mark.parametrize(
    ("typed", "dollars"),
    [
        ("500", "500"),
        (" $1,250.50 ", "1250.50"),
        ("2k", "2000"),
        ("1.5M", "1500000"),
        ("500 USD", "500"),
        ("20 dollars", "20"),
        ("$ 7", "7"),
        ("0.01", "0.01"),
        ("1,000,000,000", "1000000000"),
    ],
)
def test_people_type_amounts_their_own_way(typed: str, dollars: str) -> None:
    assert parse_amount(typed) == int(Decimal(dollars) * NANOS)


@pytest.mark.parametrize(
    "typed",
    ["", "lots", "1,00", "12,34.5", "1.234", "€5", "1e3", "5 5", "0", "0.00", "-5", "$-5", "−5", "1e999", "1000.01m"],
)
def test_anything_else_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(Refusal, match=r"^(That is|An amount).*\.$"):
        parse_amount(typed)


def test_a_billion_dollars_is_the_most_one_may_ask_for() -> None:
    assert parse_amount("1,000,000,000") == MAX_AMOUNT_NANOS
    with pytest.raises(Refusal, match="more than a billion"):
        parse_amount("1,000,000,000.01")
    with pytest.raises(Refusal, match="more than a billion"):
        parse_amount("9" * 5_000)


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "$0.00"),
        (1_234_500_000_000, "$1,234.50"),
        (1, "under $0.01"),
        (-1, "over -$0.01"),
        (5_000_000, "$0.01"),
        (4_999_999, "under $0.01"),
        (1_005_000_000, "$1.01"),
        (-1_005_000_000, "-$1.01"),
        (20_000_000_000 * NANOS + 1, "$20,000,000,000.00"),
    ],
)
def test_people_read_two_decimals_and_a_tiny_amount_is_never_zero(nanos: int, text: str) -> None:
    assert usd(nanos) == text


def test_headlines_and_axes_are_shorter() -> None:
    assert usd_round(1_234_500_000_000) == "$1,235"
    assert usd_round(-1_234_500_000_000) == "-$1,235"
    assert usd_round(99_990_000_000) == "$99.99"
    assert [usd_short(n * NANOS) for n in (0, 12, 1_200, -3_400_000, 2 * 10**9)] == [
        "$0",
        "$12",
        "$1.2k",
        "-$3.4M",
        "$2B",
    ]
    assert [tokens_short(n) for n in (7, 1_200, 1_200_000, 73_700_000_000_000)] == ["7", "1.2k", "1.2M", "73.7T"]


def test_a_percentage_needs_a_whole() -> None:
    assert percent(5, 6) == "83 %"
    assert percent(1, 8) == "13 %"
    assert percent(1, 0) == "–"
    assert percent(1, -5) == "–"
