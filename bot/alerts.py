"""Everything worth saying about a team's budget and spend, each with the key by which it is said once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from bot.budgets import Standing
from bot.forecasts import ahead_of_pace

HISTORY_AFTER_DAYS = 3
"""Usage older than this came in by an import: a line that it crossed is recorded, and not said."""


@dataclass(frozen=True, kw_only=True)
class ThresholdAlert:
    """A team's spend crossed a share of its budget. `silent` ones are remembered without a message."""

    percent: int
    dedupe_key: str
    silent: bool


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


def thresholds_due(
    standing: Standing, *, known: Collection[str], recent_nanos: int, is_governed: bool
) -> list[ThresholdAlert]:
    """The thresholds that a team's spend has crossed and nobody has noted yet, lowest first.

    One below 100 % is due only when the team is ahead of its pace. If several are crossed at once, only the highest
    is said. `recent_nanos` is the spend of the last days, today included: what older usage crossed is history. The
    key holds the allocation, so an increase arms the thresholds again.
    """
    balance = standing.balance
    if balance.allocated_nanos <= 0:
        return []
    crossed: list[ThresholdAlert] = []
    for percent in sorted(set(standing.team.thresholds) | {100}):
        line = balance.allocated_nanos * percent
        if balance.charged_nanos * 100 < line:
            break
        if percent < 100 and not ahead_of_pace(balance, today=standing.today, period=standing.period):
            continue
        key = f"threshold:{standing.team.id}:{standing.period.name}:{percent}:{balance.allocated_nanos}"
        if key in known:
            continue
        is_history = (balance.charged_nanos - recent_nanos) * 100 >= line
        crossed.append(ThresholdAlert(percent=percent, dedupe_key=key, silent=is_history or not is_governed))
    return [
        ThresholdAlert(percent=a.percent, dedupe_key=a.dedupe_key, silent=a.silent or a is not crossed[-1])
        for a in crossed
    ]
