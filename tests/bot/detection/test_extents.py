"""From when to when a spike goes, by hand-made hours."""

import numpy as np
import pytest

from bot.detection.detector.spike_bands import onset, usual_band
from bot.detection.extents import Extent, extent_of
from bot.detection.incidents import QUIET_HOURS, group_incidents
from bot.detection.shared_rises import MAX_HOURS, MIN_TEAMS, is_shared, rising_hours
from bot.detection.sweeps import SpikingHour
from bot.money import NANOS
from tests.bot.spend import DAY, WEEK

FIRST = 1_000
"""The first hour of a series of two weeks of a dollar an hour."""
FLAT = np.full(2 * WEEK, NANOS)
LAST = FIRST + 2 * WEEK - 1


def extent(*extra: int, window: int = 8, since: int | None = None) -> Extent:
    """The extent of a spike of so many more dollars in each of the last hours."""
    costs = FLAT.copy()
    costs[len(costs) - len(extra) :] += np.array(extra, dtype=np.int64) * NANOS
    return extent_of(costs, first_hour=FIRST, last_hour=LAST, window_hours=window, since=since)


def test_an_extent_begins_where_a_twentieth_of_the_excess_is() -> None:
    assert extent(5, 95) == Extent(from_hour=LAST - 1, to_hour=LAST, observed_nanos=102 * NANOS, usual_nanos=2 * NANOS)
    assert extent(4, 96).from_hour == LAST


def test_an_extent_ends_where_nineteen_twentieths_were_spent() -> None:
    ended = extent(95, 5)

    assert (ended.from_hour, ended.to_hour, ended.hours) == (LAST - 1, LAST - 1, 1)
    assert (ended.observed_nanos, ended.usual_nanos, ended.excess_nanos) == (96 * NANOS, NANOS, 95 * NANOS)
    assert extent(94, 6).to_hour == LAST


def test_an_extent_without_anything_above_its_usual_is_its_window() -> None:
    assert extent() == Extent(from_hour=LAST - 7, to_hour=LAST, observed_nanos=8 * NANOS, usual_nanos=8 * NANOS)
    assert extent().excess_nanos == 0


def test_an_extent_begins_when_it_was_known_to_unless_it_began_before() -> None:
    assert extent(50, 50, since=LAST - 5).from_hour == LAST - 5
    assert extent(50, 50, since=LAST).from_hour == LAST - 1
    assert extent(50, 50, since=0).from_hour == FIRST


def test_an_extent_known_since_before_its_first_dear_hour_ends_with_its_last_one() -> None:
    ended = extent(50, 50, 0, 0, 0, since=LAST - 9)

    assert (ended.from_hour, ended.to_hour) == (LAST - 9, LAST - 3)


def test_an_excess_is_never_below_nothing() -> None:
    assert Extent(from_hour=1, to_hour=1, observed_nanos=1, usual_nanos=2).excess_nanos == 0
    assert Extent(from_hour=1, to_hour=1, observed_nanos=2, usual_nanos=2).excess_nanos == 0
    assert Extent(from_hour=1, to_hour=1, observed_nanos=3, usual_nanos=2).excess_nanos == 1


@pytest.mark.parametrize(("apart", "incidents"), [(QUIET_HOURS, 1), (QUIET_HOURS + 1, 2)])
def test_hours_are_one_incident_up_to_sixty_quiet_hours(apart: int, incidents: int) -> None:
    hours = [SpikingHour(hour=at, part=None, window_hours=1, excess_dollars=9) for at in (100, 100 + apart)]

    assert QUIET_HOURS == 60
    assert len(group_incidents(hours)) == incidents


@pytest.mark.parametrize(
    ("new", "active", "shared"), [(3, 3, False), (4, 4, True), (4, 8, True), (4, 9, False), (0, 0, False)]
)
def test_a_rise_is_shared_by_four_teams_or_more_that_are_half_of_the_active_ones(
    new: int, active: int, shared: bool
) -> None:
    assert (MIN_TEAMS, MAX_HOURS) == (4, 6)
    assert is_shared(new=new, active=active) is shared


@pytest.mark.parametrize(
    ("dollars", "rising"),
    [
        ([2.01, 0, 0, 0], []),  # one of four
        ([2.01, 2.01, 0, 0], [WEEK + DAY - 1]),
        ([2.0, 2.0, 0, 0], []),  # just twice
    ],
)
def test_teams_rise_together_when_half_are_above_twice_their_usual(dollars: list[float], rising: list[int]) -> None:
    nanos = np.full((4, WEEK + DAY), NANOS)
    nanos[:, -1] += np.array([round((amount - 1) * NANOS) if amount else 0 for amount in dollars])

    assert rising_hours(nanos) == rising


@pytest.mark.parametrize(
    ("hour", "last", "rising"),
    [
        (-1, NANOS, [WEEK + DAY - 1]),  # from nothing to a dollar
        (-1, NANOS - 1, []),
        (-DAY, NANOS, [WEEK]),  # the first hour of the last day
        (-DAY - 1, NANOS, []),
    ],
)
def test_a_rise_is_of_a_dollar_or_more_in_the_last_day(hour: int, last: int, rising: list[int]) -> None:
    nanos = np.zeros((2, WEEK + DAY), dtype=np.int64)
    nanos[:, hour] = last

    assert rising_hours(nanos) == rising


def test_a_rise_is_above_the_day_and_the_week_before() -> None:
    for back in (DAY, WEEK):
        nanos = np.zeros((2, WEEK + DAY), dtype=np.int64)
        nanos[:, -1], nanos[:, -1 - back] = 4 * NANOS, 2 * NANOS
        assert rising_hours(nanos) == []
        nanos[:, -1] += 1
        assert rising_hours(nanos) == [WEEK + DAY - 1]


def band_at_last(costs: list[int]) -> tuple[int, int]:
    low, high = usual_band(np.array(costs), 1)
    return int(low[0]), int(high[0])


def test_the_band_is_of_the_same_hours_of_four_weeks_without_the_oddest() -> None:
    """Around the hour a week before lie 1, 10 and 100; two, three, four and five weeks before likewise, times their number."""
    costs = np.zeros(5 * WEEK + 2, dtype=np.int64)
    last = len(costs) - 1
    for week in (1, 2, 3, 4, 5):
        costs[last - week * WEEK - 1 : last - week * WEEK + 2] = np.array([1, 10, 100]) * week

    assert band_at_last(costs.tolist()) == (2, 300)


def test_the_band_is_of_the_days_before_where_no_week_is_known() -> None:
    costs = [0] * (DAY * 2 + 5)
    costs[4 + DAY - 1 : 4 + DAY + 2] = [3, 5, 4]
    costs[3:6] = [9, 8, 7]

    assert band_at_last(costs) == (3, 9)


@pytest.mark.parametrize(("known", "band"), [(WEEK, (5, 5)), (WEEK + 1, (1, 1))])
def test_a_week_is_compared_from_the_hour_on_in_which_one_is_known(known: int, band: tuple[int, int]) -> None:
    costs = [5] * known
    costs[:3] = [1, 1, 1]

    assert band_at_last(costs) == band


@pytest.mark.parametrize(
    ("costs", "usual", "hours"),
    [
        ([0, 0, 5, 95], [0, 0, 0, 0], 2),
        ([0, 0, 4, 96], [0, 0, 0, 0], 1),
        ([1, 1, 1, 1], [1, 1, 1, 1], 4),
        ([9, 0, -7, 6], [1, 1, 1], 1),
        ([50, 2, 2, 2], [1, 1, 1], 3),
    ],
)
def test_a_spike_begins_with_the_first_twentieth_above_its_band(costs: list[int], usual: list[int], hours: int) -> None:
    assert onset(np.array(costs), np.array(usual)) == hours
