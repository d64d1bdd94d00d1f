"""Which share of a team's hours is cost that two sources both reported."""

import pytest

from bot.crosschecks.overlaps import ComparedCall
from bot.detection.double_reports import double_reported_by_hour
from bot.periods import HOUR_MICROS


def call(hour: int, nanos: int, *, team: int = 3) -> ComparedCall:
    return ComparedCall(1, hour * HOUR_MICROS + 1, "opus", 200, 20, nanos, team)


ONCE, TWICE = call(10, 30), call(10, 10)
ANOTHER_HOUR, ANOTHER_TEAM = call(11, 60), call(10, 99, team=4)
CALLS = [ONCE, TWICE, ANOTHER_HOUR, ANOTHER_TEAM]


def doubled(calls: list[ComparedCall], spent: dict[int, int], *, both: tuple[int, ...] = ()) -> dict[int, int]:
    return double_reported_by_hour(CALLS, calls, team_id=3, spent=spent, both=both)


def test_an_hour_counts_by_the_share_of_its_calls_that_are_there_twice() -> None:
    assert doubled([TWICE], {10: 1_000}) == {10: 250}
    assert doubled([TWICE, ONCE], {10: 1_000}) == {10: 1_000}
    assert doubled([TWICE], {10: 7}) == {10: 1}


def test_an_hour_without_a_call_that_is_there_twice_is_left_out() -> None:
    assert doubled([TWICE], {11: 1_000}) == {}
    assert doubled([], {10: 1_000}) == {}


def test_another_teams_calls_count_for_nothing() -> None:
    assert doubled([ANOTHER_TEAM], {10: 1_000}) == {}


@pytest.mark.parametrize(
    ("hour", "both", "found"),
    [(9, (9,), {9: 250}), (9, (), {}), (12, (12,), {}), (8, (9,), {})],
)
def test_an_hour_before_the_sample_counts_by_the_share_of_all_if_both_sources_were_used(
    hour: int, both: tuple[int, ...], found: dict[int, int]
) -> None:
    """Of the hours with a double a quarter is there twice: the eleventh has none and does not count."""
    assert doubled([TWICE], {hour: 1_000}, both=both) == found


def test_an_hour_within_the_sample_that_has_no_call_in_it_is_left_out() -> None:
    """Both sources were used, but nothing of theirs was there twice."""
    calls = [TWICE, ONCE, call(14, 5)]

    assert double_reported_by_hour(calls, [TWICE], team_id=3, spent={12: 1_000}, both={12}) == {}


def test_a_nano_dollar_that_is_there_twice_counts() -> None:
    once, twice = call(10, 3), call(10, 1)

    assert double_reported_by_hour([once, twice], [twice], team_id=3, spent={10: 1_000}, both=()) == {10: 250}


def test_an_hour_that_is_left_out_leaves_the_next_one_in() -> None:
    assert doubled([TWICE], {12: 1_000, 11: 1_000, 10: 1_000}) == {10: 250}
