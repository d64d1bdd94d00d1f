"""Delivery rules: who gets an alert, when, alone or in a summary, and who gets it if nobody answers."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from bot.alerting.severities import Severity
from bot.org.alert_settings import AlertSettings
from bot.org.teams import Directory, Team
from bot.periods import MICROS, micros, moment, zone

Audience = Literal["finance", "team"]
Outcome = Literal["said", "held", "summed", "muted", "dropped"]
"""The outcome of an alert's message: `said` (posted alone), `held` until quiet hours end, `summed` (in the day's
summary), `muted` by the team's settings, or `dropped` because it ended while it was held."""

ESCALATION_STEPS = 2
"""An unanswered critical alert escalates this often: to the managers, then to those above them."""
OPERATIONAL_KINDS = frozenset(
    {"silence", "route", "drift", "unpriced", "overlap", "cross-check", "shared rise", "unread"}
)
"""Kinds about the data itself. They go to the people who can fix it, have their own daily cap, and end by themselves."""
_POSTED_EVEN_IF_CLOSED = frozenset({"spike", "silence", "overlap", "cross-check", "shared rise", "unread"})
"""Kinds worth posting after they ended: money was spent, or data is missing."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The delivery of an alert: its outcome, and when, in microseconds."""

    outcome: Outcome
    at: int


def audience_for(team: Team) -> Audience:
    """Returns the audience of a team: finance alone in mode preview, else the team."""
    return "finance" if team.mode == "preview" else "team"


def is_muted(settings: AlertSettings, *, kind: str, severity: Severity) -> bool:
    """Whether a team mutes this kind or this severity of it. Critical alerts are never muted."""
    return severity != "critical" and bool(settings.muted & {kind, f"{kind}:{severity}"})


def quiet_hours_end(settings: AlertSettings, at: int, *, zone_name: str) -> int | None:
    """Returns when the quiet hours around a moment end, in microseconds; None outside quiet hours.

    Hours are local, so a night with a clock change is an hour shorter or longer.
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
    """Returns the moment at which local clocks show this minute of a day. When clocks go back, it is the next of the
    two."""
    wanted = datetime.combine(local.date() + timedelta(days=days), time(minute // 60, minute % 60), local.tzinfo)
    first, second = micros(wanted), micros(wanted.replace(fold=1))
    return first if first > micros(local) else second


def delivery_of(team: Team, *, kind: str, severity: Severity, at: int, posted_by_day: dict[int, int]) -> Delivery:
    """Returns the delivery of an alert that is due now. `posted_by_day` counts the team's alerts posted alone, by day,
    without critical ones."""
    settings = team.alerts
    if severity == "critical":
        return Delivery(outcome="said", at=at)
    if is_muted(settings, kind=kind, severity=severity):
        return Delivery(outcome="muted", at=at)
    when = quiet_hours_end(settings, at, zone_name=team.zone_on(at)) or at
    if posted_by_day.get(team.day_of(when), 0) >= settings.daily_cap:
        return Delivery(outcome="summed", at=when)
    return Delivery(outcome="held" if when > at else "said", at=when)


def is_obsolete(*, kind: str, is_closed: bool) -> bool:
    """Whether a held message is dropped: its alert ended, and its kind is not worth posting late."""
    return is_closed and kind not in _POSTED_EVEN_IF_CLOSED


def escalation_due(settings: AlertSettings, *, since: int, done: int, at: int) -> bool:
    """Whether an unanswered critical alert escalates one more step: N minutes after `since`, then after 2N."""
    minutes = settings.escalate_minutes
    return minutes > 0 and done < ESCALATION_STEPS and at >= since + (done + 1) * minutes * 60 * MICROS


def escalation_people(directory: Directory, team: Team) -> tuple[frozenset[int], ...]:
    """Returns the people of each step: the team's managers, the managers above them, then finance; nobody twice, and
    nobody whom no message reaches."""
    levels = [directory.reachable(directory.people_with("manager", at)) for at in (team, *directory.ancestors(team))]
    notified: frozenset[int] = frozenset()
    steps: list[frozenset[int]] = []
    for level in (*levels, directory.reachable_finance):
        if level - notified:
            steps.append(level - notified)
            notified |= level
    return tuple(steps[:ESCALATION_STEPS])


def may_change_settings(directory: Directory, person_id: int, team: Team) -> bool:
    """Whether a person may change a team's alert settings: its managers, those above them, admins and finance."""
    return directory.manages(person_id, team) or person_id in directory.admins or person_id in directory.finance
