"""The digest's hour in odd zones: a nine that is skipped or comes twice, a midnight that is skipped, a second Monday."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.periods import date_of, day_number
from bot.reporting.digests import due_week, next_digest

MINUTE = timedelta(minutes=1)
SKIPS = "Test/Skips_Nine"
"""A zone whose clocks go forward at nine on the last Monday of March, and back at ten on the last one of October. No real
zone has changed its clocks at nine on a Monday since 1900."""


@pytest.fixture(autouse=True)
def _zone_with_changes_at_nine(tmp_path: Path) -> Iterator[None]:
    counts = bytes([0] * 16) + (1).to_bytes(4, "big") + (4).to_bytes(4, "big")
    head = b"TZif2" + bytes(15) + counts
    kind = (0).to_bytes(4, "big") + bytes([0, 0]) + b"STD\x00"
    file = tmp_path / SKIPS
    file.parent.mkdir()
    file.write_bytes((head + kind) * 2 + b"\nSTD0DST,M3.5.1/9,M10.5.1/10\n")
    zoneinfo.reset_tzpath([str(tmp_path), *zoneinfo.TZPATH])
    yield
    zoneinfo.reset_tzpath()


def spans(zone_name: str, monday: str, *, step: timedelta = MINUTE) -> tuple[datetime, datetime, str]:
    """Returns the first moment at which the week before a Monday is due, the first at which it no longer is, and the local
    time of the former."""
    wanted = day_number(date.fromisoformat(monday)) - 7
    at = datetime.fromisoformat(monday).replace(tzinfo=UTC) - timedelta(days=2)
    due = []
    for _ in range(int(timedelta(days=5) / step)):
        if due_week(now=at, zone_name=zone_name) == wanted:
            due.append(at)
        at += step
    assert due[-1] - due[0] == step * (len(due) - 1), "it is due in one stretch"
    return due[0], due[-1] + step, f"{due[0].astimezone(zoneinfo.ZoneInfo(zone_name)):%a %H:%M}"


@pytest.mark.parametrize(
    ("zone_name", "monday", "local"),
    [
        (SKIPS, "2027-03-29", "Mon 10:00"),  # there is no nine: the clocks go from nine to ten
        (SKIPS, "2027-10-25", "Mon 09:00"),  # nine comes twice: the first counts
        ("Asia/Tehran", "2021-03-22", "Mon 09:00"),  # the Monday began at one
        ("Asia/Tehran", "2022-03-21", "Mon 09:00"),  # the Tuesday began at one, so the next nine is 23 hours later
        ("Australia/Lord_Howe", "2027-04-05", "Mon 09:00"),  # half an hour back on Sunday
        ("Australia/Lord_Howe", "2027-10-04", "Mon 09:00"),
        ("Pacific/Chatham", "2027-09-27", "Mon 09:00"),
        ("America/St_Johns", "2027-03-15", "Mon 09:00"),
        ("Asia/Kathmandu", "2027-03-15", "Mon 09:00"),
        ("Pacific/Apia", "2012-01-02", "Mon 09:00"),  # the Friday before did not exist
    ],
)
def test_a_week_is_due_for_a_day_from_the_first_nine_that_is_there(zone_name: str, monday: str, local: str) -> None:
    first, end, shown = spans(zone_name, monday)

    assert shown == local
    assert end - first == timedelta(hours=24)
    assert next_digest(now=first - MINUTE, zone_name=zone_name) == first
    assert next_digest(now=first, zone_name=zone_name) > end


def test_of_a_monday_that_comes_twice_the_first_counts() -> None:
    """In Samoa the fourth of July 1892 was followed by another one."""
    nine = datetime(1892, 7, 4, 9, tzinfo=zoneinfo.ZoneInfo("Pacific/Apia"))
    first, second = (nine.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    assert second - first == timedelta(days=1)

    monday = due_week(now=first, zone_name="Pacific/Apia")
    assert monday is not None
    assert date_of(monday) == date(1892, 6, 27)
    assert due_week(now=first + timedelta(hours=24) - MINUTE, zone_name="Pacific/Apia") == monday
    assert due_week(now=second + MINUTE, zone_name="Pacific/Apia") is None
