"""Which days a posting pass sums again: never fewer than those that changed or ended since."""

from hypothesis import given
from hypothesis import strategies as st

from bot.books.charges import FIRST_DAY, RECENT_HOURS, Posted, TeamUsage, days_to_post

TODAY = 20_000
NEWEST = TODAY * 24 - 5
POSTED = Posted(version=7, newest_hour=NEWEST, rewrites=1, until_day=TODAY)
USAGE = TeamUsage(team_id=3, version=7, newest_hour=NEWEST, rewrites=1, posted=POSTED)
OFFSETS = range(-12, 15)
"""Hours between the zones of the earth and UTC."""


def test_an_unchanged_team_has_nothing_due() -> None:
    assert days_to_post(USAGE, today=TODAY) is None
    assert days_to_post(USAGE, today=TODAY - 1) is None  # a zone moved west


def test_a_day_that_ended_is_due_alone() -> None:
    assert days_to_post(USAGE, today=TODAY + 1) == (TODAY, TODAY + 1)


def test_a_team_that_nobody_posted_and_a_rewritten_one_have_all_days_due() -> None:
    for usage in (
        USAGE._replace(posted=None),
        USAGE._replace(version=8, rewrites=2),
        USAGE._replace(version=6),  # the totals are older than the posting: a restored table
    ):
        assert days_to_post(usage, today=TODAY) == (FIRST_DAY, TODAY)


@given(
    changed_hours=st.lists(st.integers(NEWEST - 1_000, NEWEST + 200), min_size=1, max_size=6),
    offset=st.sampled_from(OFFSETS),
    days_later=st.integers(0, 3),
)
def test_every_changed_day_before_today_is_due_whatever_the_zone(
    changed_hours: list[int], offset: int, days_later: int
) -> None:
    newest, rewrites = NEWEST, 1
    for hour in changed_hours:  # as `storage.intake.rollups` counts changes
        rewrites += hour < newest - RECENT_HOURS
        newest = max(newest, hour)
    usage = TeamUsage(3, 7 + len(changed_hours), newest, rewrites, POSTED)
    today = TODAY + days_later

    first, end = days_to_post(usage, today=today) or (today, today)

    changed = {(hour + offset) // 24 for hour in changed_hours}
    assert all(first <= day < end for day in changed if day < today)
