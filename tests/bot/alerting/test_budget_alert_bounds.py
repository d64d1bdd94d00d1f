"""Budget alerts on either side of their bounds, exact to the nano-dollar, the day and the percent."""

from dataclasses import replace
from datetime import date

import pytest

from bot.alerting.budget_alerts import (
    HISTORY_AFTER_DAYS,
    PostedForecast,
    RecordedThreshold,
    forecast_step,
    has_crossed,
    is_exhausted,
    is_threshold_resolved,
    posted_forecast,
    revision_key,
    thresholds_due,
)
from bot.books.budgets import Standing
from bot.books.forecasts import Forecast
from bot.books.ledger import Balance
from bot.periods import day_number, period_of
from tests.bot.acme import SEARCH

NOVEMBER = period_of(day_number(date(2026, 11, 1)))


NO_FORECAST = Forecast(
    usual_nanos_per_day=0, weekday_nanos=(0,) * 7, run_out_day=None, end_nanos=0, low_nanos=0, high_nanos=0
)


def stands(allocated: int, charged: int, held: int = 0, *, day: int = 1, forecast: Forecast | None = None) -> Standing:
    """How Search stands on a day of November, in nano-dollars."""
    return Standing(
        team=replace(SEARCH, thresholds=(80, 100)),
        period=NOVEMBER,
        today=NOVEMBER.first_day + day - 1,
        zone="UTC",
        balance=Balance(allocated_nanos=allocated, charged_nanos=charged, held_nanos=held),
        forecast=forecast or NO_FORECAST,
        spent_by_day=(),
        week_nanos=0,
        week_before_nanos=0,
    )


def known_alert(
    *, percent: int = 80, allocated: int = 1_000, has_ended: bool = True, by_holds: bool = False
) -> RecordedThreshold:
    return RecordedThreshold(percent=percent, allocated_nanos=allocated, by_holds=by_holds, has_ended=has_ended)


def due(standing: Standing, *said: RecordedThreshold, recent: int = 0) -> list[tuple[int, bool, bool]]:
    """(percent, silent, by holds) of what is due."""
    found = thresholds_due(standing, recorded=said, recent_nanos=recent, is_governed=True)
    return [(alert.percent, alert.silent, alert.by_holds) for alert in found]


@pytest.mark.parametrize(
    ("allocated", "charged", "held", "exhausted"),
    [(10, 9, 0, False), (10, 10, 0, True), (10, 1, 9, True), (10, 0, 10, False), (0, 0, 0, False), (1, 1, 0, True)],
)
def test_a_budget_is_used_up_when_nothing_is_left_of_it_for_a_team_that_spends(
    allocated: int, charged: int, held: int, exhausted: bool
) -> None:
    standing = stands(allocated, charged, held)

    assert is_exhausted(standing) is exhausted
    assert has_crossed(standing, 100) is (exhausted or charged >= allocated > 0)


@pytest.mark.parametrize(("charged", "crossed"), [(799, False), (800, True)])
def test_a_line_is_crossed_at_its_percent(charged: int, crossed: bool) -> None:
    assert has_crossed(stands(1_000, charged), 80) is crossed


def test_a_budget_of_one_nano_dollar_has_lines() -> None:
    assert due(stands(1, 1), recent=1) == [(80, True, False), (100, False, False)]


def test_a_budget_of_nothing_has_one_line_that_any_spend_crosses() -> None:
    assert due(stands(0, 0), recent=0) == []
    assert due(stands(0, 1), recent=1) == [(100, False, False)]
    assert due(stands(0, 2), recent=1) == [(100, True, False)]  # older usage was imported


def test_holds_alone_cross_the_last_line_up_to_the_last_nano_dollar() -> None:
    assert due(stands(1_000, 999, 1, day=30), recent=999)[-1] == (100, False, True)
    assert due(stands(1_000, 1_000, 0, day=30), recent=1_000)[-1] == (100, False, False)


@pytest.mark.parametrize(("recent", "is_history"), [(199, True), (200, True), (201, False)])
def test_a_line_that_older_usage_reached_is_history(recent: int, is_history: bool) -> None:
    """Of 1,000 charged the line of 80% was reached without the last 200."""
    alerts = due(stands(1_250, 1_200), recent=recent)

    assert HISTORY_AFTER_DAYS == 3
    assert alerts == [(80, is_history, False)]


def test_the_newest_alert_of_a_line_decides_whether_it_is_armed() -> None:
    running, ended = known_alert(has_ended=False), known_alert(has_ended=True)

    assert due(stands(1_000, 900), running, ended, recent=900) == [(80, False, False)]
    assert due(stands(1_000, 900), ended, running, recent=900) == []


def test_holds_arm_a_line_again_with_a_larger_budget_alone() -> None:
    ended = known_alert(percent=100, by_holds=True)

    assert due(stands(1_000, 900, 100, day=30), ended, recent=900) == []
    assert due(stands(1_001, 900, 101, day=30), ended, recent=900) == [(100, False, True)]


@pytest.mark.parametrize(
    ("allocated", "charged", "by_holds", "resolved"),
    [
        (1_000, 0, False, False),
        (1_001, 0, False, True),
        (1_000, 0, True, True),
        (0, -1, True, False),
        (1, 0, True, True),
        (-1, -2, True, False),
    ],
)
def test_an_alert_is_resolved_by_a_larger_budget_or_by_what_is_free_again(
    allocated: int, charged: int, by_holds: bool, resolved: bool
) -> None:
    said = known_alert(by_holds=by_holds)

    assert is_threshold_resolved(stands(allocated, charged), said) is resolved


def test_a_key_ends_with_its_number_where_its_budget_came_back() -> None:
    standing = stands(1_000, 0)

    assert revision_key("forecast", standing, 2, of=[1_000]) == f"forecast:{SEARCH.id}:2026-11:1000:2"
    assert revision_key("threshold", standing, 2, of=[999], percent=80) == f"threshold:{SEARCH.id}:2026-11:80:1000"


def foreseen(day: int | None, *, chance: float = 0.9) -> Forecast:
    at = None if day is None else NOVEMBER.first_day + day - 1
    early, late = (None, None) if at is None else (at - 2, at + 3)
    return replace(NO_FORECAST, chance=chance, early_day=early, run_out_day=at, late_day=late, end_nanos=1_500)


def test_a_forecast_is_kept_with_all_its_figures() -> None:
    found = posted_forecast(stands(1_000, 500, day=10, forecast=foreseen(20)), None)
    tenth, twentieth = NOVEMBER.first_day + 9, NOVEMBER.first_day + 19

    assert found == PostedForecast(
        allocated_nanos=1_000,
        said_on=tenth,
        said_day=twentieth,
        shown_on=tenth,
        shown_day=twentieth,
        early_day=twentieth - 2,
        late_day=twentieth + 3,
        chance=0.9,
        end_nanos=1_500,
        end_day=NOVEMBER.end_day,
        outcome="expected",
    )


@pytest.mark.parametrize(
    ("found", "step"),
    [
        (foreseen(21, chance=0.5), "show"),
        (foreseen(21, chance=0.49), "recover"),
        (foreseen(20, chance=0.49), "recover"),
        (foreseen(None, chance=0.5), "recover"),
        (foreseen(17), "show"),  # three days, not a third of the ten
        (foreseen(16), "post"),
    ],
)
def test_what_was_said_of_the_twentieth_is_shown_anew_until_it_is_unlikely(found: Forecast, step: str) -> None:
    said = posted_forecast(stands(1_000, 500, day=10, forecast=foreseen(20)), None)

    assert forecast_step(stands(1_000, 500, day=12, forecast=found), said) == step


@pytest.mark.parametrize(("day", "step"), [(18, "show"), (17, "post")])
def test_a_date_moves_much_nearer_by_three_days(day: int, step: str) -> None:
    """Said on the 15th for the 20th: a third of the way is less than two days."""
    said = posted_forecast(stands(1_000, 500, day=15, forecast=foreseen(20)), None)

    assert forecast_step(stands(1_000, 500, day=16, forecast=foreseen(day)), said) == step


@pytest.mark.parametrize(("allocated", "step"), [(1_000, "show"), (1_001, "post"), (999, "show")])
def test_one_that_recovered_is_said_again_of_a_larger_budget(allocated: int, step: str) -> None:
    said = replace(posted_forecast(stands(1_000, 500, day=10, forecast=foreseen(20)), None), outcome="recovered")

    assert forecast_step(stands(allocated, 500, day=12, forecast=foreseen(20)), said) == step
