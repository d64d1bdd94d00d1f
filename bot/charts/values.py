"""Charts as values: what they show, how they travel with a message, and Slack's own form of one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from zoneinfo import ZoneInfoNotFoundError

import msgspec

from bot.money import NANOS
from bot.periods import date_of, short_day_text, week_of, zone

MAX_TOOLS = 6
"""Five with names and the rest: more colours than that nobody tells apart, and Slack's block takes no more."""
REST_NAME = "Other"

_NATIVE_LABEL, _NATIVE_TITLE, _NATIVE_POINTS = 20, 50, 20


@dataclass(frozen=True, kw_only=True)
class SpendByDay:
    """Cost per local day, stacked by tool.

    `days` count from 1970 and ascend; `tools` are (name, nano-dollars per day), largest first, and corrections may be
    negative. `budget_line_nanos` is the period's allocation by its days. Days after `closed_through` still grow and are
    drawn so; None says that all are closed. `title` is the finding, `alt` the text for those who don't see the picture.
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

    `hours` count from 1970 in UTC and ascend; from the hour `marked_from` on (also such a count) they are unusual, up to the
    hour `marked_until` if that is known: then they are over, and what follows is shown beside them.
    `timezone` is whose clock the labels read; the picture names it. `silent` are (from, end) of hours in which a source sent
    nothing.
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
    """The chart as JSON's types, with its kind, to be stored beside the message it belongs to."""
    kind = next(name for name, kind in _KINDS.items() if isinstance(chart, kind))
    return {"kind": kind, **msgspec.to_builtins(chart)}


def decode(stored: Mapping[str, Any]) -> Chart:
    """What `encode` gave, also after a trip through JSON. Raises ValueError for anything else."""
    kind = _KINDS.get(str(stored.get("kind")))
    if kind is None:
        raise ValueError(f"{stored.get('kind')!r} is no kind of chart")
    try:
        return msgspec.convert({name: value for name, value in stored.items() if name != "kind"}, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def render(chart: Chart) -> bytes:
    """A PNG of 1200 × 600 pixels; equal charts give equal bytes. Takes tens of milliseconds of CPU: call it in a worker."""
    from bot.charts.card import draw_spend_by_day, draw_spike_hours

    return draw_spend_by_day(chart) if isinstance(chart, SpendByDay) else draw_spike_hours(chart)


def fold_tools(tools: Sequence[tuple[str, tuple[int, ...]]]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """At most six tools: what comes after the fifth is added up as `Other`, so that the total stays."""
    if len(tools) <= MAX_TOOLS:
        return tuple(tools)
    rest = tuple(sum(day) for day in zip(*(nanos for _, nanos in tools[MAX_TOOLS - 1 :]), strict=True))
    return (*tools[: MAX_TOOLS - 1], (REST_NAME, rest))


class NativePoint(TypedDict):
    """One value, in dollars, under the label of its category."""

    label: str
    value: float


class NativeSeries(TypedDict):
    """One tool."""

    name: str
    data: list[NativePoint]


class NativeChart(TypedDict):
    """What Slack's data_visualization block needs, within its limits, whatever type of chart one makes of it."""

    title: str
    categories: list[str]
    series: list[NativeSeries]
    y_label: str


def native_spend_by_day(chart: SpendByDay) -> NativeChart:
    """The chart in the limits of Slack's block: 20 points, 6 series, 20 characters; no day's amount is left out.

    More than 20 days are added up by ISO week, or by as many weeks as it takes. Without days there are no categories,
    and no block can be made of it. The block draws no budget line; say the budget in the text.
    https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
    """
    spans = _spans(chart.days)
    categories = _distinct(_span_text(chart.days[first], chart.days[last]) for first, last in spans)
    tools = fold_tools(chart.tools) or (("Spend", (0,) * len(chart.days)),)
    series: list[NativeSeries] = []
    for name, (_, nanos) in zip(_distinct(name for name, _ in tools), tools, strict=True):
        amounts = [round(sum(nanos[first : last + 1]) / NANOS, 2) for first, last in spans]
        points = [NativePoint(label=label, value=value) for label, value in zip(categories, amounts, strict=True)]
        series.append(NativeSeries(name=name, data=points))
    per = "day" if len(chart.days) <= _NATIVE_POINTS else "span of days"
    return NativeChart(
        title=_cut(chart.title, _NATIVE_TITLE), categories=categories, series=series, y_label=f"US dollars per {per}"
    )


def _spans(days: tuple[int, ...]) -> list[tuple[int, int]]:
    """(first, last) positions of the days that share a point."""
    if len(days) <= _NATIVE_POINTS:
        return [(at, at) for at in range(len(days))]
    weeks = 1
    while True:
        monday = week_of(days[0])[0]
        groups: dict[int, list[int]] = {}
        for at, day in enumerate(days):
            groups.setdefault((day - monday) // (7 * weeks), []).append(at)
        if len(groups) <= _NATIVE_POINTS:
            return [(group[0], group[-1]) for group in groups.values()]
        weeks += 1


def _span_text(first: int, last: int) -> str:
    """`23 Nov`, `16–22 Nov`, `30 Nov – 6 Dec`."""
    if first == last:
        return short_day_text(first)
    a, b = date_of(first), date_of(last)
    return (
        f"{a.day}–{short_day_text(last)}" if a.month == b.month else f"{short_day_text(first)} – {short_day_text(last)}"
    )


def _cut(text: str, limit: int) -> str:
    whole = " ".join(text.split()) or "–"
    return whole if len(whole) <= limit else whole[: limit - 1].rstrip() + "…"


def _distinct(names: Iterable[str]) -> list[str]:
    """The names within 20 characters; a name that occurs again gets a number."""
    taken: list[str] = []
    for name in names:
        shown, count = _cut(name, _NATIVE_LABEL), 1
        while shown in taken:
            count += 1
            shown = f"{_cut(name, _NATIVE_LABEL - len(f' {count}'))} {count}"
        taken.append(shown)
    return taken
