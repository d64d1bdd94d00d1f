"""An incident as the hours show it: from when to when, what it cost, what drives it, and its chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.alerting.alerts import DataGap, SpikeAlert
from bot.alerting.severities import SEVERITIES, Severity
from bot.charts.values import SpikeHours, encode
from bot.detection.contributors import contributors
from bot.detection.extents import Extent, extent_of
from bot.detection.histories import Histories, Ints, PartKind, SpendPart
from bot.detection.spike_bands import usual_band
from bot.detection.spike_facts import facts_of
from bot.detection.spike_rule import severity_of
from bot.detection.sweeps import SpikingHour, SweepView, judged_costs, judged_part_costs
from bot.money import NANOS, usd_round
from bot.org.teams import Team
from bot.periods import HOUR_MICROS
from bot.views.detection.spikes import part_words

SHOWN_PARTS: tuple[PartKind, ...] = ("credential", "workflow", "model", "tool")
"""People are never named in a channel in connection with spend."""
CHART_HOURS, MAX_CHART_HOURS = 48, 168
AFTER_HOURS = 12
"""So much is shown before and after a spike: one that ended days ago is still in its picture."""
SILENCE_HOURS = 24
"""A silence that ended so long before a spike is shown with it."""


@dataclass(frozen=True, kw_only=True)
class SweepContext:
    """What a sweep saw: everything that follows is told by it."""

    histories: Histories
    view: SweepView
    silences: tuple[DataGap, ...]


def incident_facts(
    team: Team, hours: Sequence[SpikingHour], seen: SweepContext, *, before: dict[str, Any] | None
) -> dict[str, Any]:
    """An incident as its hours show it. A team's own total speaks before any part; what was said of a total stays one."""
    of_total = [found for found in hours if found.part is None]
    found = (of_total or hours)[-1]
    part = None if before is not None and not before.get("part") else found.part
    last_hour = hours[-1].hour if before is None else max(hours[-1].hour, int(before["last_hour"]))
    since = None if before is None else int(before["from_hour"])
    costs, first_hour = _series(team, part, seen)
    until = found.hour if before is None else last_hour  # parts may spike for days after the total's window
    until = min(until, seen.view.this_hour)  # a clock that was ahead may have seen further
    extent = extent_of(costs, first_hour=first_hour, last_hour=until, window_hours=found.window_hours, since=since)
    tiers = [severity_of(max(extent.excess_nanos / NANOS, *(f.excess_dollars for f in hours)))]
    tiers += [] if before is None else [before["severity"]]
    severity = max(tiers, key=SEVERITIES.index)
    return _incident_facts(team, extent, costs, first_hour, seen, severity=severity, part=part, last_hour=last_hour)


def closing_facts(team: Team, facts: dict[str, Any], seen: SweepContext) -> dict[str, Any]:
    """The facts of an incident that ends, with what came in late; as they are where its hours are out of sight."""
    part = SpendPart(team.id, *facts["part"]) if facts.get("part") else None
    last_hour = min(int(facts["last_hour"]), seen.view.this_hour)
    costs, first_hour = _series(team, part, seen)
    if int(facts["from_hour"]) < first_hour or last_hour < first_hour:
        return facts
    since = int(facts["from_hour"])
    extent = extent_of(
        costs, first_hour=first_hour, last_hour=last_hour, window_hours=last_hour - since + 1, since=since
    )
    severity, is_shared = facts["severity"], bool(facts.get("shared"))
    shown = _incident_facts(team, extent, costs, first_hour, seen, severity=severity, part=part, last_hour=last_hour)
    return {**shown, "last_hour": facts["last_hour"], "shared": is_shared}


def _series(team: Team, part: SpendPart | None, seen: SweepContext) -> tuple[Ints, int]:
    """Nano-dollars by hour as they are judged, from the first cost on, and that hour."""
    if part is None:
        nanos = judged_costs(seen.histories, [team.id], seen.view)[0]
    else:
        nanos = judged_part_costs(seen.histories, part, seen.view)
    lead = int(np.argmax(nanos > 0))
    return nanos[lead:], seen.view.first_hour + lead


def _incident_facts(
    team: Team,
    extent: Extent,
    costs: Ints,
    first_hour: int,
    seen: SweepContext,
    *,
    severity: Severity,
    part: SpendPart | None,
    last_hour: int,
) -> dict[str, Any]:
    histories, view = seen.histories, seen.view
    planned = view.expected.get(team.id, frozenset())
    alert = SpikeAlert(
        severity=severity,
        part=None if part is None else (part.kind, part.name),
        from_hour=extent.from_hour,
        window_hours=extent.hours,
        observed_nanos=extent.observed_nanos,
        usual_nanos=extent.usual_nanos,
        excess_nanos=extent.excess_nanos,
        contributors=contributors(
            [part for part in histories.parts_of(team.id, SHOWN_PARTS) if part not in planned],
            by_hour=lambda part: judged_part_costs(histories, part, view),
            first_hour=view.first_hour,
            from_hour=extent.from_hour,
            end_hour=extent.to_hour + 1,
            known_from=first_hour,
        ),
        silences=_silences(team, extent, seen),
        shared=False,
        ongoing=True,
    )
    return facts_of(alert, last_hour=last_hour, chart=_chart(team, alert, costs, first_hour, seen))


def _silences(team: Team, extent: Extent, seen: SweepContext) -> tuple[DataGap, ...]:
    """The silences shortly before the spike or meanwhile, in which the team's own cost was half its usual or less."""
    history = seen.histories.teams[team.id]
    found = []
    for silence in seen.silences:
        end = silence.end_hour or seen.view.this_hour
        if end < extent.from_hour - SILENCE_HOURS or silence.from_hour > extent.to_hour:
            continue
        hours = end - silence.from_hour
        usual = history.by_hour(silence.from_hour - 168, hours).sum()
        if usual > 0 and history.by_hour(silence.from_hour, hours).sum() * 2 <= usual:
            found.append(silence)
    return tuple(found)


def _chart(team: Team, alert: SpikeAlert, costs: Ints, first_hour: int, seen: SweepContext) -> dict[str, Any]:
    over = alert.from_hour + alert.window_hours
    end = min(first_hour + len(costs), over + AFTER_HOURS)
    costs = costs[: end - first_hour]
    lead = end - alert.from_hour + AFTER_HOURS
    shown = min(max(CHART_HOURS, lead), MAX_CHART_HOURS, len(costs))
    low, high = usual_band(costs, shown)
    hours = tuple(range(end - shown, end))
    whose = team.name if alert.part is None else f"{team.name}, {part_words(alert.part, escaped=False)}"
    amount, usual = usd_round(alert.observed_nanos), usd_round(alert.usual_nanos)
    title = f"{whose}: {amount} in {alert.window_hours} h, usually {usual}"
    zone = team.zone_on(alert.from_hour * HOUR_MICROS)
    chart = SpikeHours(
        title=title,
        subtitle="Cost per hour, with the usual band",
        hours=hours,
        observed_nanos=tuple(costs[-shown:].tolist()),
        usual_low_nanos=tuple(low.tolist()),
        usual_high_nanos=tuple(high.tolist()),
        marked_from=alert.from_hour,
        silent=tuple((s.from_hour, s.end_hour or seen.view.this_hour) for s in alert.silences),
        timezone=zone,
        marked_until=over if over < end - 1 else None,
        alt=title + ". Hours above the band are marked.",
    )
    return encode(chart)
