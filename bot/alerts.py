"""Unusual spend as it is said: how much, what it is made of, and the key by which it is said once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Contributor:
    """A part of a spike: what it is (`credential`, `model`, …), its name, its dollars, and whether it is new."""

    dimension: Literal["tool", "model", "workflow", "credential"]
    name: str
    cost_nanos: int
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class SpikeAlert:
    """A team's spend is far above its usual. Figures are of the window's hours, in nano-dollars."""

    severity: Literal["low", "medium", "high", "critical"]
    from_hour: int
    window_hours: int
    observed_nanos: int
    usual_nanos: int
    excess_nanos: int
    contributors: tuple[Contributor, ...]
    ongoing: bool


_SAYS_MOST = ("credential", "workflow", "model", "tool")


def ranked(found: Iterable[Contributor], *, most: int = 4) -> tuple[Contributor, ...]:
    """Contributors by dollars, the largest first. They overlap: of those within a tenth of the larger one, the one
    that says most comes first, a key before a workflow before a model before a tool."""
    ordered: list[Contributor] = []
    left = sorted(found, key=lambda c: -c.cost_nanos)
    while left:
        near = [c for c in left if c.cost_nanos * 10 >= left[0].cost_nanos * 9]
        ordered += sorted(near, key=lambda c: _SAYS_MOST.index(c.dimension))
        left = left[len(near) :]
    return tuple(ordered[:most])


def spike_key(team_id: int, from_hour: int) -> str:
    return f"spike:{team_id}:{from_hour}"
