"""Announcements: accepted texts, and the refusals of others."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.alerting.announcements import Announcement, UnclearAnnouncement, is_repeated_announcement, parse_announcement
from bot.alerting.expectations import TEAM_TOTAL, Expectation
from bot.money import NANOS
from bot.periods import DAY_MICROS, MICROS, micros, moment

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
        ("x an hour", "x", NOW, day(11, 26, 15), None),
        ("x one hr", "x", NOW, day(11, 26, 15), None),
        ("x ONE Day", "x", NOW, day(11, 27, 14), None),
        ("x three d", "x", NOW, day(11, 29, 14), None),
        ("x 1 w", "x", NOW, day(12, 3, 14), None),
        ("x 31 days", "x", NOW, day(12, 27, 14), None),
        ("x 744 hours", "x", NOW, day(12, 27, 14), None),
        ("x 1 day from now", "x", NOW, day(11, 27, 14), None),
        ("x 1 day from thursday", "x", NOW, day(11, 27, 14), None),
        ("x 1 day from Fri", "x", day(11, 27), day(11, 28), None),
        ("x 1 day from sunday", "x", day(11, 29), day(11, 30), None),
        ("x 1 day from wed", "x", day(12, 2), day(12, 3), None),
        ("x 1 day from 2026-11-26", "x", NOW, day(11, 27, 14), None),
        ("x 1 day from 2026-11-27", "x", day(11, 27), day(11, 28), None),
        ("x 1 day from 26 nov", "x", NOW, day(11, 27, 14), None),
        ("x 1 day from 1st December", "x", day(12, 1), day(12, 2), None),
        ("x 1 day from 2027-02-24", "x", day(2, 24, year=2027), day(2, 25, year=2027), None),
        (f"{'x' * 60} 2 days", "x" * 60, NOW, day(11, 28, 14), None),
        ("launch until friday", "launch", NOW, day(11, 28), None),
        ("launch until friday 5pm up to $500", "launch", NOW, day(11, 27, 17), 500),
        ("launch from next week until 11 dec", "launch", day(11, 30), day(12, 12), None),
        ("launch 2 days from tomorrow 9am", "launch", day(11, 27, 9), day(11, 29, 9), None),
        ("launch until end of month", "launch", NOW, day(12, 1), None),
        ("launch 3h from in 3 days", "launch", day(11, 29), day(11, 29, 3), None),
    ],
)
def test_spend_is_announced(typed: str, what: str, begins: datetime, ends: datetime, dollars: int | None) -> None:
    said = parse_announcement(typed, now=NOW, zone_name="Europe/London", command="/tokens")

    limit = None if said.limit_nanos is None else said.limit_nanos // NANOS
    assert (said.what, moment(said.from_at), moment(said.until_at), limit) == (what, begins, ends, dollars)


def test_a_day_begins_on_the_teams_clock() -> None:
    said = parse_announcement("x 1 day from tomorrow", now=NOW, zone_name="America/Los_Angeles", command="/tokens")

    assert moment(said.from_at) == day(11, 27, 8)


@pytest.mark.parametrize("now", [datetime(2027, 12, 1, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC)])
def test_a_leap_day_is_announced_before_its_year_begins_too(now: datetime) -> None:
    said = parse_announcement("x 1 day from 29 feb", now=now, zone_name="UTC", command="/tokens")

    assert moment(said.from_at) == datetime(2028, 2, 29, tzinfo=UTC)


def test_after_a_leap_day_the_next_one_is_too_far_ahead() -> None:
    with pytest.raises(UnclearAnnouncement) as refused:
        parse_announcement(
            "x 1 day from 29 feb", now=datetime(2028, 3, 1, tzinfo=UTC), zone_name="UTC", command="/tokens"
        )

    assert refused.value.note == "29 February 2032 is more than 90 days ahead. Announce it nearer to then."


EXAMPLE = "Write it like `/tokens expect launch 2 days from monday up to $500`."
UNREADABLE = f"Say what to expect and for how long; from when and up to how much may follow. {EXAMPLE}"
HOW_LONG = f"For how long? At least 1 hour, and at most 31 days. {EXAMPLE}"
FROM_WHEN = f"From when? Write a day like tomorrow, monday, next week, in 3 days, 1 Dec or 2026-12-01. {EXAMPLE}"
UNTIL_WHEN = f"Until when? Write a day like friday, end of month, in 3 days, 1 Dec or 2026-12-01. {EXAMPLE}"
NO_AMOUNT = f"Up to how much? That is not an amount. Write dollars like 500, $1,250.50 or 2k. {EXAMPLE}"
PAST = (
    f"25 November 2026 is past. Spend is announced ahead; a spike that was planned has a button of its own. {EXAMPLE}"
)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("launch", UNREADABLE),
        ("2 days", UNREADABLE),
        ("launch 2 days until friday", UNTIL_WHEN),
        ("launch until someday", UNTIL_WHEN),
        ("launch until next week", f"Is Fri 4 Dec the last day? {EXAMPLE}"),
        ("launch until 2027-01-30", HOW_LONG),
        ("launch 0 days", HOW_LONG),
        ("launch 32 days", HOW_LONG),
        ("launch 745 hours", HOW_LONG),
        ("launch 2 days from never", FROM_WHEN),
        ("launch 2 days from 2026-13-40", FROM_WHEN),
        ("launch 2 days from 31 nov", FROM_WHEN),
        ("launch 2 days from 3 ember", FROM_WHEN),
        ("launch 2 days from 2026-11-25", PAST),
        (
            "launch 2 days from 2027-02-25",
            f"25 February 2027 is more than 90 days ahead. Announce it nearer to then. {EXAMPLE}",
        ),
        ("launch 2 days up to lots", NO_AMOUNT),
        (f"{'x' * 61} 2 days", f"Say what to expect in at most 60 characters. {EXAMPLE}"),
    ],
)
def test_what_can_not_be_read_says_what_to_type(typed: str, says: str) -> None:
    with pytest.raises(UnclearAnnouncement) as refused:
        parse_announcement(typed, now=NOW, zone_name="UTC", command="/tokens")

    assert refused.value.sentence == says


SAID_AT = micros(NOW)
SAID = Announcement(what="launch", from_at=SAID_AT, until_at=SAID_AT + DAY_MICROS, limit_nanos=5 * NANOS)
KNOWN = Expectation(
    id=1,
    team_id=3,
    what="launch",
    cause=TEAM_TOTAL,
    from_at=SAID_AT,
    until_at=SAID_AT + DAY_MICROS,
    limit_nanos=5 * NANOS,
    alert_id=None,
    alert_closed_at=None,
    made_by=1,
    made_at=SAID_AT,
    ended_at=None,
    ended_by=None,
)
FIVE_MINUTES = 300 * MICROS


def known_after(later: int) -> Expectation:
    """The same announcement as an expectation, made some microseconds later."""
    return replace(KNOWN, from_at=SAID_AT + later, until_at=SAID_AT + later + DAY_MICROS)


@pytest.mark.parametrize(
    ("known", "is_repeated"),
    [
        (KNOWN, True),
        (known_after(FIVE_MINUTES), True),
        (known_after(-FIVE_MINUTES), True),
        (known_after(FIVE_MINUTES + 1), False),
        (replace(KNOWN, made_at=SAID_AT - FIVE_MINUTES), True),
        (replace(KNOWN, made_at=SAID_AT - FIVE_MINUTES - 1), False),
        (replace(KNOWN, what="launches"), False),
        (replace(KNOWN, limit_nanos=None), False),
        (replace(KNOWN, until_at=SAID_AT + DAY_MICROS + 1), False),
        (replace(KNOWN, until_at=None), False),
        (replace(KNOWN, alert_id=9), False),
        (replace(KNOWN, ended_at=SAID_AT), False),
    ],
)
def test_the_same_announcement_within_five_minutes_is_a_repetition(known: Expectation, is_repeated: bool) -> None:
    assert is_repeated_announcement(SAID, known, at=SAID_AT) is is_repeated
