"""Which charts are worth drawing: one with nothing to see in it is left out, and words say it."""

from collections.abc import Sequence

from bot.charts.kinds import (
    BudgetChange,
    Chart,
    MixByWeek,
    SpendAgainstPlan,
    SpendByDay,
    SpikeHours,
    TeamsAgainstBudget,
)
from bot.money import NANOS

FLOOR_NANOS = NANOS
"""A chart of less than a dollar shows nothing that matters."""
_FLAT_FLOOR_NANOS = 20 * NANOS
"""A flat line below it is small change, the same every day."""
_FLAT_PERCENT = 5


def is_worth_drawing(chart: Chart) -> bool:
    """Returns whether a chart shows more than one amount, and enough money to look at."""
    match chart:
        case SpendByDay():
            return _varies([sum(nanos[at] for _, nanos in chart.tools) for at in range(len(chart.days))])
        case SpikeHours():
            return _varies([*chart.observed_nanos, *chart.usual_high_nanos])
        case SpendAgainstPlan():
            return len(chart.spent_nanos) > 1 and _varies([*chart.spent_nanos, *chart.plan_nanos])
        case TeamsAgainstBudget():
            return len([team for team in chart.teams if team[1]]) > 1
        case MixByWeek():
            return _varies([a + b for a, b in zip(chart.in_house_nanos, chart.third_party_nanos, strict=True)])
        case BudgetChange():
            return chart.grown_nanos > 0


def _varies(amounts: Sequence[int]) -> bool:
    shown = [abs(nanos) for nanos in amounts if nanos]
    if len(shown) < 2 or sum(shown) < FLOOR_NANOS:
        return False
    low, high = min(map(abs, amounts)), max(shown)
    return (high - low) * 100 > high * _FLAT_PERCENT or sum(shown) >= _FLAT_FLOOR_NANOS
