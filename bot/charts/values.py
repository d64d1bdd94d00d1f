"""Charts as messages store them: as JSON, until a worker draws them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.charts.alts import alt_of
from bot.charts.kinds import (
    KINDS,
    REST_NAME,
    BudgetChange,
    Chart,
    ChartSpan,
    MixByWeek,
    SpendAgainstPlan,
    SpendByDay,
    SpikeHours,
    TeamsAgainstBudget,
    days_text,
    fold_tools,
    kind_of,
)

__all__ = [
    "REST_NAME",
    "BudgetChange",
    "Chart",
    "ChartSpan",
    "MixByWeek",
    "SpendAgainstPlan",
    "SpendByDay",
    "SpikeHours",
    "TeamsAgainstBudget",
    "days_text",
    "decode",
    "encode",
    "fold_tools",
    "kind_of",
]


def encode(chart: Chart) -> dict[str, Any]:
    """Returns the chart as JSON's types, with its kind, to be stored with its message. Its `alt` has every figure shown."""
    kind = kind_of(chart)
    return {"kind": kind, **msgspec.to_builtins(chart), "alt": alt_of(kind, chart)}


def decode(stored: Mapping[str, Any]) -> Chart:
    """Returns the chart that `encode` stored, also after a trip through JSON. Raises ValueError for anything else."""
    kind = KINDS.get(str(stored.get("kind")))
    if kind is None:
        raise ValueError(f"{stored.get('kind')!r} is no kind of chart")
    try:
        return msgspec.convert({name: value for name, value in stored.items() if name != "kind"}, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
