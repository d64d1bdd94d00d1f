"""Charts as values, which messages store as JSON until a worker draws them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import msgspec

from bot.periods import zone

MAX_TOOLS = 6
"""Five with names and the rest: more colours are hard to tell apart, and Slack's block takes no more."""
REST_NAME = "Other"


@dataclass(frozen=True, kw_only=True)
class SpendByDay:
    """Cost per local day, stacked by tool.

    `days` count from 1970 and ascend; `tools` are (name, nano-dollars per day), largest first, and corrections may be
    negative. `budget_line_nanos` is the period's allocation by its days. Days after `closed_through` are still open and drawn
    striped; None means that all are closed. `title` states the finding, `alt` describes the picture.
    """

    title: str
    subtitle: str
    days: tuple[int, ...]
    tools: tuple[tuple[str, tuple[int, ...]], ...]
    budget_line_nanos: int | None
    closed_through: int | None
    alt: str

    def __post_init__(self) -> None:
        if any(later <= earlier for earlier, later in zip(self.days, self.days[1:], strict=False)):
            raise ValueError("days must ascend")
        if any(len(nanos) != len(self.days) for _, nanos in self.tools):
            raise ValueError("a tool needs one amount per day")


@dataclass(frozen=True, kw_only=True)
class SpikeHours:
    """Cost per hour beside the range that is usual for each hour.

    `hours` count from 1970 in UTC and ascend. They are unusual from `marked_from` on, up to `marked_until` if the spike is over;
    hours after it are shown too. Labels are in `timezone`, which the picture names. `silent` are (from, end) of hours in which
    a source sent nothing.
    """

    title: str
    subtitle: str
    hours: tuple[int, ...]
    observed_nanos: tuple[int, ...]
    usual_low_nanos: tuple[int, ...]
    usual_high_nanos: tuple[int, ...]
    marked_from: int
    alt: str
    timezone: str = "UTC"
    silent: tuple[tuple[int, int], ...] = ()
    marked_until: int | None = None

    def __post_init__(self) -> None:
        if any(later <= earlier for earlier, later in zip(self.hours, self.hours[1:], strict=False)):
            raise ValueError("hours must ascend")
        if {len(self.observed_nanos), len(self.usual_low_nanos), len(self.usual_high_nanos)} != {len(self.hours)}:
            raise ValueError("every hour needs an observed amount and a usual range")
        try:
            zone(self.timezone)
        except ZoneInfoNotFoundError as error:
            raise ValueError(f"{self.timezone!r} is no time zone") from error


Chart = SpendByDay | SpikeHours

_KINDS: dict[str, type[Chart]] = {"spend_by_day": SpendByDay, "spike_hours": SpikeHours}


def encode(chart: Chart) -> dict[str, Any]:
    """Returns the chart as JSON's types, with its kind, to be stored with its message."""
    kind = next(name for name, kind in _KINDS.items() if isinstance(chart, kind))
    return {"kind": kind, **msgspec.to_builtins(chart)}


def decode(stored: Mapping[str, Any]) -> Chart:
    """Returns the chart that `encode` stored, also after a trip through JSON. Raises ValueError for anything else."""
    kind = _KINDS.get(str(stored.get("kind")))
    if kind is None:
        raise ValueError(f"{stored.get('kind')!r} is no kind of chart")
    try:
        return msgspec.convert({name: value for name, value in stored.items() if name != "kind"}, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def fold_tools(tools: Sequence[tuple[str, tuple[int, ...]]]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Returns at most six tools: those after the fifth are added up as `Other`, so that the total stays."""
    if len(tools) <= MAX_TOOLS:
        return tuple(tools)
    rest = tuple(sum(day) for day in zip(*(nanos for _, nanos in tools[MAX_TOOLS - 1 :]), strict=True))
    return (*tools[: MAX_TOOLS - 1], (REST_NAME, rest))
