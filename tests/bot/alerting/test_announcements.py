"""What can be typed to announce spend, and what is said where it can't."""

from datetime import UTC, datetime

import pytest

from bot.alerting.announcements import parse_announcement
from bot.money import NANOS
from bot.periods import moment
from bot.refusals import Refusal

NOW = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)  # a Thursday


def day(month: int, number: int, hour: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, number, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "what", "begins", "ends", "dollars"),
    [
        ("launch 2 days", "launch", NOW, day(11, 28, 14), None),
        ("launch for a week", "launch", NOW, day(12, 3, 14), None),
        ("  Load  test 36h", "Load test", NOW, day(11, 28, 2), None),
        ("launch 2 days from today", "launch", NOW, day(11, 28, 14), None),
        ("Black Friday sale 1 week from tomorrow up to $5k", "Black Friday sale", day(11, 27), day(12, 4), 5_000),
        ("evals 3h up to 500 from 1 Dec", "evals", day(12, 1), day(12, 1, 3), 500),
        ("migration from azure 3 days from monday", "migration from azure", day(11, 30), day(12, 3), None),
        ("x two weeks from Dec 24 up to $1,250", "x", day(12, 24), day(1, 7, year=2027), 1_250),
        ("x 1 day from 2 jan", "x", day(1, 2, year=2027), day(1, 3, year=2027), None),
        ("gpt 5 rollout 2 days", "gpt 5 rollout", NOW, day(11, 28, 14), None),
    ],
)
def test_spend_is_announced(typed: str, what: str, begins: datetime, ends: datetime, dollars: int | None) -> None:
    said = parse_announcement(typed, now=NOW, zone_name="Europe/London", command="/tokens")

    limit = None if said.limit_nanos is None else said.limit_nanos // NANOS
    assert (said.what, moment(said.from_at), moment(said.until_at), limit) == (what, begins, ends, dollars)


def test_a_day_begins_on_the_teams_clock() -> None:
    said = parse_announcement("x 1 day from tomorrow", now=NOW, zone_name="America/Los_Angeles", command="/tokens")

    assert moment(said.from_at) == day(11, 27, 8)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("launch", "for how long"),
        ("2 days", "what to expect"),
        ("launch 2 days until friday", "for how long"),
        ("launch 0 days", "at least 1 hour"),
        ("launch 32 days", "at most 31 days"),
        ("launch 2 days from never", "a date like"),
        ("launch 2 days from 2026-13-40", "a date like"),
        ("launch 2 days from 31 nov", "a date like"),
        ("launch 2 days from 2026-11-25", "is past"),
        ("launch 2 days from 2027-03-01", "90 days ahead"),
        ("launch 2 days up to lots", "Up to how much"),
        (f"{'x' * 61} 2 days", "60 characters"),
    ],
)
def test_what_can_not_be_read_says_what_to_type(typed: str, says: str) -> None:
    with pytest.raises(Refusal, match=f"(?i){says}") as refused:
        parse_announcement(typed, now=NOW, zone_name="UTC", command="/tokens")

    assert says in ("is past", "90 days ahead") or "/tokens expect launch 2 days" in refused.value.sentence
