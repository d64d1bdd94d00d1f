"""What an alert stores of an incident: its figures, what drives it, and its chart."""

from collections.abc import Sequence

from bot.alerting.spike_facts import SpikeFacts
from bot.charts.values import encode
from bot.detection.contributors import contributors
from bot.detection.histories import PartKind, SpendPart
from bot.detection.incident_measures import SweepContext, costs_since_first, measure_end, measure_incident
from bot.detection.incidents import Incident
from bot.detection.spike_charts import spike_chart
from bot.detection.sweeps import SpikingHour, judged_part_costs
from bot.org.teams import Team

SHOWN_PARTS: tuple[PartKind, ...] = ("credential", "workflow", "model", "tool")
"""A channel never names people in connection with spend."""


def incident_facts(
    team: Team, hours: Sequence[SpikingHour], sweep: SweepContext, *, before: SpikeFacts | None
) -> SpikeFacts:
    """Returns an incident's facts as its spiking hours, in order, show it; `before` are its facts so far."""
    known = None if before is None else incident_of(before, team_id=team.id)
    return _facts(team, measure_incident(team.id, hours, sweep, before=known), sweep, is_shared=False)


def closing_facts(team: Team, facts: SpikeFacts, sweep: SweepContext) -> SpikeFacts:
    """Returns the facts of an incident that ends, with the usage that came in late; unchanged if its hours are too old."""
    before = incident_of(facts, team_id=team.id)
    ended = measure_end(team.id, before, sweep)
    return facts if ended is before else _facts(team, ended, sweep, is_shared=facts.shared)


def _facts(team: Team, incident: Incident, sweep: SweepContext, *, is_shared: bool) -> SpikeFacts:
    histories, view = sweep.histories, sweep.view
    costs, first_hour = costs_since_first(team.id, incident.part, sweep)
    planned = view.expected.get(team.id, frozenset())
    chart = spike_chart(team, incident, costs, first_hour=first_hour, this_hour=view.this_hour)
    return SpikeFacts(
        severity=incident.severity,
        part=None if incident.part is None else (incident.part.kind, incident.part.name),
        from_hour=incident.from_hour,
        last_hour=incident.last_hour,
        window_hours=incident.window_hours,
        observed_nanos=incident.observed_nanos,
        usual_nanos=incident.usual_nanos,
        excess_nanos=incident.excess_nanos,
        contributors=contributors(
            [part for part in histories.parts_of(team.id, SHOWN_PARTS) if part not in planned],
            by_hour=lambda part: judged_part_costs(histories, part, view),
            first_hour=view.first_hour,
            from_hour=incident.from_hour,
            end_hour=incident.ended_at + 1,
            known_from=first_hour,
        ),
        silences=incident.silences,
        shared=is_shared,
        chart=encode(chart),
    )


def incident_of(facts: SpikeFacts, *, team_id: int) -> Incident:
    """Returns the incident that a team's stored facts describe."""
    return Incident(
        part=SpendPart(team_id, *facts.part) if facts.part else None,
        severity=facts.severity,
        from_hour=facts.from_hour,
        window_hours=facts.window_hours,
        last_hour=facts.last_hour,
        observed_nanos=facts.observed_nanos,
        usual_nanos=facts.usual_nanos,
        excess_nanos=facts.excess_nanos,
        silences=facts.silences,
    )
