"""When a source is silent that usually sends, and what it sends afterwards."""

import numpy as np
import pytest

from bot.detection.data_gaps import BEFORE_HOURS, find_gaps, spread_catch_up
from tests.bot.spend import DAY, WEEK, dollars

NOW = 495_000
"""An hour since 1970."""
ALWAYS = set(range(NOW - 48 - BEFORE_HOURS, NOW + 1))
OFFICE = {hour for hour in ALWAYS if 9 <= hour % DAY < 18 and (hour // DAY + 3) % 7 < 5}


def silent(used: set[int], *, missed: range) -> list[tuple[int, int | None]]:
    """(from, end) in hours before now of what is found when hours back are missed."""
    found = find_gaps(used - {NOW - back for back in missed}, from_hour=NOW - 72, this_hour=NOW)
    return [(NOW - start, None if end is None else NOW - end) for start, end in found]


def test_a_source_that_misses_hours_in_which_it_always_sends_is_silent() -> None:
    assert silent(ALWAYS, missed=range(10, 13)) == [(12, 9)]


def test_one_missed_hour_is_no_silence() -> None:
    assert silent(ALWAYS, missed=range(10, 11)) == []


def test_a_source_that_is_still_silent_has_no_end() -> None:
    assert silent(ALWAYS, missed=range(4)) == [(3, None)]


def test_a_source_that_sends_again_in_the_open_hour_is_silent_no_longer() -> None:
    assert silent(ALWAYS, missed=range(1, 4)) == [(3, 0)]
    assert silent(ALWAYS, missed=range(4)) == [(3, None)]


def test_the_hours_that_must_be_known_reach_two_weeks_back() -> None:
    assert BEFORE_HOURS == 2 * WEEK


@pytest.mark.parametrize(("back", "found"), [(37, (11, 9)), (33, (12, 10)), (36, (35, 29)), (38, (12, 9))])
def test_yesterday_counts_for_an_hour_if_the_source_sent_in_it_or_the_hours_beside_it(
    back: int, found: tuple[int, int]
) -> None:
    """Yesterday it sent in one hour alone, so an hour beside that one is not usual; ten days are known."""
    known = {NOW - hour for hour in range(240)} - {NOW - hour for hour in range(30, 42)}

    assert silent(known | {NOW - back}, missed=range(10, 13))[-1] == found


def test_days_more_than_a_week_back_make_no_hour_unusual() -> None:
    known = {NOW - hour for hour in range(240)} - {NOW - 8 * DAY - hour for hour in (10, 11, 12)}

    assert silent(known, missed=range(10, 13)) == [(12, 9)]


def test_the_open_hour_may_still_bring_something() -> None:
    assert silent(ALWAYS, missed=range(1)) == []
    assert silent(ALWAYS, missed=range(2)) == []


def test_an_outage_of_two_days_is_one_silence() -> None:
    assert silent(ALWAYS, missed=range(5, 53)) == [(52, 4)]


def test_nights_and_weekends_of_an_office_are_no_silences() -> None:
    assert silent(OFFICE, missed=range(0)) == []


def test_a_nightly_job_that_did_not_run_is_one() -> None:
    nightly = {hour for hour in ALWAYS if hour % DAY in {2, 3}}
    last = max(hour for hour in nightly if hour < NOW)

    found = find_gaps(nightly - {last, last - 1}, from_hour=NOW - 72, this_hour=NOW)
    assert found == [(last - 1, last + 1)]


def test_a_source_that_began_yesterday_has_no_usual() -> None:
    assert silent(set(range(NOW - 140, NOW + 1)), missed=range(5, 9)) == []
    assert find_gaps(set(), from_hour=NOW - 72, this_hour=NOW) == []


def test_what_was_held_back_goes_where_it_was_missing_and_no_further() -> None:
    nanos = dollars(*[10] * (WEEK + 8))[None, :]
    nanos[0, -6:-3] = 0
    nanos[0, -3] = dollars(47)[0]

    mended = spread_catch_up(nanos, NOW, [(NOW + WEEK + 2, NOW + WEEK + 5)])

    assert mended[0, -6:].tolist() == dollars(10, 10, 10, 17, 10, 10).tolist()
    assert mended.sum() == nanos.sum()


def test_a_silence_is_filled_up_to_its_usual_for_each_series_by_itself() -> None:
    """The first series sent four of its ten in the gap, and one nano-dollar over its usual in an hour of it."""
    nanos = dollars(*[10] * (WEEK + 8))[None, :].repeat(2, axis=0)
    nanos[0, -6:-3] = dollars(4, 4, 10)
    nanos[0, -4] += 1
    nanos[0, -3] = dollars(30)[0]
    nanos[1, -6:-3] = dollars(0, 10, 10)
    nanos[1, -3] = dollars(50)[0]

    mended = spread_catch_up(nanos, NOW, [(NOW + WEEK + 2, NOW + WEEK + 5)])

    ten = dollars(10)[0]
    assert mended[0, -6:].tolist() == [ten, ten, ten + 1, *dollars(18, 10, 10).tolist()]
    assert mended[1, -6:].tolist() == dollars(10, 10, 10, 40, 10, 10).tolist()


def test_a_silence_without_a_lump_changes_nothing() -> None:
    nanos = dollars(*[10] * (WEEK + 8))[None, :]
    nanos[0, -6:-3] = 0

    assert (spread_catch_up(nanos, NOW, [(NOW + WEEK + 2, NOW + WEEK + 5)]) == nanos).all()
    assert (spread_catch_up(nanos, NOW, [(NOW + 5, NOW + 9)]) == nanos).all()  # no week before it is known


@pytest.mark.parametrize(
    ("sent", "is_silent"),
    [
        ([1, 2, 3, 7], True),
        ([1, 2, 7], True),  # three days are enough
        ([1, 7], False),
        ([1, 2, 3], False),  # not a week before
        ([7, 14], True),  # two weeks are as good as three days
        ([14], False),
    ],
)
def test_an_hour_is_usual_by_its_week_before_and_three_days_or_two_weeks(sent: list[int], is_silent: bool) -> None:
    used = {NOW - back * DAY - hour for back in sent for hour in (5, 6)} | {NOW}

    found = find_gaps(used, from_hour=NOW - 10, this_hour=NOW)
    assert found == ([(NOW - 6, NOW - 4)] if is_silent else [])


@pytest.mark.parametrize("around", [4, 7])
def test_a_day_with_usage_around_the_hour_alone_makes_the_hour_unusual(around: int) -> None:
    used = {NOW - back * DAY - hour for back in (1, 2, 3, 7) for hour in (5, 6)} | {NOW}

    assert find_gaps(used | {NOW - 4 * DAY - around}, from_hour=NOW - 10, this_hour=NOW) == []


def test_two_silences_are_told_apart() -> None:
    assert silent(ALWAYS - {NOW - 20, NOW - 21}, missed=range(10, 13)) == [(21, 19), (12, 9)]


def test_the_first_hour_asked_for_is_looked_at_and_none_before() -> None:
    used = ALWAYS - {NOW - 5, NOW - 6, NOW - 7}

    assert find_gaps(used, from_hour=NOW - 6, this_hour=NOW) == [(NOW - 6, NOW - 4)]
    assert find_gaps(used, from_hour=NOW - 5, this_hour=NOW) == []


@pytest.mark.parametrize(("after", "is_spread"), [(0, True), (5, True), (6, False)])
def test_six_hours_after_a_silence_may_catch_up(after: int, is_spread: bool) -> None:
    nanos = dollars(*[10] * (WEEK + 14))[None, :]
    nanos[0, WEEK + 2] = 0
    nanos[0, WEEK + 3 + after] = dollars(15)[0]
    mended = spread_catch_up(nanos, NOW, [(NOW + WEEK + 2, NOW + WEEK + 3)])

    assert mended[0, WEEK + 2] == (dollars(5)[0] if is_spread else 0)
    assert mended.sum() == nanos.sum()


@pytest.mark.parametrize(("start", "is_spread"), [(WEEK, True), (WEEK - 1, False)])
def test_a_silence_is_filled_if_its_week_before_is_known(start: int, is_spread: bool) -> None:
    nanos = dollars(*[10] * (WEEK + 8))[None, :]
    nanos[0, start], nanos[0, start + 1] = 0, dollars(20)[0]

    mended = spread_catch_up(nanos, NOW, [(NOW + start, NOW + start + 1)])
    assert mended[0, start] == (dollars(10)[0] if is_spread else 0)


def test_a_silence_that_ends_with_the_last_hour_has_nothing_to_be_filled_with() -> None:
    nanos = dollars(*[10] * (WEEK + 8))[None, :]
    nanos[0, -2:] = 0
    silences = [(NOW + WEEK + 6, NOW + WEEK + 8), (NOW + WEEK + 1, NOW + WEEK + 2)]
    nanos[0, WEEK + 1], nanos[0, WEEK + 2] = 0, dollars(20)[0]

    mended = spread_catch_up(nanos, NOW, silences)
    assert mended[0, -2:].tolist() == [0, 0]
    assert mended[0, WEEK + 1 : WEEK + 3].tolist() == dollars(10, 10).tolist()


def test_each_row_is_filled_by_its_own_lumps_the_first_missing_hour_first() -> None:
    nanos = np.repeat(dollars(*[10] * (WEEK + 8))[None, :], 2, axis=0)
    nanos[:, WEEK + 2 : WEEK + 4] = 0
    nanos[0, WEEK + 4 : WEEK + 6] = dollars(14, 12)

    mended = spread_catch_up(nanos, NOW, [(NOW + WEEK + 2, NOW + WEEK + 4)])
    assert mended[0, WEEK + 2 : WEEK + 6].tolist() == dollars(6, 0, 10, 10).tolist()
    assert (mended[1] == nanos[1]).all()
