"""Slack's own form of a chart, within the limits of its data_visualization block."""

from collections.abc import Iterable
from typing import TypedDict

from bot.charts.kinds import SpendAgainstPlan, SpendByDay, days_text, fold_tools
from bot.money import NANOS
from bot.periods import short_day_text, week_of

_NATIVE_LABEL, _NATIVE_TITLE, _NATIVE_POINTS = 20, 50, 20


class NativePoint(TypedDict):
    """One value, in dollars, under the label of its category."""

    label: str
    value: float


class NativeSeries(TypedDict):
    """One tool."""

    name: str
    data: list[NativePoint]


class NativeChart(TypedDict):
    """The contents of Slack's data_visualization block, within its limits, for any of its chart types."""

    title: str
    categories: list[str]
    series: list[NativeSeries]
    y_label: str


def native_spend_by_day(chart: SpendByDay) -> NativeChart:
    """Returns the chart in the limits of Slack's block: 20 points, 6 series, 20 characters; no day's amount is left out.

    More than 20 days are added up by ISO week, or by as many weeks as it takes. Without days there are no categories,
    and no block can be made of it. The block draws no budget line: the text states the budget.
    https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
    """
    spans = _spans(chart.days)
    categories = _distinct(days_text(chart.days[first], chart.days[last]) for first, last in spans)
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


def native_against_plan(chart: SpendAgainstPlan) -> NativeChart:
    """Returns the spend added up to today and from there to the forecast, beside the plan, at most 20 of the days.

    The first, today and the last are among them. Every series needs an amount on every day, so spend and forecast are one.
    """
    count, today = chart.end_day - chart.first_day, chart.today
    step = -(-count // (_NATIVE_POINTS - 2))
    shown = sorted({*range(chart.first_day, chart.end_day, step), today, chart.end_day - 1})
    plan = chart.plan_nanos or (0,) * count
    spent, planned, total, sums = {}, {}, 0, 0
    for at in range(count):
        day = chart.first_day + at
        total += chart.spent_nanos[at] if day <= today else 0
        sums += plan[at]
        spent[day], planned[day] = total, sums
    categories = _distinct("today" if day == today else short_day_text(day) for day in shown)
    end, weights = chart.end_nanos, plan[today - chart.first_day + 1 :]
    series = [NativeSeries(name="Spent, then expected", data=[])]
    for day, label in zip(shown, categories, strict=True):
        ahead = planned[day] - planned[today]
        rise = (end - total) * ahead // sum(weights) if end is not None and day > today and any(weights) else 0
        series[0]["data"].append(NativePoint(label=label, value=round((spent[day] + rise) / NANOS, 2)))
    if chart.budget_nanos is not None:
        points = [
            NativePoint(label=label, value=round(planned[d] / NANOS, 2))
            for d, label in zip(shown, categories, strict=True)
        ]
        series.append(NativeSeries(name="Budget on plan", data=points))
    return NativeChart(
        title=_cut(chart.title, _NATIVE_TITLE), categories=categories, series=series, y_label="US dollars"
    )


def _spans(days: tuple[int, ...]) -> list[tuple[int, int]]:
    """Returns (first, last) positions of the days that share a point."""
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


def _cut(text: str, limit: int) -> str:
    whole = " ".join(text.split()) or "–"
    return whole if len(whole) <= limit else whole[: limit - 1].rstrip() + "…"


def _distinct(names: Iterable[str]) -> list[str]:
    """Returns the names within 20 characters; a name that occurs again gets a number."""
    taken: list[str] = []
    for name in names:
        shown, count = _cut(name, _NATIVE_LABEL), 1
        while shown in taken:
            count += 1
            shown = f"{_cut(name, _NATIVE_LABEL - len(f' {count}'))} {count}"
        taken.append(shown)
    return taken
