"""How alerts are said without becoming noise: who hears, when, one by one or together, and who is told if nobody answers."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from bot.alerting.severities import Severity
from bot.org.alert_settings import AlertSettings
from bot.org.teams import Directory, Team
from bot.periods import MICROS, micros, moment, zone

Audience = Literal["finance", "team"]
Outcome = Literal["said", "held", "summed", "muted", "dropped"]
"""What became of an alert's message: said by itself; held until quiet hours end; part of the day's summary; muted by the
team's settings; dropped because it was untrue before quiet hours ended."""

ESCALATION_STEPS = 2
"""How many times an alert that nobody answers is carried further: to the managers, then to those above them."""
OPERATIONAL_KINDS = frozenset({"silence", "route", "drift", "unpriced", "overlap", "cross-check", "shared rise"})
"""Kinds that tell those who can mend it, and not the team's channel; they are counted for themselves. Nobody answers them:
they end by themselves."""
_POSTED_EVEN_IF_CLOSED = frozenset({"spike", "silence", "overlap", "cross-check", "shared rise"})
"""Kinds worth saying although they ended while they were held: the money was spent, or the data are missing."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How and when an alert is said."""

    outcome: Outcome
    at: int


def audience_for(team: Team) -> Audience:
    """Who hears what the bot says of itself: in preview finance alone, which sees what would have been said."""
    return "finance" if team.mode == "preview" else "team"


def is_muted(settings: AlertSettings, *, kind: str, severity: Severity) -> bool:
    """Whether a team wants no message of this kind. What is critical is never muted."""
    return severity != "critical" and bool(settings.muted & {kind, f"{kind}:{severity}"})


def quiet_until(settings: AlertSettings, at: int, *, zone_name: str) -> int | None:
    """When the quiet hours end in which a moment lies; None if it lies in none.

    Hours are those that clocks of the zone show, so a night over a change of the clocks is an hour shorter or longer.
    """
    end = at
    for _ in range(8):  # a night, a weekend, the night after it
        following = _quiet_end(settings, end, zone_name)
        if following is None:
            break
        end = following
    return end if end > at else None


def _quiet_end(settings: AlertSettings, at: int, zone_name: str) -> int | None:
    local = moment(at).astimezone(zone(zone_name))
    today = local.date()
    if settings.quiet_weekends and today.weekday() >= 5:
        return _at_clock(local, days=7 - today.weekday(), minute=0)
    begin, end = settings.quiet_from, settings.quiet_until
    if begin is None or end is None:
        return None
    minute = local.hour * 60 + local.minute
    if begin < end:
        return _at_clock(local, days=0, minute=end) if begin <= minute < end else None
    if minute >= begin:
        return _at_clock(local, days=1, minute=end)
    return _at_clock(local, days=0, minute=end) if minute < end else None


def _at_clock(local: datetime, *, days: int, minute: int) -> int:
    """The moment at which the zone's clocks show a time of a day; of the two when they are set back, the one to come."""
    wanted = datetime.combine(local.date() + timedelta(days=days), time(minute // 60, minute % 60), local.tzinfo)
    first, second = micros(wanted), micros(wanted.replace(fold=1))
    return first if first > micros(local) else second


def delivery_of(team: Team, *, kind: str, severity: Severity, at: int, said_on: dict[int, int]) -> Delivery:
    """How an alert of a team is said that is due at a moment. `said_on` counts, by the team's day, the alerts that were or
    will be said one by one, critical ones apart."""
    settings = team.alerts
    if severity == "critical":
        return Delivery(outcome="said", at=at)
    if is_muted(settings, kind=kind, severity=severity):
        return Delivery(outcome="muted", at=at)
    when = quiet_until(settings, at, zone_name=team.zone_on(at)) or at
    if said_on.get(team.day_of(when), 0) >= settings.daily_cap:
        return Delivery(outcome="summed", at=when)
    return Delivery(outcome="held" if when > at else "said", at=when)


def is_obsolete(*, kind: str, is_closed: bool) -> bool:
    """Whether a message that was held is better never said."""
    return is_closed and kind not in _POSTED_EVEN_IF_CLOSED


def escalation_due(settings: AlertSettings, *, since: int, done: int, at: int) -> bool:
    """Whether an unanswered critical alert is to be carried a step further: after N minutes, and after 2 × N."""
    minutes = settings.escalate_minutes
    return minutes > 0 and done < ESCALATION_STEPS and at >= since + (done + 1) * minutes * 60 * MICROS


def escalation_people(directory: Directory, team: Team) -> tuple[frozenset[int], ...]:
    """Whom the steps of an escalation tell: the team's managers, those above them, …, finance; nobody twice."""
    levels = [directory.people_with("manager", at) for at in (team, *directory.ancestors(team))]
    told: frozenset[int] = frozenset()
    steps: list[frozenset[int]] = []
    for level in (*levels, directory.finance):
        if level - told:
            steps.append(level - told)
            told |= level
    return tuple(steps[:ESCALATION_STEPS])


def may_change_settings(directory: Directory, person_id: int, team: Team) -> bool:
    """Who may change a team's settings: its managers and those above them, admins, and finance."""
    return directory.manages(person_id, team) or person_id in directory.admins or person_id in directory.finance
