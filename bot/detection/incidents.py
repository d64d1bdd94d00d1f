"""A spike from its first alert to its end: when a channel is told, and when it is told again."""

from dataclasses import dataclass, replace

from bot.alerting.severities import Severity
from bot.detection.spike_rule import severity_of

QUIET_HOURS = 60
"""An incident is over after so many hours without a spike; the next is a new one. Long enough for a weekend at night."""
GROWTH_FACTOR = 3.0


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A spike from its first hour to 60 quiet hours after its last: `opened_at` and `last_at` in hours since 1970.

    `alerted_dollars` is the excess that the channel was last told of.
    """

    opened_at: int
    last_at: int
    severity: Severity
    alerted_dollars: float


def update_incident(incident: Incident | None, *, excess_dollars: float, at: int) -> tuple[Incident, bool]:
    """The incident after a spike judged `at` the end of an hour, and whether the channel is told.

    It is told once, and again only when the tier rises and the excess has trebled: hovering at a line is no news.
    """
    severity = severity_of(excess_dollars)
    if incident is None or at - incident.last_at > QUIET_HOURS:
        return Incident(opened_at=at, last_at=at, severity=severity, alerted_dollars=excess_dollars), True
    rises = (
        severity_of(incident.alerted_dollars) != severity and excess_dollars >= GROWTH_FACTOR * incident.alerted_dollars
    )
    if not rises:
        return replace(incident, last_at=max(at, incident.last_at)), False
    return replace(incident, last_at=at, severity=severity, alerted_dollars=excess_dollars), True
