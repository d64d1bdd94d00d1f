"""Outliers count at most three times the usual day in a run-out forecast."""

from datetime import date

import pytest

from bot.books.forecasts import RunOutForecast, forecast_run_out
from bot.money import NANOS
from bot.periods import day_number, period_of
from tests.bot.acme import balance

TODAY = day_number(date(2026, 11, 16))
"""A Monday."""
NOVEMBER = period_of(TODAY)


def forecast(dollars: float) -> RunOutForecast:
    """Returns the forecast of a team that spent $100 on each of 28 days except last Wednesday."""
    spent = dict.fromkeys(range(TODAY - 28, TODAY), 100 * NANOS)
    spent[TODAY - 5] = round(dollars * NANOS)
    found = forecast_run_out(balance(10_000), spent_by_day=spent, today=TODAY, period=NOVEMBER)
    assert found is not None
    return found


def test_a_day_counts_up_to_three_times_the_usual() -> None:
    assert forecast(299).end_nanos < forecast(300).end_nanos


@pytest.mark.parametrize("dollars", [301, 600, 100_000])
def test_cost_above_three_times_the_usual_day_is_ignored(dollars: float) -> None:
    assert forecast(dollars) == forecast(300)
