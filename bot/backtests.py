"""What a channel would have been told: the spike rule run over past cost, each hour with only what was known then."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from bot.money import NANOS
from bot.spikes import SEVERITIES, Ints, Severity, judge_hours, severity_of

QUIET_HOURS = 48
"""An incident is over after so many hours without a spike; the next spike is a new one."""


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A spike from its first hour to 48 quiet hours after its last: `opened_at` and `last_at` in hours since 1970."""

    opened_at: int
    last_at: int
    severity: Severity


def follow(incident: Incident | None, *, severity: Severity, at: int) -> tuple[Incident, bool]:
    """The incident after a spike judged `at` the end of an hour, and whether the channel is told.

    It is told once, and again only when the tier rises above all before.
    """
    if incident is None or at - incident.last_at > QUIET_HOURS:
        return Incident(opened_at=at, last_at=at, severity=severity), True
    rises = SEVERITIES.index(severity) > SEVERITIES.index(incident.severity)
    return replace(incident, last_at=at, severity=severity if rises else incident.severity), rises


def backtest(series: Iterable[tuple[str, int, Ints]]) -> list[tuple[str, int, Severity]]:
    """The messages of many teams, each team's in order of time: (team, at, severity).

    A series is (team, first hour since 1970, nano-dollars per UTC hour from the team's first cost, zero-filled).
    `at` is the end of the judged hour, in hours since 1970: never before what the judgement needs has happened.
    """
    messages: list[tuple[str, int, Severity]] = []
    for team, first_hour, cost_nanos in series:
        hours = len(cost_nanos)
        if hours == 0:
            continue
        spikes, _, _, excess = judge_hours(
            np.maximum(cost_nanos, 0)[None, :] / NANOS,
            known_hours=np.array([hours]),
            first_hour=first_hour,
            at=np.arange(hours),
        )
        incident: Incident | None = None
        for hour in np.flatnonzero(spikes[0]).tolist():
            severity = severity_of(float(excess[0, hour]))
            incident, speak = follow(incident, severity=severity, at=first_hour + hour + 1)
            if speak:
                messages.append((team, first_hour + hour + 1, severity))
    return messages
