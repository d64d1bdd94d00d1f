"""An incident's figures, measured from the hours that spike: from when to when, its cost, its severity."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.alerting.alerts import DataGap
from bot.alerting.severities import SEVERITIES, Severity
from bot.detection.detector.spike_rule import severity_of
from bot.detection.extents import Extent, extent_of
from bot.detection.histories import Histories, Ints, SpendPart
from bot.detection.incidents import Incident
from bot.detection.sweeps import SpikingHour, SweepView, judged_costs, judged_part_costs
from bot.money import NANOS

SILENCE_HOURS = 24
"""A data gap that ended this many hours before a spike is shown with it."""
_WEEK = 168


@dataclass(frozen=True, kw_only=True)
class SweepContext:
    """All that a sweep read: what an incident shows depends on nothing else."""

    histories: Histories
    view: SweepView
    silences: tuple[DataGap, ...]


def measure_incident(
    team_id: int, hours: Sequence[SpikingHour], sweep: SweepContext, *, before: Incident | None
) -> Incident:
    """Returns an incident as its spiking hours, in order, show it; `before` is what it was, None for a new one.

    The team's total goes before its parts, and an incident of a total stays one. The severity never falls.
    """
    of_total = [found for found in hours if found.part is None]
    found = (of_total or hours)[-1]
    part = None if before is not None and before.part is None else found.part
    last_hour = hours[-1].hour if before is None else max(hours[-1].hour, before.last_hour)
    costs, first_hour = costs_since_first(team_id, part, sweep)
    until = found.hour if before is None else last_hour  # parts may spike for days after the total's window
    until = min(until, sweep.view.this_hour)  # a clock that was ahead may have seen further
    extent = extent_of(
        costs,
        first_hour=first_hour,
        last_hour=until,
        window_hours=found.window_hours,
        since=None if before is None else before.from_hour,
    )
    severities = [severity_of(max(extent.excess_nanos / NANOS, *(f.excess_dollars for f in hours)))]
    severities += [] if before is None else [before.severity]
    severity = max(severities, key=SEVERITIES.index)
    return _incident(team_id, extent, sweep, part=part, severity=severity, last_hour=last_hour)


def measure_end(team_id: int, before: Incident, sweep: SweepContext) -> Incident:
    """Returns an incident that ends with the usage that came in late, or unchanged where its hours are too old to be known."""
    last_hour = min(before.last_hour, sweep.view.this_hour)
    costs, first_hour = costs_since_first(team_id, before.part, sweep)
    if before.from_hour < first_hour or last_hour < first_hour:
        return before
    since = before.from_hour
    extent = extent_of(
        costs, first_hour=first_hour, last_hour=last_hour, window_hours=last_hour - since + 1, since=since
    )
    ended = _incident(team_id, extent, sweep, part=before.part, severity=before.severity, last_hour=last_hour)
    return replace(ended, last_hour=before.last_hour)


def costs_since_first(team_id: int, part: SpendPart | None, sweep: SweepContext) -> tuple[Ints, int]:
    """Returns nano-dollars by hour as they are judged, from the first cost on, and that hour."""
    if part is None:
        nanos = judged_costs(sweep.histories, [team_id], sweep.view)[0]
    else:
        nanos = judged_part_costs(sweep.histories, part, sweep.view)
    lead = int(np.argmax(nanos > 0))
    return nanos[lead:], sweep.view.first_hour + lead


def _incident(
    team_id: int, extent: Extent, sweep: SweepContext, *, part: SpendPart | None, severity: Severity, last_hour: int
) -> Incident:
    return Incident(
        part=part,
        severity=severity,
        from_hour=extent.from_hour,
        window_hours=extent.hours,
        last_hour=last_hour,
        observed_nanos=extent.observed_nanos,
        usual_nanos=extent.usual_nanos,
        excess_nanos=extent.excess_nanos,
        silences=_silences_near(team_id, extent, sweep),
    )


def _silences_near(team_id: int, extent: Extent, sweep: SweepContext) -> tuple[DataGap, ...]:
    """Returns the data gaps within a day before a spike or during it, in which the team cost half its usual or less."""
    history = sweep.histories.teams[team_id]
    near = []
    for silence in sweep.silences:
        end = silence.end_hour or sweep.view.this_hour
        if end < extent.from_hour - SILENCE_HOURS or silence.from_hour > extent.to_hour:
            continue
        hours = end - silence.from_hour
        usual = history.by_hour(silence.from_hour - _WEEK, hours).sum()
        if usual > 0 and history.by_hour(silence.from_hour, hours).sum() * 2 <= usual:
            near.append(silence)
    return tuple(near)
