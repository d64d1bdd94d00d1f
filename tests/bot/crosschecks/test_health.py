"""Silent sources: by their own rhythm, in their own hours, and only over observed time."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.crosschecks.health import SLOT_MICROS, find_silence, slot_of
from bot.periods import micros

ZONE = "Europe/London"
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
Rhythm = Callable[[datetime], bool]


def always(at: datetime) -> bool:
    return True


def office_hours(at: datetime) -> bool:
    return at.weekday() < 5 and 9 <= at.hour < 18


def hourly(at: datetime) -> bool:
    return at.minute == 0


def nightly(at: datetime) -> bool:
    return at.weekday() < 5 and at.hour == 2 and at.minute == 0


def saturdays(at: datetime) -> bool:
    return at.weekday() == 5


def now_and_then(at: datetime) -> bool:
    """Returns whether a source with one active slot in five is active."""
    return random.Random(at.timestamp()).random() < 0.2


def slots(rhythm: Rhythm, *, until: datetime, days: int = 28) -> list[int]:
    """Returns the active slots of a rhythm up to a moment, inclusive."""
    last = slot_of(micros(until))
    at = [until - timedelta(minutes=15 * back) for back in range(days * 96)]
    on_clock = [moment.replace(minute=moment.minute // 15 * 15) for moment in at]
    return [last - back for back, moment in enumerate(on_clock) if rhythm(moment)]


def is_silent(
    rhythm: Rhythm,
    *,
    last: datetime,
    now: datetime,
    days: int = 28,
    unwatched: tuple[datetime, datetime] | None = None,
) -> bool:
    """Returns whether a source that kept a rhythm until `last` is silent `now`."""
    active = slots(rhythm, until=last, days=days)
    watched = set(slots(always, until=now, days=days + (now - last).days + 1))
    if unwatched:
        watched -= set(range(slot_of(micros(unwatched[0])), slot_of(micros(unwatched[1])) + 1))
    last_at = max(active, default=slot_of(micros(last))) * SLOT_MICROS
    return find_silence(active, watched, last_at=last_at, now=micros(now), zone_name=ZONE) is not None


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Returns a moment of the week from Monday 23 November."""
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("rhythm", "last", "now", "expected"),
    [
        (always, at(1, 12), at(1, 12, 40), False),  # under half an hour of whole quarters
        (always, at(1, 12), at(1, 13), True),
        (always, at(1, 23), at(2, 0), True),
        (office_hours, at(1, 17, 45), at(2, 8, 59), False),  # a night
        (office_hours, at(1, 17, 45), at(2, 9, 30), False),  # it begins late
        (office_hours, at(1, 17, 45), at(2, 10, 0), True),
        (office_hours, at(4, 17, 45), at(6, 23), False),  # a weekend
        (office_hours, at(4, 17, 45), at(7, 8, 59), False),
        (office_hours, at(4, 17, 45), at(7, 10, 0), True),
        (office_hours, at(1, 11), at(1, 12), True),
        (hourly, at(1, 11), at(1, 12, 10), False),
        (hourly, at(1, 11), at(1, 14, 20), True),
        (nightly, at(1, 2), at(2, 12), False),  # one night missed
        (nightly, at(1, 2), at(4, 12), True),  # three
        (saturdays, at(5, 23, 45), at(7, 12), False),
        (saturdays, at(5, 12), at(5, 14), True),
        (now_and_then, at(1, 12), at(1, 14), False),
        (now_and_then, at(1, 12), at(3, 12), True),
    ],
)
def test_a_source_is_silent_when_its_own_hours_pass_without_it(
    rhythm: Rhythm, last: datetime, now: datetime, expected: bool
) -> None:
    assert is_silent(rhythm, last=last, now=now) is expected


@pytest.mark.timeless
def test_a_rare_sender_is_not_silent_while_it_keeps_its_rhythm() -> None:
    """Judges every quarter of an hour of two weeks."""
    active, watched = slots(now_and_then, until=at(14, 0), days=42), slots(always, until=at(14, 0), days=42)
    alarms = 0
    for now in range(slot_of(micros(MONDAY)), slot_of(micros(at(14, 0)))):
        known = [slot for slot in active if slot < now]
        seen = [slot for slot in watched if slot <= now]
        found = find_silence(known, seen, last_at=max(known) * SLOT_MICROS, now=now * SLOT_MICROS, zone_name=ZONE)
        alarms += found is not None

    assert alarms == 0


@pytest.mark.parametrize(("days", "expected"), [(3, False), (6, False), (8, True), (28, True)])
def test_a_source_known_for_less_than_a_week_is_never_silent(days: int, expected: bool) -> None:
    assert is_silent(always, last=at(1, 12), now=at(1, 18), days=days) is expected


def test_a_source_with_few_active_slots_is_never_silent() -> None:
    few = slots(nightly, until=at(1, 2), days=21)
    assert len(few) < 20

    assert (
        find_silence(few, slots(always, until=at(6, 0)), last_at=micros(at(1, 2)), now=micros(at(6, 0)), zone_name=ZONE)
        is None
    )


def test_unobserved_hours_cause_no_silence() -> None:
    """The worker was down, or the clock jumped ahead."""
    away = (at(1, 12, 15), at(3, 11, 45))

    assert not is_silent(always, last=at(1, 12), now=at(3, 12), unwatched=away)
    assert is_silent(always, last=at(1, 12), now=at(3, 13), unwatched=away)


def test_a_clock_that_went_back_causes_no_silence() -> None:
    active = slots(always, until=at(1, 12))

    assert find_silence(active, active, last_at=micros(at(1, 12)), now=micros(at(0, 3)), zone_name=ZONE) is None


def test_hours_are_those_of_the_zones_clocks() -> None:
    """In New York, nine o'clock is an hour later in UTC from 1 November on."""
    zone = "America/New_York"
    autumn = datetime(2026, 11, 4, 14, 20, tzinfo=UTC)  # a Wednesday, 9:20 there

    def working(moment: datetime) -> bool:
        shift = 5 if moment >= datetime(2026, 11, 1, 6, tzinfo=UTC) else 4
        local = moment - timedelta(hours=shift)
        return local.weekday() < 5 and 9 <= local.hour < 18

    active = slots(working, until=autumn - timedelta(hours=1))
    watched = slots(always, until=autumn)
    last = max(active) * SLOT_MICROS

    assert find_silence(active, watched, last_at=last, now=micros(autumn), zone_name=zone) is None
    later = autumn + timedelta(hours=1)
    watched = slots(always, until=later)
    assert find_silence(active, watched, last_at=last, now=micros(later), zone_name=zone) is not None
