"""What a chart shows in words, for those who don't see it: every figure that is drawn."""

import calendar
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.charts.amounts import money_label
from bot.charts.kinds import BudgetChange, MixByWeek, SpendAgainstPlan, SpendByDay, SpikeHours, TeamsAgainstBudget
from bot.money import percent
from bot.periods import HOUR_MICROS, moment, short_day_text, zone

_MOST_DAYS = 31
ALT_CHARACTERS = 1_000
"""Slack's limit for a file's text."""


def alt_of(kind: str, chart: Any) -> str:
    """Returns the sentence and the figures of a chart of this kind."""
    numbers = _FIGURES[kind](chart)
    said = chart.alt if numbers in chart.alt else f"{chart.alt} {numbers}".strip()
    return said if len(said) <= ALT_CHARACTERS else said[: ALT_CHARACTERS - 1].rstrip() + "…"


def _spend_by_day(chart: SpendByDay) -> str:
    tools = chart.shown_tools
    totals = tuple(sum(nanos[at] for _, nanos in tools) for at in range(len(chart.days)))
    said = []
    for span in chart.sums:
        parts = ", ".join(f"{name or '–'} {money_label(chart.sum_of(nanos, span))}" for name, nanos in tools)
        said.append(f"{span.name[:1].upper()}{span.name[1:]} {money_label(chart.sum_of(totals, span))}: {parts}.")
    budget = chart.budget_of
    if budget is not None:
        passed = f", {chart.over_words}" if chart.over_words else ""
        said.append(f"Budget {money_label(budget[0])} {budget[1]}{passed}.")
    if 1 < len(chart.days) <= _MOST_DAYS:
        days = zip(chart.days, totals, strict=True)
        said.append(f"By day: {', '.join(f'{short_day_text(day)} {money_label(nanos)}' for day, nanos in days)}.")
    return " ".join(said)


def clock_words(at: datetime) -> str:
    """Returns `Mon 21:00`."""
    return f"{calendar.day_abbr[at.weekday()]} {at:%H:%M}"


def zone_words(timezone: str) -> str:
    """Returns `London time`, or `UTC`."""
    place = timezone.rsplit("/", maxsplit=1)[-1].replace("_", " ")
    return place if place == "UTC" else f"{place} time"


def _spike_hours(chart: SpikeHours) -> str:
    if not chart.hours:
        return ""
    last = "Last hour" if chart.marked_until is None else "Last hour shown"
    low, high = money_label(chart.usual_low_nanos[-1]), money_label(chart.usual_high_nanos[-1])
    since = moment(chart.marked_from * HOUR_MICROS).astimezone(zone(chart.timezone))
    said = f"{last} {money_label(chart.observed_nanos[-1])}; usual {low} to {high} at that hour."
    verb = "since" if chart.marked_until is None else "from"
    return f"{said} Unusual {verb} {clock_words(since)} {zone_words(chart.timezone)}."


def _spend_against_plan(chart: SpendAgainstPlan) -> str:
    said = [f"{money_label(sum(chart.spent_nanos))} so far"]
    if chart.budget_nanos is not None:
        said.append(f"budget {money_label(chart.budget_nanos)}")
    if chart.end_nanos is not None and chart.low_nanos is not None and chart.high_nanos is not None:
        likely = f"likely {money_label(chart.low_nanos)}–{money_label(chart.high_nanos)}"
        said.append(f"{money_label(chart.end_nanos)} by {short_day_text(chart.end_day - 1)}, {likely}")
    if chart.run_out_day is not None:
        said.append(f"runs out {short_day_text(chart.run_out_day)}")
    return "; ".join(said) + "."


def _teams_against_budget(chart: TeamsAgainstBudget) -> str:
    return "; ".join(_team(*team) for team in chart.teams) + "."


def _team(name: str, spent: int, budget: int | None, forecast: int | None) -> str:
    said = f"{name} {money_label(spent)}"
    if budget is not None:
        said += f" of {money_label(budget)}" + (f" ({percent(spent, budget)})" if budget > 0 else "")
    return said if forecast is None else f"{said}, {money_label(forecast)} expected"


def _mix_by_week(chart: MixByWeek) -> str:
    weeks = list(zip(chart.mondays, chart.in_house_nanos, chart.third_party_nanos, strict=True))
    if not weeks:
        return ""
    shares = ", ".join(f"{short_day_text(monday)} {percent(own, own + bought)}" for monday, own, bought in weeks)
    _, own, bought = weeks[-1]
    last = f"last week {money_label(own)} in-house, {money_label(bought)} third-party"
    return f"In-house share by week: {shares}; {last}."


def _budget_change(chart: BudgetChange) -> str:
    now, then = left_words(chart, chart.budget_nanos), left_words(chart, chart.grown_nanos)
    expected = "" if chart.forecast_nanos is None else f", {money_label(chart.forecast_nanos)} expected"
    return f"Now {now}; if approved {then}. {money_label(chart.spent_nanos)} spent{expected}."


def left_words(chart: BudgetChange, budget: int | None) -> str:
    """Returns `$60 available of $12,000`, `$40 over $12,000`, `no budget`."""
    if budget is None:
        return "no budget"
    left, of = budget - chart.spent_nanos - chart.held_nanos, money_label(budget)
    return f"{money_label(left)} available of {of}" if left >= 0 else f"{money_label(-left)} over {of}"


_FIGURES: dict[str, Callable[[Any], str]] = {
    "spend_by_day": _spend_by_day,
    "spike_hours": _spike_hours,
    "spend_against_plan": _spend_against_plan,
    "teams_against_budget": _teams_against_budget,
    "mix_by_week": _mix_by_week,
    "budget_change": _budget_change,
}
