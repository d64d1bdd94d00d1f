"""The facts of a spike: the figures that its row holds as JSON and that its message shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.alerting.alerts import Contributor, DataGap, SpikeAlert, SpikePart
from bot.alerting.severities import Severity


@dataclass(frozen=True, kw_only=True)
class SpikeFacts:
    """A spike as it is stored. Hours count from 1970 in UTC; `last_hour` is the last hour that spiked.

    `chart` is an encoded `SpikeHours`. `shared` means that most teams rose with this one.
    """

    severity: Severity
    part: SpikePart | None
    from_hour: int
    last_hour: int
    window_hours: int
    observed_nanos: int
    usual_nanos: int
    excess_nanos: int
    contributors: tuple[Contributor, ...]
    silences: tuple[DataGap, ...]
    shared: bool
    chart: dict[str, Any]

    @property
    def leading_contributor(self) -> Contributor | None:
        """The first contributor that is no person."""
        return next((c for c in self.contributors if c.dimension != "person"), None)

    @classmethod
    def from_facts(cls, stored: Mapping[str, Any]) -> Self:
        """Reads the stored JSON. Rows of older versions lack `part`, `silences` or `shared`."""
        return cls(
            severity=stored["severity"],
            part=tuple(stored["part"]) if stored.get("part") else None,
            from_hour=stored["from_hour"],
            last_hour=stored["last_hour"],
            window_hours=stored["window_hours"],
            observed_nanos=stored["observed_nanos"],
            usual_nanos=stored["usual_nanos"],
            excess_nanos=stored["excess_nanos"],
            contributors=tuple(_contributor(kept, stored["from_hour"]) for kept in stored["contributors"]),
            silences=tuple(DataGap(source=s, from_hour=f, end_hour=e) for s, f, e in stored.get("silences", ())),
            shared=stored.get("shared", False),
            chart=stored["chart"],
        )

    def to_facts(self) -> dict[str, Any]:
        """Returns the JSON to store."""
        contributors = [[c.dimension, c.name, c.cost_nanos, c.usual_nanos, c.first_hour] for c in self.contributors]
        return {
            "severity": self.severity,
            "part": self.part,
            "from_hour": self.from_hour,
            "last_hour": self.last_hour,
            "window_hours": self.window_hours,
            "observed_nanos": self.observed_nanos,
            "usual_nanos": self.usual_nanos,
            "excess_nanos": self.excess_nanos,
            "contributors": contributors,
            "silences": [[s.source, s.from_hour, s.end_hour] for s in self.silences],
            "shared": self.shared,
            "chart": self.chart,
        }

    def as_alert(self, *, ongoing: bool) -> SpikeAlert:
        """Returns the spike as its message shows it."""
        return SpikeAlert(
            severity=self.severity,
            part=self.part,
            from_hour=self.from_hour,
            window_hours=self.window_hours,
            observed_nanos=self.observed_nanos,
            usual_nanos=self.usual_nanos,
            excess_nanos=self.excess_nanos,
            contributors=self.contributors,
            silences=self.silences,
            shared=self.shared,
            ongoing=ongoing,
        )


def _contributor(kept: list[Any], from_hour: int) -> Contributor:
    dimension, name, cost_nanos, *more = kept
    if len(more) == 1:  # kept by a version that did not compare parts with their usual
        more = [0, from_hour if more[0] else None]
    return Contributor(dimension=dimension, name=name, cost_nanos=cost_nanos, usual_nanos=more[0], first_hour=more[1])
