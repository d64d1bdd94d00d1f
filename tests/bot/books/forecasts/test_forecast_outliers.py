"""Outliers count at most three times the usual day."""

from datetime import date

import pytest

from bot.books.usual_days import UsualDays, usual_days
from bot.money import NANOS
from bot.periods import day_number

TODAY = day_number(date(2026, 11, 16))
"""A Monday."""


def known(dollars: float) -> UsualDays:
    """The usual days of a team that spent $100 on each of 28 days except last Wednesday."""
    spent = dict.fromkeys(range(TODAY - 28, TODAY), 100 * NANOS)
    spent[TODAY - 5] = round(dollars * NANOS)
    return usual_days(spent, today=TODAY)


def test_a_day_counts_up_to_three_times_the_usual() -> None:
    assert known(299).nanos_per_day < known(300).nanos_per_day
    assert known(300).excess == 0


@pytest.mark.parametrize("dollars", [301, 600, 100_000])
def test_cost_above_three_times_the_usual_day_is_none_of_the_usual(dollars: float) -> None:
    found = known(dollars)

    assert found.weekdays == known(300).weekdays
    assert found.noise == known(300).noise
    assert found.excess == pytest.approx((dollars - 300) / 3_000)
