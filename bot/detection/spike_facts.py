"""A spike as JSON, stored with its alert: its message and its incident are made from it again."""

from collections.abc import Mapping
from typing import Any

from bot.alerting.alerts import Contributor, DataGap, SpikeAlert
from bot.detection.histories import SpendPart
from bot.detection.incidents import Incident


def facts_of(alert: SpikeAlert, *, last_hour: int, chart: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a spike as JSON; `last_hour` is the last hour that spiked, since 1970, and `chart` an encoded chart."""
    return {
        "severity": alert.severity,
        "part": alert.part,
        "from_hour": alert.from_hour,
        "last_hour": last_hour,
        "window_hours": alert.window_hours,
        "observed_nanos": alert.observed_nanos,
        "usual_nanos": alert.usual_nanos,
        "excess_nanos": alert.excess_nanos,
        "contributors": [[c.dimension, c.name, c.cost_nanos, c.usual_nanos, c.first_hour] for c in alert.contributors],
        "silences": [[s.source, s.from_hour, s.end_hour] for s in alert.silences],
        "shared": alert.shared,
        "chart": chart,
    }


def alert_of(facts: Mapping[str, Any], *, ongoing: bool) -> SpikeAlert:
    """Returns the alert that facts describe, as its message shows it."""
    return SpikeAlert(
        severity=facts["severity"],
        part=tuple(facts["part"]) if facts.get("part") else None,
        from_hour=facts["from_hour"],
        window_hours=facts["window_hours"],
        observed_nanos=facts["observed_nanos"],
        usual_nanos=facts["usual_nanos"],
        excess_nanos=facts["excess_nanos"],
        contributors=tuple(_contributor(kept, facts["from_hour"]) for kept in facts["contributors"]),
        silences=_silences(facts),
        shared=facts.get("shared", False),
        ongoing=ongoing,
    )


def incident_of(facts: Mapping[str, Any], *, team_id: int) -> Incident:
    """Returns the incident that facts describe."""
    return Incident(
        part=SpendPart(team_id, *facts["part"]) if facts.get("part") else None,
        severity=facts["severity"],
        from_hour=int(facts["from_hour"]),
        window_hours=int(facts["window_hours"]),
        last_hour=int(facts["last_hour"]),
        observed_nanos=int(facts["observed_nanos"]),
        usual_nanos=int(facts["usual_nanos"]),
        excess_nanos=int(facts["excess_nanos"]),
        silences=_silences(facts),
    )


def _silences(facts: Mapping[str, Any]) -> tuple[DataGap, ...]:
    return tuple(DataGap(source=s, from_hour=f, end_hour=e) for s, f, e in facts.get("silences", ()))


def _contributor(kept: list[Any], from_hour: int) -> Contributor:
    dimension, name, cost_nanos, *more = kept
    if len(more) == 1:  # stored by a version without usual amounts
        more = [0, from_hour if more[0] else None]
    return Contributor(dimension=dimension, name=name, cost_nanos=cost_nanos, usual_nanos=more[0], first_hour=more[1])
