"""Working time: exact in each zone, at clock changes, on days off and at the edges of the day."""

from datetime import UTC, date, datetime

import pytest

from bot.org.attendance.working_hours import WorkingHours, WorkTime, parse_hours
from bot.periods import HOUR_MICROS, day_number, micros, moment, zone


def at(text: str, zone_name: str = "Europe/London") -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=zone(zone_name)))


def local(at_micros: int, zone_name: str = "Europe/London") -> str:
    return moment(at_micros).astimezone(zone(zone_name)).strftime("%a %Y-%m-%d %H:%M")


LONDON = WorkTime(zone_name="Europe/London")


@pytest.mark.parametrize(
    ("asked", "hours", "due"),
    [
        ("2026-11-30 09:00", 4, "Mon 2026-11-30 13:00"),
        ("2026-11-30 03:12", 4, "Mon 2026-11-30 13:00"),
        ("2026-11-30 16:30", 4, "Tue 2026-12-01 11:30"),
        ("2026-11-30 14:00", 4, "Tue 2026-12-01 09:00"),  # work is over at 18:00, so it is the next morning
        ("2026-11-27 17:00", 2, "Mon 2026-11-30 10:00"),
        ("2026-11-28 12:00", 0, "Mon 2026-11-30 09:00"),
        ("2026-11-30 10:00", 45, "Mon 2026-12-07 10:00"),
        ("2026-11-30 10:00", 0.25, "Mon 2026-11-30 10:15"),
    ],
)
def test_hours_of_work_pass_on_working_days_alone(asked: str, hours: float, due: str) -> None:
    assert local(LONDON.after(at(asked), hours)) == due


def test_days_off_are_no_working_days() -> None:
    christmas = frozenset({day_number(date(2026, 12, 25)), day_number(date(2026, 12, 28))})
    off = WorkTime(zone_name="Europe/London", days_off=christmas)

    assert local(off.after(at("2026-12-24 17:00"), 2)) == "Tue 2026-12-29 10:00"
    assert not off.is_working(at("2026-12-25 12:00"))
    assert off.between(at("2026-12-24 17:00"), at("2026-12-29 10:00")) == 2 * HOUR_MICROS


@pytest.mark.parametrize(
    ("zone_name", "asked", "due"),
    [
        ("Europe/London", "2026-03-27 17:30", "Mon 2026-03-30 12:30"),  # the clock goes forward on Sunday
        ("Europe/London", "2026-10-23 17:30", "Mon 2026-10-26 12:30"),  # and back
        ("America/Los_Angeles", "2026-03-06 17:30", "Mon 2026-03-09 12:30"),
        ("Asia/Kolkata", "2026-03-06 17:30", "Mon 2026-03-09 12:30"),
        ("Australia/Lord_Howe", "2026-04-03 17:30", "Mon 2026-04-06 12:30"),  # by half an hour
    ],
)
def test_a_weekend_with_another_clock_changes_nothing(zone_name: str, asked: str, due: str) -> None:
    assert local(WorkTime(zone_name=zone_name).after(at(asked, zone_name), 4), zone_name) == due


def test_a_night_that_is_worked_through_has_an_hour_less_where_the_clock_goes_forward() -> None:
    early = WorkTime(zone_name="Europe/London", hours=WorkingHours(weekdays=frozenset({6}), begins=0, ends=6 * 60))

    assert early.between(at("2026-03-29 00:00"), at("2026-03-29 06:00")) == 5 * HOUR_MICROS
    assert early.between(at("2026-10-25 00:00"), at("2026-10-25 06:00")) == 7 * HOUR_MICROS
    assert local(early.after(at("2026-03-29 00:00"), 2)) == "Sun 2026-03-29 03:00"


def test_the_same_moment_is_work_in_one_zone_and_night_in_another() -> None:
    now = micros(datetime(2026, 11, 30, 13, tzinfo=UTC))

    assert WorkTime(zone_name="Europe/London").is_working(now)
    assert not WorkTime(zone_name="Asia/Tokyo").is_working(now)
    assert not WorkTime(zone_name="America/Los_Angeles").is_working(now)
    assert not LONDON.is_working(at("2026-11-30 18:00"))
    assert LONDON.is_working(at("2026-11-30 09:00"))


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("Mon-Fri 09:00-18:00", WorkingHours()),
        ("mon–fri 9:00–18:00", WorkingHours()),
        ("Sun-Thu 08:30-17:00", WorkingHours(weekdays=frozenset({6, 0, 1, 2, 3}), begins=510, ends=1020)),
        ("Monday, Wed 10:00-12:00", WorkingHours(weekdays=frozenset({0, 2}), begins=600, ends=720)),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, hours: WorkingHours) -> None:
    assert parse_hours(typed) == hours


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("always", "write the days and hours like Mon-Fri 09:00-18:00"),
        ("Mon-Fri 18:00-09:00", "must end after they begin"),
        ("Mon-Fru 09:00-18:00", "fru is no day of the week"),
        ("Monkey 09:00-18:00", "monkey is no day of the week"),
        ("Mon-Fri 09:00-24:30", "24:30 is no time of the day"),
    ],
)
def test_other_hours_are_refused_with_what_to_write(typed: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_hours(typed)


def test_without_any_working_day_the_search_ends() -> None:
    never = WorkTime(zone_name="UTC", hours=WorkingHours(weekdays=frozenset()))

    assert never.after(at("2026-11-30 10:00"), 1) == at("2026-11-30 10:00") + HOUR_MICROS
