"""When waiting requests are reminded of, escalated, and expire."""

from datetime import datetime

import pytest

from bot.org.attendance.working_hours import WorkTime
from bot.periods import micros, moment, zone
from bot.requests.waiting.reminders import (
    WaitingRules,
    escalates_at,
    expires_at,
    reminder_moments,
    reminders_due,
    waiting_rules_of,
)

LONDON = WorkTime(zone_name="Europe/London")
TOKYO = WorkTime(zone_name="Asia/Tokyo")


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=zone("Europe/London")))


def local(at_micros: int) -> str:
    return moment(at_micros).astimezone(zone("Europe/London")).strftime("%a %d %H:%M")


def test_each_reminder_waits_twice_as_long() -> None:
    asked = at("2026-11-30 09:00")

    moments = reminder_moments(LONDON, asked_at=asked, rules=WaitingRules())
    assert [local(one) for one in moments] == ["Mon 30 13:00", "Tue 01 12:00", "Thu 03 10:00", "Tue 08 15:00"]
    for number, one in enumerate(moments):
        assert reminders_due(LONDON, asked_at=asked, now=one - 1, rules=WaitingRules()) == number
        assert reminders_due(LONDON, asked_at=asked, now=one, rules=WaitingRules()) == number + 1


def test_the_first_who_had_the_hours_to_decide_makes_it_escalate() -> None:
    asked = at("2026-11-30 09:00")  # it is evening in Tokyo

    both = escalates_at([LONDON, TOKYO], asked_at=asked, rules=WaitingRules(escalate_after_hours=9))
    alone = escalates_at([TOKYO], asked_at=asked, rules=WaitingRules(escalate_after_hours=9))
    assert both == at("2026-12-01 09:00")
    assert both is not None
    assert alone is not None
    assert alone == at("2026-12-02 00:00")  # nine in the morning there, after a whole day of work
    assert escalates_at([], asked_at=asked, rules=WaitingRules()) is None
    assert escalates_at([LONDON], asked_at=asked, rules=WaitingRules(escalate_after_hours=None)) is None


def test_a_request_expires_after_working_days() -> None:
    rules = WaitingRules(lapse_after_days=5)

    assert expires_at(LONDON, asked_at=at("2026-11-30 10:00"), rules=rules) == at("2026-12-07 10:00")
    assert expires_at(LONDON, asked_at=at("2026-11-28 10:00"), rules=rules) == at("2026-12-07 09:00")
    assert expires_at(LONDON, asked_at=0, rules=WaitingRules()) is None


@pytest.mark.parametrize(
    ("policy", "rules"),
    [
        (None, WaitingRules()),
        ({}, WaitingRules()),
        ({"remind_after_hours": None}, WaitingRules()),
        (
            {"remind_after_hours": 0, "escalate_after_hours": 0.0},
            WaitingRules(remind_after_hours=None, escalate_after_hours=None),
        ),
        ({"lapse_after_days": 5, "max_reminders": 0}, WaitingRules(lapse_after_days=5, max_reminders=0)),
    ],
)
def test_zero_is_never_and_nothing_is_as_shipped(policy: dict[str, float] | None, rules: WaitingRules) -> None:
    assert waiting_rules_of(policy) == rules


def test_without_reminders_none_is_due() -> None:
    never = WaitingRules(remind_after_hours=None)

    assert reminders_due(LONDON, asked_at=0, now=at("2026-11-30 09:00"), rules=never) == 0
