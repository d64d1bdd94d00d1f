"""What a call has beside tokens, counted in millionths."""

from decimal import Decimal
from typing import Any

import pytest

from bot.refusals import SourceError
from bot.units import MAX_UNITS, UNITS, units_of
from bot.usage import COUNTERS, PARTS, UsageEvent


def test_units_are_sorted_summed_and_never_zero() -> None:
    found = units_of([("web_searches", 2), ("seconds", 12.5), ("web_searches", 1), ("images", 0), ("pages", None)])

    assert found == (("seconds", 12_500_000), ("web_searches", 3_000_000))
    assert units_of([]) == UsageEvent.__struct_defaults__[2] == ()


@pytest.mark.parametrize(
    ("value", "count"),
    [(3, 3_000_000), (0.1, 100_000), ("0.1", 100_000), (Decimal("1.0000005"), 1_000_000), ("1e-999999", 0)],
)
def test_a_number_of_units_is_rounded_once_half_even(value: Any, count: int) -> None:
    assert units_of([("seconds", value)]) == ((("seconds", count),) if count else ())


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (-1, "negative"),
        (MAX_UNITS + 1, "over a hundred billion"),
        ("1e999999", "over a hundred billion"),
        (10**4_000, "over a hundred billion"),
        (float("nan"), "not a finite number"),
        (float("inf"), "not a finite number"),
        (True, "not a number"),
        ("three", "not a number"),
        ("1" * 61, "not a number"),
    ],
)
def test_a_number_that_no_call_can_have_is_named(value: Any, fault: str) -> None:
    with pytest.raises(SourceError, match=f"^pages is {fault}"):
        units_of([("pages", value)])


def test_only_known_units_are_taken() -> None:
    with pytest.raises(ValueError, match="no unit is called cups"):
        units_of([("cups", 1)])


def test_a_part_belongs_to_a_counter_and_no_unit_is_a_part() -> None:
    assert set(PARTS.values()) <= set(COUNTERS)
    assert not set(UNITS) & {*PARTS, *COUNTERS}
