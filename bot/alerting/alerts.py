"""Unusual spend as it is said: how much, what it is made of, and the key by which it is said once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.alerting.severities import Severity

PartDimension = Literal["tool", "model", "workflow", "credential", "person"]
SpikePart = tuple[PartDimension, str]
"""A part of a team's spend: its dimension and its name."""


@dataclass(frozen=True, kw_only=True)
class Contributor:
    """A part of a spike: what it is (`credential`, `model`, …), its name, its dollars and what they usually are. A new part has
    the hour since 1970 in which it was first seen. A person's name is their number."""

    dimension: PartDimension
    name: str
    cost_nanos: int
    usual_nanos: int
    first_hour: int | None

    @property
    def rise_nanos(self) -> int:
        return self.cost_nanos - self.usual_nanos


@dataclass(frozen=True, kw_only=True)
class DataGap:
    """Hours, since 1970, in which a source that usually sends did not; `end_hour` is None while it is still silent."""

    source: str
    from_hour: int
    end_hour: int | None


@dataclass(frozen=True, kw_only=True)
class SpikeAlert:
    """A team's spend is far above its usual, or that of a `part` of it. Figures are of the window's hours, in nano-dollars.

    `silences` are of sources, shortly before or meanwhile. A `shared` one was said before most teams were seen to rise with it.
    """

    severity: Severity
    part: SpikePart | None
    from_hour: int
    window_hours: int
    observed_nanos: int
    usual_nanos: int
    excess_nanos: int
    contributors: tuple[Contributor, ...]
    silences: tuple[DataGap, ...]
    shared: bool
    ongoing: bool


_DIMENSION_PRIORITY = ("credential", "workflow", "person", "model", "tool")


def rank_contributors(found: Iterable[Contributor], *, most: int = 4) -> tuple[Contributor, ...]:
    """Contributors by the dollars above their usual, the largest first. They overlap: of those within a tenth of the larger one,
    the one that says most comes first, a key before a workflow before a model before a tool."""
    ordered: list[Contributor] = []
    left = sorted(found, key=lambda c: -c.rise_nanos)
    while left:
        near = [c for c in left if c.rise_nanos * 10 >= left[0].rise_nanos * 9]
        ordered += sorted(near, key=lambda c: _DIMENSION_PRIORITY.index(c.dimension))
        left = left[len(near) :]
    return tuple(ordered[:most])


def spike_key(team_id: int, from_hour: int) -> str:
    return f"spike:{team_id}:{from_hour}"
