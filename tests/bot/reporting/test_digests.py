"""The digest is due once a week in every zone, through clock changes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.periods import date_of, week_name
from bot.reporting.digests import due_week, next_digest

SECOND = timedelta(seconds=1)
MONDAYS = (
    ("Europe/London", "2026-11-23T09:00:00+00:00", "2026-W47"),
    ("Europe/London", "2027-03-29T08:00:00+00:00", "2027-W12"),  # summer time began the day before
    ("Europe/London", "2026-10-26T09:00:00+00:00", "2026-W43"),  # summer time ended the day before
    ("America/Los_Angeles", "2027-03-15T16:00:00+00:00", "2027-W10"),
    ("America/Los_Angeles", "2026-11-02T17:00:00+00:00", "2026-W44"),
    ("Asia/Kolkata", "2026-11-23T03:30:00+00:00", "2026-W47"),
    ("Asia/Kathmandu", "2026-11-23T03:15:00+00:00", "2026-W47"),
    ("Pacific/Kiritimati", "2026-11-22T19:00:00+00:00", "2026-W47"),
    ("Pacific/Pago_Pago", "2026-11-23T20:00:00+00:00", "2026-W47"),
    ("UTC", "2027-01-04T09:00:00+00:00", "2026-W53"),
)
"""(zone, the moment of Monday 09:00 there, the week that closed)"""


@pytest.mark.parametrize(("zone", "nine", "week"), MONDAYS)
def test_a_digest_is_due_from_nine_on_monday_in_the_teams_zone(zone: str, nine: str, week: str) -> None:
    moment = datetime.fromisoformat(nine)
    monday = due_week(now=moment, zone_name=zone)

    assert monday is not None
    assert week_name(monday) == week
    assert date_of(monday).weekday() == 0
    assert due_week(now=moment - SECOND, zone_name=zone) is None


@pytest.mark.parametrize(("zone", "nine", "week"), MONDAYS)
def test_the_hour_can_be_missed_by_a_day_and_no_more(zone: str, nine: str, week: str) -> None:
    moment = datetime.fromisoformat(nine)
    late = due_week(now=moment + timedelta(hours=24) - SECOND, zone_name=zone)

    assert late is not None
    assert week_name(late) == week
    assert due_week(now=moment + timedelta(hours=24), zone_name=zone) is None


@pytest.mark.parametrize(("zone", "nine", "week"), MONDAYS)
def test_the_next_digest_is_the_coming_mondays(zone: str, nine: str, week: str) -> None:
    moment = datetime.fromisoformat(nine)

    assert next_digest(now=moment - SECOND, zone_name=zone) == moment
    following = next_digest(now=moment, zone_name=zone)
    assert due_week(now=following, zone_name=zone) is not None
    assert due_week(now=following - SECOND, zone_name=zone) is None
    assert abs(following - moment - timedelta(days=7)) <= timedelta(hours=1)


@pytest.mark.parametrize("zone", ["Europe/London", "America/Los_Angeles", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_every_week_of_two_years_is_due_once(zone: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    weeks: list[int] = []
    for hours in range(2 * 365 * 24):
        monday = due_week(now=moment + timedelta(hours=hours), zone_name=zone)
        if monday is not None and monday not in weeks[-1:]:
            weeks.append(monday)

    assert len(weeks) == 104
    assert {later - earlier for earlier, later in pairwise(weeks)} == {7}
