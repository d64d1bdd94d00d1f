"""A spike as an incident: which hours belong to it, when its message is edited, and when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerting.alerts import DataGap
from bot.alerting.severities import Severity
from bot.detection.histories import SpendPart
from bot.detection.sweeps import SpikingHour

QUIET_HOURS = 60
"""An incident is over after this many hours without a spike, so that a weekend does not make two of it."""


@dataclass(frozen=True, kw_only=True)
class Incident:
    """An incident as its message shows it: hours since 1970, amounts in nano-dollars.

    Its dear hours are the `window_hours` from `from_hour` on. `last_hour` is the last that spiked: a window of days spikes for
    days after the dear hours. `part` is None where the team's total spiked.
    """

    part: SpendPart | None
    severity: Severity
    from_hour: int
    window_hours: int
    last_hour: int
    observed_nanos: int
    usual_nanos: int
    excess_nanos: int
    silences: tuple[DataGap, ...]

    @property
    def ended_at(self) -> int:
        """The last dear hour."""
        return self.from_hour + self.window_hours - 1


def group_incidents(found: Sequence[SpikingHour]) -> list[list[SpikingHour]]:
    """Splits spiking hours, in order, where more than QUIET_HOURS lie between two."""
    groups: list[list[SpikingHour]] = []
    for one in found:
        if groups and one.hour - groups[-1][-1].hour <= QUIET_HOURS:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def opens_incident(newest: Incident | None, hours: Sequence[SpikingHour]) -> bool:
    """Whether a group of hours is a new incident after the team's newest."""
    return newest is None or hours[0].hour - newest.last_hour > QUIET_HOURS


def belongs_to(newest: Incident, hours: Sequence[SpikingHour]) -> bool:
    """Whether a group of hours that opens no incident is of the newest; else it is of an older one, which is left alone."""
    return hours[-1].hour >= newest.from_hour - QUIET_HOURS


def has_grown(before: Incident, after: Incident) -> bool:
    """Whether a message is edited: from a twentieth more on, so that it does not flicker with every event."""
    more = after.observed_nanos * 20 > before.observed_nanos * 21
    return more or after.severity != before.severity or after.silences != before.silences


def goes_on(before: Incident, after: Incident, *, is_closed: bool) -> bool:
    """Whether an incident runs after an update: one that is closed goes on only with later dear hours."""
    return not is_closed or after.ended_at > before.ended_at


def is_over(incident: Incident, *, this_hour: int) -> bool:
    """Whether QUIET_HOURS have passed since the dear hours."""
    return this_hour - incident.ended_at >= QUIET_HOURS
