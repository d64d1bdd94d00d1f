"""Spike alerts: their figures, their contributors, and the key that posts each of them once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.alerting.severities import Severity

PartDimension = Literal["tool", "model", "workflow", "credential", "person"]
SpikePart = tuple[PartDimension, str]
"""A part of a team's spend: its dimension and its name."""


@dataclass(frozen=True, kw_only=True)
class Contributor:
    """A part that contributes to a spike: its cost and its usual cost in nano-dollars. `first_hour` is set for a new
    part: the hour since 1970 of its first usage. A person's name is their id."""

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
    """A silence of a source, in hours since 1970. `end_hour` is None while it lasts."""

    source: str
    from_hour: int
    end_hour: int | None


@dataclass(frozen=True, kw_only=True)
class SpikeAlert:
    """A spike of a team's total, or of one `part`. Amounts are nano-dollars over `window_hours`.

    `silences` are silences of sources shortly before or during the spike. `shared` means that most teams rose with it
    after it was posted.
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
    """Returns the contributors with the largest rise above their usual, at most `most`. Contributors overlap: among
    those within 10% of the largest, a key comes before a workflow, a person, a model and a tool."""
    ordered: list[Contributor] = []
    left = sorted(found, key=lambda c: -c.rise_nanos)
    while left:
        near = [c for c in left if c.rise_nanos * 10 >= left[0].rise_nanos * 9]
        ordered += sorted(near, key=lambda c: _DIMENSION_PRIORITY.index(c.dimension))
        left = left[len(near) :]
    return tuple(ordered[:most])


def spike_key(team_id: int, from_hour: int) -> str:
    return f"spike:{team_id}:{from_hour}"
