"""When a source is silent that usually sends, and what it sends afterwards."""

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


def test_a_silence_without_a_lump_changes_nothing() -> None:
    nanos = dollars(*[10] * (WEEK + 8))[None, :]
    nanos[0, -6:-3] = 0

    assert (spread_catch_up(nanos, NOW, [(NOW + WEEK + 2, NOW + WEEK + 5)]) == nanos).all()
    assert (spread_catch_up(nanos, NOW, [(NOW + 5, NOW + 9)]) == nanos).all()  # no week before it is known
