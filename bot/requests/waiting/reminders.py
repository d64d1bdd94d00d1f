"""Waiting requests: when somebody is reminded of one, when the managers above join, and when it expires, by working time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.org.attendance.working_hours import WorkTime


@dataclass(frozen=True, kw_only=True)
class WaitingRules:
    """When waiting requests are reminded of and escalated, in hours of the decider's work, and when they expire, in working
    days of the team. None is never. Each reminder waits twice as long as the one before."""

    remind_after_hours: float | None = 4
    max_reminders: int = 4
    escalate_after_hours: float | None = 24
    lapse_after_days: float | None = None


DEFAULT_RULES = WaitingRules()


def waiting_rules_of(policy: Mapping[str, Any] | None) -> WaitingRules:
    """Returns the rules of the stored `policy` document; what it leaves out is as shipped, and 0 is never."""
    found = policy or {}

    def hours(field: str, shipped: float | None) -> float | None:
        value = found.get(field)
        return shipped if value is None else float(value) or None

    most = found.get("max_reminders")
    return WaitingRules(
        remind_after_hours=hours("remind_after_hours", DEFAULT_RULES.remind_after_hours),
        max_reminders=DEFAULT_RULES.max_reminders if most is None else int(most),
        escalate_after_hours=hours("escalate_after_hours", DEFAULT_RULES.escalate_after_hours),
        lapse_after_days=hours("lapse_after_days", DEFAULT_RULES.lapse_after_days),
    )


def reminder_moments(time: WorkTime, *, asked_at: int, rules: WaitingRules) -> list[int]:
    """Returns when somebody who was asked at a moment is reminded: after 4 hours of their work, 8 more, 16 more."""
    if rules.remind_after_hours is None:
        return []
    moments, at, wait = [], asked_at, rules.remind_after_hours
    for _ in range(rules.max_reminders):
        at = time.after(at, wait)
        moments.append(at)
        wait *= 2
    return moments


def reminders_due(time: WorkTime, *, asked_at: int, now: int, rules: WaitingRules) -> int:
    """Returns how many reminders somebody should have got by now; None is sent while they do not work."""
    return sum(moment <= now for moment in reminder_moments(time, asked_at=asked_at, rules=rules))


def escalates_at(times: Iterable[WorkTime], *, asked_at: int, rules: WaitingRules) -> int | None:
    """Returns when the managers above are asked too: as soon as one who could decide had the hours to do so."""
    if rules.escalate_after_hours is None:
        return None
    return min((time.after(asked_at, rules.escalate_after_hours) for time in times), default=None)


def expires_at(time: WorkTime, *, asked_at: int, rules: WaitingRules) -> int | None:
    """Returns when a request expires that nobody decides, by the working days of its team."""
    if rules.lapse_after_days is None:
        return None
    return time.after(asked_at, rules.lapse_after_days * time.hours.hours_a_day)
