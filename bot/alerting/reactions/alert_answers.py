"""Answers to alerts: who may give them, and when a snooze ends."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Literal, get_args

from bot.alerting.budget_facts import ThresholdFacts
from bot.alerting.part_alerts import PartFacts
from bot.alerting.spike_facts import SpikeFacts
from bot.org.teams import Directory, Team
from bot.periods import HOUR_MICROS, Period, date_of, day_number, day_start, micros, zone
from bot.refusals import Refusal

Answer = Literal["acknowledged", "expected", "snoozed"]
Snooze = Literal["hour", "morning", "period"]

SNOOZES: tuple[Snooze, ...] = get_args(Snooze)
MORNING_HOUR = 9


def may_mute(directory: Directory, person_id: int, team: Team, *, in_its_channel: bool) -> bool:
    """Whether a person may mute, snooze or dismiss a team's alerts: its members, its managers, finance and admins. If
    the team names no members, everybody in its channel may."""
    own = (team.id, person_id, "member") in directory.roles or directory.manages(person_id, team)
    if own or person_id in directory.finance or person_id in directory.admins:
        return True
    return in_its_channel and not directory.people_with("member", team)


def is_repeated_answer(*, state: str, answered_by: int | None, answer: Answer, by: int) -> bool:
    """Whether the same person already gave this answer. Slack may deliver one click twice."""
    return answered_by == by and state == answer


def snooze_until(choice: Snooze, *, now: datetime, zone_name: str, period: Period) -> int:
    """Returns when a snooze ends, in microseconds: in an hour, at 09:00 on the team's next day, or with its budget
    period."""
    if choice == "hour":
        return micros(now) + HOUR_MICROS
    if choice == "period":
        return micros(day_start(period.end_day, zone_name))
    tomorrow = date_of(day_number(now.astimezone(zone(zone_name)).date()) + 1)
    return micros(datetime.combine(tomorrow, time(MORNING_HOUR), zone(zone_name)))


def cause_of(kind: str, facts: Mapping[str, Any]) -> str:
    """Returns the cause of an alert: a spike's leading contributor, a threshold's percentage, or nothing for other
    kinds. Snoozes apply to alerts of the same cause."""
    if kind == "spike":
        first = SpikeFacts.from_facts(facts).leading_contributor
        return f"{first.dimension}:{first.name}" if first else "total"
    if kind == "part":
        part = PartFacts.from_facts(facts)
        return f"{part.kind}:{part.pattern}:{part.percent}"
    return str(ThresholdFacts.from_facts(facts).percent) if kind == "threshold" else ""


def refuse_if_over(closed_at: int | None) -> None:
    """Raises Refusal if an alert has ended."""
    if closed_at is not None:
        raise Refusal("This alert is over, so there is nothing to answer any more.")
