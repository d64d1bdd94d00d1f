"""The bar of each window by hand: in each example another term of the rule decides."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from bot.detection.detector.spike_hours import Cells, Hours
from bot.detection.detector.spike_rule import RULES, severity_of, window_bars
from bot.money import NANOS

DAY, WEEK = 24, 168
AGE = 40 * DAY
MID_MONTH = datetime(2026, 11, 16, 12, tzinfo=UTC)


def bar_of(
    width: int,
    spikes: Mapping[int, float],
    *,
    daily: float = 20.0,
    every: int = 1,
    spent: float = 0.0,
    age: int = AGE,
    now: datetime = MID_MONTH,
) -> tuple[Any, str]:
    """The bar in dollars, and its rule, of a window that ends now.

    The team costs a `daily` amount in this hour of `every` so many days; `spikes` are further dollars by hours ago, `spent`
    are the dollars of this hour.
    """
    dollars = np.zeros(age)
    dollars[-1 - every * DAY :: -every * DAY] = daily
    dollars[0] = max(dollars[0], 0.001)
    dollars[-1] = spent
    for back, amount in spikes.items():
        dollars[-1 - back] += amount
    last_hour = int(now.timestamp()) // 3600
    hours = Hours(
        np.round(dollars * NANOS).astype(np.int64)[None, :],
        known_hours=np.array([age]),
        first_hour=last_hour - age + 1,
    )
    found = window_bars(hours, width, Cells(np.array([0]), np.array([age - 1])))
    return round(float(found.bar[0]), 2), RULES[int(found.rule[0])]


@pytest.mark.parametrize(
    ("width", "every", "spent", "bar", "rule"),
    [
        (1, 1, 0, 1.5 * 20, "record"),
        (4, 1, 0, 2.2 * 20, "unlike this team"),
        (8, 1, 0, 2.0 * 20, "unlike this team"),
        (24, 2, 0, 1.5 * 20, "record"),
        (72, 1, 20, 1.5 * 60, "record"),
    ],
)
def test_a_window_is_held_against_its_record(width: int, every: int, spent: float, bar: float, rule: str) -> None:
    assert bar_of(width, {}, every=every, spent=spent) == (round(bar, 2), rule)


def test_two_and_a_half_times_the_mean_hours_of_four_weeks_are_asked_for() -> None:
    """27 days with $20."""
    assert bar_of(24, {})[0] == pytest.approx(2.5 * 20 * 27 / 28, abs=0.01)


@pytest.mark.parametrize(
    ("width", "every", "spent", "spikes", "bar"),
    [
        (1, 1, 0, {5 + 3 * DAY: 30}, 1.85 * (20 * (30 * 20) ** 0.5) ** 0.5),
        (1, 1, 0, {5 + 3 * DAY: 40}, 1.25 * 40),
        (24, 2, 0, {23 + 3 * DAY: 10}, 1.7 * (20 * 30) ** 0.5),
        (72, 1, 20, {72: 58}, 2.0 * (60 * 118) ** 0.5),
    ],
    ids=["an-odd-hour", "twice-the-second", "an-odd-day", "odd-days"],
)
def test_one_odd_peak_does_not_hide_the_next(
    width: int, every: int, spent: float, spikes: Mapping[int, float], bar: float
) -> None:
    assert bar_of(width, spikes, every=every, spent=spent) == (round(bar, 2), "unlike this team")


def test_a_lone_peak_counts_at_most_twice_the_second_from_twenty_two_days_on() -> None:
    lone = {5 + 14 * DAY + 12: 100.0}

    assert bar_of(1, lone, age=22 * DAY - 1) == (round(1.25 * 100, 2), "unlike this team")
    assert bar_of(1, lone, age=22 * DAY)[0] == pytest.approx(0.95 * 100, abs=0.01)


def test_a_spike_is_ninety_five_percent_of_the_highest_of_three_weeks_at_least() -> None:
    assert bar_of(1, {21 * DAY - 3: 100.0})[0] == pytest.approx(95, abs=0.01)
    assert bar_of(1, {21 * DAY + 3: 100.0})[0] == pytest.approx(30, abs=0.01)


def test_five_dollars_over_the_record_are_asked_for() -> None:
    assert bar_of(1, {}, daily=4.0)[0] == pytest.approx(4 + 5, abs=0.01)


def test_fifteen_percent_of_a_mean_day_over_a_usual_peak_are_asked_for() -> None:
    """Twelve hours of $20 on six of the last seven days."""
    busy = {back + day * DAY: 20.0 for day in range(1, 39) for back in range(1, 12)}

    assert bar_of(1, busy)[0] == pytest.approx(20 + 0.15 * 240 * 6 / 7, abs=0.01)


@pytest.mark.parametrize(("age", "bar"), [(4 * DAY + 1, 4.0), (10 * DAY + 1, 2.5), (16 * DAY + 1, 1.0)])
def test_a_young_team_is_judged_with_caution(age: int, bar: float) -> None:
    assert bar_of(1, {}, age=age)[0] == pytest.approx(bar * 30, abs=0.02)


def test_a_team_of_less_than_four_days_is_not_judged() -> None:
    assert bar_of(1, {}, age=4 * DAY - 1)[0] == float("inf")
    assert bar_of(1, {}, age=4 * DAY)[0] < float("inf")


@pytest.mark.parametrize(
    ("excess", "times"),
    [(400, 2.2), (2_000, 1 + 1.2 * (1 - 0.8 / 2)), (3_000, 1 + 1.2 * (1 - 0.8 * 0.62597))],
)
def test_less_of_a_surprise_is_enough_where_much_is_at_stake(excess: float, times: float) -> None:
    """By logarithms $2,000 are in the middle of $400 and $10,000."""
    bar, _ = bar_of(4, {}, daily=1_000.0, spent=1_000 + excess)

    assert bar == pytest.approx(times * 1_000, abs=0.1)


def test_three_days_are_no_spike_once_the_last_of_them_has_less_than_half_its_share() -> None:
    over = {30: 300.0}

    assert bar_of(72, over, spent=59.0)[0] == float("inf")
    assert bar_of(72, over, spent=70.0)[0] < float("inf")


def test_a_month_end_is_held_against_the_last_one() -> None:
    last_end = datetime(2026, 10, 31, 20, tzinfo=UTC)
    back = int((datetime(2026, 11, 30, 20, tzinfo=UTC) - last_end).total_seconds()) // 3600

    assert bar_of(1, {back: 100.0}, now=datetime(2026, 11, 30, 20, tzinfo=UTC))[0] == pytest.approx(2.5 * 120, abs=0.01)
    assert bar_of(1, {back: 100.0}, now=datetime(2026, 11, 26, 20, tzinfo=UTC))[0] == pytest.approx(30, abs=0.01)


def test_four_hours_over_two_and_a_half_times_this_time_of_day_are_unlike_it_from_twenty_two_days_on() -> None:
    """The record of $100 is of other hours; at this one nothing costs over $20."""
    elsewhere = {12 + day * DAY: 100.0 for day in range(1, 29)}

    assert bar_of(4, elsewhere) == (round(0.95 * 100, 2), "unlike this time of day")
    assert bar_of(4, elsewhere, daily=45.0) == (round(2.5 * 45, 2), "unlike this time of day")
    young = {12 + day * DAY: 100.0 for day in range(1, 21)}
    assert bar_of(4, young, age=22 * DAY - 1)[1] == "unlike this team"
    assert bar_of(4, young, age=22 * DAY)[1] == "unlike this time of day"


def test_a_day_over_four_times_this_time_of_the_week_is_unlike_it_from_twenty_nine_days_on() -> None:
    """$100 on each day but this one of the week, on which nothing costs over $25."""
    busy = {12 + day * DAY: 75.0 for day in range(1, 60) if day % 7 not in {0, 6}}

    def judged(age: int) -> tuple[Any, str]:
        return bar_of(24, {back: dollars for back, dollars in busy.items() if back < age - 1}, daily=25.0, age=age)

    assert judged(40 * DAY) == (100, "unlike this time of the week")
    assert judged(29 * DAY)[1] == "unlike this time of the week"
    assert judged(29 * DAY - 1)[1] != "unlike this time of the week"


@pytest.mark.parametrize(
    ("dollars", "severity"),
    [(99.99, "low"), (100, "medium"), (499.99, "medium"), (500, "high"), (2_499.99, "high"), (2_500, "critical")],
)
def test_the_severity_follows_the_excess(dollars: float, severity: str) -> None:
    assert severity_of(dollars) == severity
