"""Forecast alerts: which run-outs are posted, shown again, recovered or ended."""

from dataclasses import replace

import pytest

from bot.alerting.budget_alerts import (
    PostedForecast,
    forecast_step,
    posted_forecast,
    revision_key,
)
from bot.books.budgets import Standing
from bot.books.forecasts import Forecast
from bot.books.ledger import Balance
from bot.money import NANOS
from tests.bot.acme import SEARCH, balance
from tests.bot.alerting.test_budget_alerts import NOVEMBER, stands


def foreseen(*, day: int | None = 20, chance: float = 0.9) -> Forecast:
    """A forecast run-out on a day of November."""
    at = None if day is None else NOVEMBER.first_day + day - 1
    return Forecast(
        usual_nanos_per_day=50 * NANOS,
        weekday_nanos=(50 * NANOS,) * 7,
        chance=chance,
        early_day=None if at is None else at - 2,
        run_out_day=at,
        late_day=None if at is None else at + 3,
        end_nanos=1_500 * NANOS,
        low_nanos=1_300 * NANOS,
        high_nanos=1_900 * NANOS,
    )


UNKNOWN = replace(foreseen(), is_known=False)
"""Too few days of data."""


def expects(funds: Balance, found: Forecast, *, day: int) -> Standing:
    """The standing of Search on a day of November with a forecast."""
    return replace(stands(funds, day=day), forecast=found)


HALF_SPENT = balance(1_000, charged=500)


def told(*, on: int = 10, day: int = 20, **changed: object) -> PostedForecast:
    """A forecast posted on one day for another."""
    return replace(posted_forecast(expects(HALF_SPENT, foreseen(day=day), day=on), None), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (UNKNOWN, None),
        (foreseen(chance=0.79), None),
        (foreseen(chance=0.8), "post"),
        (foreseen(day=None, chance=0.3), None),
        (foreseen(day=28), "post"),
        (foreseen(day=29), None),  # no forecast in the last two days
    ],
)
def test_a_run_out_is_said_when_it_is_likely_and_in_time(found: Forecast, expected: str | None) -> None:
    assert forecast_step(expects(HALF_SPENT, found, day=10), None) == expected


@pytest.mark.parametrize(
    ("today", "found", "expected"),
    [
        (10, foreseen(), None),
        (10, foreseen(day=19), None),  # edited once a day at most
        (11, foreseen(day=19), "show"),
        (11, foreseen(day=23), "show"),
        (12, foreseen(day=18), "show"),
        (12, foreseen(day=17), "show"),  # three days, but less than a third of ten
        (12, foreseen(day=16), "post"),
        (11, foreseen(chance=0.6), None),  # between likely and unlikely
        (11, foreseen(day=None, chance=0.49), "recover"),
        (11, UNKNOWN, None),  # a clock that went back to days without data
    ],
)
def test_what_was_said_of_the_twentieth_on_the_tenth_stands_moves_or_is_taken_back(
    today: int, found: Forecast, expected: str | None
) -> None:
    assert forecast_step(expects(HALF_SPENT, found, day=today), told()) == expected


def test_a_date_far_ahead_has_to_move_by_a_third_of_the_way() -> None:
    far = told(on=8, day=26)

    assert forecast_step(expects(HALF_SPENT, foreseen(day=21), day=9), far) == "show"
    assert forecast_step(expects(HALF_SPENT, foreseen(day=20), day=9), far) == "post"


def test_one_that_recovered_returns_to_its_message_unless_it_is_much_nearer_or_the_budget_was_raised() -> None:
    taken_back = told(outcome="recovered")
    raised = expects(balance(1_200, charged=900), foreseen(), day=12)

    assert forecast_step(expects(HALF_SPENT, foreseen(chance=0.7), day=12), taken_back) is None
    assert forecast_step(expects(HALF_SPENT, foreseen(), day=12), taken_back) == "show"
    assert forecast_step(expects(HALF_SPENT, foreseen(day=16), day=12), taken_back) == "post"
    assert forecast_step(raised, taken_back) == "post"


def test_an_increase_that_does_not_help_is_shown_at_once_and_not_said() -> None:
    raised = expects(balance(1_100, charged=500), foreseen(day=22), day=10)

    assert forecast_step(raised, told()) == "show"


def test_a_budget_that_ran_out_ends_its_forecast_and_nothing_is_foretold_any_more() -> None:
    spent_out = stands(balance(1_000, charged=1_000), day=15)

    assert forecast_step(spent_out, told()) == "end"
    assert forecast_step(spent_out, told(outcome="ran_out")) is None
    assert forecast_step(spent_out, None) is None


def test_what_is_shown_later_keeps_the_day_on_which_it_was_said_and_for_when() -> None:
    later = posted_forecast(expects(HALF_SPENT, foreseen(day=24), day=14), told())

    assert later.said_on - NOVEMBER.first_day + 1 == 10
    assert later.said_day - NOVEMBER.first_day + 1 == 20
    assert later.shown_day - NOVEMBER.first_day + 1 == 24


def test_a_forecasts_key_names_rule_team_period_and_budget() -> None:
    standing = stands(HALF_SPENT)

    assert revision_key("forecast", standing, 0, of=[]) == f"forecast:{SEARCH.id}:2026-11:{1_000 * NANOS}"
    assert revision_key("forecast", standing, 1, of=[1_000 * NANOS]).endswith(":1")
    assert revision_key("forecast", standing, 1, of=[900 * NANOS]) == revision_key("forecast", standing, 0, of=[])
