"""Parsing and formatting of nano-dollars, exact in both directions."""

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
        (f"{'0' * 39}7", 7 * NANOS),
        ("0E-6176", 0),
        ("-0e+6176", 0),
        ("1234.003627500000000000000000000000000000", 1_234_003_627_500),
        (f"12.{'0' * 990}9", 12 * NANOS),
    ],
)
def test_a_decimal_becomes_exact_nanos(text: str, nanos: int) -> None:
    assert nanos_from_decimal(text) == nanos


@pytest.mark.parametrize(
    ("text", "nanos"),
    [("0.0000000005", 0), ("0.0000000015", 2), ("0.0000000025", 2), (f"1.0000000005{'0' * 60}1", NANOS + 1)],
)
def test_half_a_nano_goes_to_the_even_neighbour(text: str, nanos: int) -> None:
    assert nanos_from_decimal(text) == nanos


@pytest.mark.parametrize(
    "text",
    ["", " ", "NaN", "Infinity", "-inf", "1_000", "1,000", "0x10", "1e9999999", "0" * 1_001, "1\n", "$1", "--1"],
)
def test_an_invalid_number_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not a decimal number of at most 1,000 characters$"):
        nanos_from_decimal(text)


def test_the_exponent_ends_below_ten_trillion() -> None:
    assert nanos_from_decimal("9.99e12") == 9_990_000_000_000 * NANOS
    for text in ("1e13", "1e999999"):
        with pytest.raises(ValueError, match=r"^is more than a trillion dollars$"):
            nanos_from_decimal(text)


def test_a_part_of_a_dollar_is_converted_before_it_is_rounded() -> None:
    assert nanos_from_decimal("123.78912", per_dollar=100) == 1_237_891_200
    assert nanos_from_decimal(f"0.00000005{'0' * 40}1", per_dollar=100) == 1


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


@pytest.mark.parametrize("typed", ["", "lots", "1,00", "12,34.5", "1.234", "€5", "1e3", "5 5", "1e999"])
def test_an_invalid_amount_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Refusal, match=r"^That is not an amount\. Write dollars like 500, \$1,250\.50 or 2k\.$"):
        parse_amount(typed)


@pytest.mark.parametrize("typed", ["0", "0.00", "-5", "$-5", "−5"])
def test_an_amount_of_nothing_or_less_is_refused(typed: str) -> None:
    with pytest.raises(Refusal, match=r"^An amount must be more than zero\. Write it like 500 or 1,250\.50\.$"):
        parse_amount(typed)


@pytest.mark.parametrize("typed", ["1,000,000,000.01", "1000.01m", "9" * 15, "9" * 16, "9" * 5_000])
def test_more_than_a_billion_dollars_is_refused(typed: str) -> None:
    with pytest.raises(Refusal, match=r"^That is more than a billion dollars\. Ask for less\.$"):
        parse_amount(typed)


def test_a_billion_dollars_is_the_most_one_may_ask_for() -> None:
    assert parse_amount("1,000,000,000") == MAX_AMOUNT_NANOS == 10**18
    assert parse_amount(f"{'0' * 14}1") == NANOS


def test_sixteen_digits_are_too_many_even_of_a_small_amount() -> None:
    with pytest.raises(Refusal, match="more than a billion"):
        parse_amount(f"{'0' * 15}1")


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


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "$0.00"),
        (99_990_000_000, "$99.99"),
        (-99_990_000_000, "-$99.99"),
        (100 * NANOS - 1, "$100.00"),
        (100 * NANOS, "$100"),
        (-100 * NANOS, "-$100"),
        (1_234_499_999_999, "$1,234"),
        (1_234_500_000_000, "$1,235"),
        (-1_234_500_000_000, "-$1,235"),
    ],
)
def test_a_headline_has_whole_dollars_from_a_hundred_on(nanos: int, text: str) -> None:
    assert usd_round(nanos) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (0, "$0"),
        (12, "$12"),
        (999, "$999"),
        (1_000, "$1k"),
        (1_200, "$1.2k"),
        (-3_400_000, "-$3.4M"),
        (999_000, "$999k"),
        (10**6, "$1M"),
        (10**9, "$1B"),
        (2 * 10**9, "$2B"),
    ],
)
def test_an_axis_has_three_digits_and_a_unit(dollars: int, text: str) -> None:
    assert usd_short(dollars * NANOS) == text


@pytest.mark.parametrize(
    ("nanos", "text"),
    [(0, "0.000000000"), (1, "0.000000001"), (-1, "-0.000000001"), (1_234_500_000_000, "1234.500000000")],
)
def test_an_export_has_nine_decimals(nanos: int, text: str) -> None:
    assert usd_exact(nanos) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1k"),
        (1_200, "1.2k"),
        (999_000, "999k"),
        (10**6, "1M"),
        (1_200_000, "1.2M"),
        (999 * 10**6, "999M"),
        (10**9, "1B"),
        (999 * 10**9, "999B"),
        (10**12, "1T"),
        (73_700_000_000_000, "73.7T"),
    ],
)
def test_tokens_have_three_digits_and_a_unit(count: int, text: str) -> None:
    assert tokens_short(count) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(5, 6, "83%"), (1, 8, "13%"), (1, 1, "100%"), (1, 3, "33%"), (-1, 4, "-25%"), (1, 0, "–"), (1, -5, "–")],
)
def test_a_percentage_needs_a_whole(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text
