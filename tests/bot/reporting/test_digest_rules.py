"""The digest's hour by each team's own clock, through daylight saving, and the week's drivers."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.money import NANOS
from bot.periods import date_of, day_number
from bot.reporting.digests import drivers_of, due_week, next_digest
from bot.reporting.figures import Share

Dimension = Literal["tool", "model", "workflow"]
ZONES = ("UTC", "Europe/London", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Apia")
MOMENTS = st.datetimes(datetime(2021, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds are naive


def at(text: str, zone_name: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone_name)).astimezone(UTC)


def due(text: str, zone_name: str, *, spoken_in: str | None = None) -> str | None:
    """Returns the Monday of the week that is due at a wall-clock time."""
    monday = due_week(now=at(text, spoken_in or zone_name), zone_name=zone_name)
    return None if monday is None else date_of(monday).isoformat()


@pytest.mark.parametrize(
    ("now", "week"),
    [
        ("2026-11-23T08:59:59", None),
        ("2026-11-23T09:00:00", "2026-11-16"),
        ("2026-11-23T23:59:59", "2026-11-16"),
        ("2026-11-24T08:59:59", "2026-11-16"),
        ("2026-11-24T09:00:00", None),
        ("2026-11-29T12:00:00", None),
        ("2027-01-04T09:00:00", "2026-12-28"),
    ],
)
def test_the_closed_week_is_due_on_monday_at_nine_and_for_a_day(now: str, week: str | None) -> None:
    for zone_name in ZONES:
        assert due(now, zone_name) == week


def test_each_zone_has_its_own_monday() -> None:
    """At nine in Auckland it is Sunday evening in London."""
    assert due("2026-11-23T09:00:00", "Europe/London", spoken_in="Pacific/Auckland") is None
    assert due("2026-11-23T17:00:00", "America/Los_Angeles", spoken_in="UTC") == "2026-11-16"
    assert due("2026-11-23T16:59:59", "America/Los_Angeles", spoken_in="UTC") is None


@pytest.mark.parametrize(
    ("monday", "zone_name", "utc"),
    [
        ("2026-03-23", "Europe/London", "2026-03-23T09:00:00"),
        ("2026-03-30", "Europe/London", "2026-03-30T08:00:00"),  # the clocks went forward the day before
        ("2026-10-19", "Europe/London", "2026-10-19T08:00:00"),
        ("2026-10-26", "Europe/London", "2026-10-26T09:00:00"),  # and back
        ("2026-03-09", "America/Los_Angeles", "2026-03-09T16:00:00"),
        ("2026-11-02", "America/Los_Angeles", "2026-11-02T17:00:00"),
    ],
)
def test_a_change_of_the_clocks_moves_the_moment_and_never_the_hour(monday: str, zone_name: str, utc: str) -> None:
    week = (date.fromisoformat(monday) - timedelta(days=7)).isoformat()
    slot = at(utc)

    assert due(utc, zone_name, spoken_in="UTC") == week
    assert due_week(now=slot - timedelta(seconds=1), zone_name=zone_name) is None
    assert next_digest(now=slot - timedelta(days=3), zone_name=zone_name) == slot


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_digest_that_comes_next_is_due_then_and_not_before(now: datetime, zone_name: str) -> None:
    coming = next_digest(now=now, zone_name=zone_name)
    local = coming.astimezone(ZoneInfo(zone_name))

    assert now < coming <= now + timedelta(days=7, hours=2)
    assert (local.weekday(), local.hour, local.minute) == (0, 9, 0)
    assert due_week(now=coming, zone_name=zone_name) == day_number(local.date()) - 7
    assert due_week(now=coming - timedelta(seconds=1), zone_name=zone_name) is None


def share(name: str, dollars: int, before: int = 0) -> Share:
    return Share(name=name, cost_nanos=dollars * NANOS, before_nanos=before * NANOS, tokens=1)


def drivers(**shares: list[Share]) -> list[tuple[str, str]]:
    given_shares: dict[Dimension, list[Share]] = {
        dimension: shares[dimension] for dimension in ("tool", "model", "workflow") if dimension in shares
    }
    return [(driver.dimension, driver.share.name) for driver in drivers_of(given_shares)]


def test_the_largest_change_comes_first_in_either_direction() -> None:
    assert drivers(tool=[share("up", 150, 100), share("down", 20, 100), share("same", 500, 500)]) == [
        ("tool", "down"),
        ("tool", "up"),
    ]


def test_the_same_calls_are_named_once_by_the_most_specific_part() -> None:
    assert drivers(
        tool=[share("Claude Code", 300, 100)],
        model=[share("opus", 295, 100)],
        workflow=[share("evals", 190, 0)],
    ) == [("workflow", "evals")]


def test_parts_that_moved_by_clearly_different_amounts_are_all_named() -> None:
    assert drivers(
        tool=[share("Claude Code", 400, 100)], model=[share("opus", 200, 0)], workflow=[share("evals", 100, 0)]
    ) == [("tool", "Claude Code"), ("model", "opus"), ("workflow", "evals")]


def test_a_change_below_a_twentieth_of_the_week_is_no_driver() -> None:
    assert drivers(tool=[share("big", 1_000, 1_000), share("small", 49, 0)]) == []
    assert drivers(tool=[share("big", 1_000, 1_000), share("more", 60, 0)]) == [("tool", "more")]


def test_at_most_three_are_named() -> None:
    many = [share(name, dollars) for name, dollars in (("a", 100), ("b", 80), ("c", 60), ("d", 45))]

    assert drivers(tool=many) == [("tool", "a"), ("tool", "b"), ("tool", "c")]


def test_an_unchanged_an_empty_and_a_nameless_week_have_no_driver() -> None:
    assert drivers() == []
    assert drivers(tool=[], model=[]) == []
    assert drivers(tool=[share("same", 5, 5)]) == []
    assert drivers(workflow=[share("", 100, 0)]) == []
