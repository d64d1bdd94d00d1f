"""A canvas of a team's or the company's figures, as Markdown. It names no person."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.charts.kinds import days_text
from bot.money import percent, usd, usd_round
from bot.periods import day_number, day_text, moment, short_day_text, zone
from bot.reporting.canvases import CanvasPage, TeamCanvas
from bot.reporting.figures import Share
from bot.reporting.spans import Span
from bot.reporting.subtree_reports import SubtreeReport
from bot.text import plain
from bot.views.books.budgets import (
    has_budget,
    headline,
    no_budget_words,
    outlook,
    spent_words,
    uncounted_words,
    week_change_words,
)
from bot.views.wording import change_words, cost_words, counted, last_day_text, zone_words

_MOST_ROWS = 10
_MOST_WAITING = 5
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~@&:])")


def markdown(text: str, *, limit: int = 60) -> str:
    """Returns a typed name for Markdown: nothing in it formats, links or mentions."""
    return _MARKUP.sub(r"\\\1", plain(text, limit=limit))


def canvas_title(name: str) -> str:
    return f"AI spend of {plain(name, limit=40)}"


def team_canvas(canvas: TeamCanvas, *, command: str) -> CanvasPage:
    """Returns a team's canvas: its budget and forecast, its tools, and what waits for a decision."""
    standing = canvas.standing
    team = replace(standing.team, name="This team")  # the title has its name, whatever characters it has
    named = replace(standing, team=team)
    parts = [f"**{headline(named)}**", outlook(named)]
    if has_budget(standing):
        parts.append(spent_words(standing))
    else:
        parts.append(uncounted_words(standing))
        if standing.team.mode != "announce":
            parts.append(no_budget_words(standing))
    body = "\n\n".join(filter(None, parts))
    body += f"\n\n## Last 7 full days\n\n{usd_round(standing.week_nanos)}, {week_change_words(standing)}."
    body += _tools(canvas.tools, canvas.span)
    if canvas.waiting:
        body += f"\n\n## Waiting for a decision\n\n{_waiting(canvas)}"
    return CanvasPage(canvas_title(standing.team.name), body, _footer(canvas.at, standing.zone, command=command))


def company_canvas(report: SubtreeReport, *, name: str, at: int, timezone: str, command: str) -> CanvasPage:
    """Returns the company's canvas: spend, budget, teams, budgets at risk, and in-house against third-party."""
    change = change_words(report.cost_nanos, report.before_nanos, before="the 7 days before")
    parts = [f"**{usd_round(report.cost_nanos)} in the last 7 full days**, {change}."]
    if report.budget is not None and report.budget.allocated_nanos > 0:
        of = report.budget
        share = percent(of.charged_nanos, of.allocated_nanos)
        left = f"{usd_round(of.available_nanos)} available, {usd_round(of.unallocated_nanos)} of it unallocated"
        parts.append(f"{usd_round(of.charged_nanos)} of {usd_round(of.allocated_nanos)} spent ({share}); {left}.")
    parts.append(f"Forecast: {usd_round(report.forecast.end_nanos)} by {last_day_text(report.period)}.")
    body = (
        "\n\n".join(parts)
        + "\n\n## Teams"
        + _table(
            ("Team", *_columns(report.span)),
            [
                (markdown(one.team.name), usd(one.cost_nanos), usd(one.before_nanos))
                for one in report.teams[:_MOST_ROWS]
            ],
        )
    )
    if len(report.teams) > _MOST_ROWS:
        body += f"\n\nand {counted(len(report.teams) - _MOST_ROWS, 'more team')}"
    if report.risks:
        lines = [
            f"- {markdown(risk.team.name)}: "
            + ("nothing left" if risk.run_out_day is None else f"runs out {day_text(risk.run_out_day)}")
            for risk in report.risks[:_MOST_ROWS]
        ]
        body += "\n\n## Budgets at risk\n\n" + "\n".join(lines)
    body += "\n\n## Tools" + _tools(report.tools, report.span)
    if report.weeks and report.weeks[-1].cost_nanos > 0:
        last = report.weeks[-1]
        own = percent(last.in_house_nanos, last.cost_nanos)
        body += f"\n\nIn-house tools were {own} of spend in the week from {short_day_text(last.monday)}."
    rest = []
    if report.unattributed_nanos:
        rest.append(
            f"Unattributed: {usd(report.unattributed_nanos)} ({percent(report.unattributed_nanos, report.cost_nanos)})."
        )
    if report.unpriced_calls:
        rest.append(f"No price yet: {counted(report.unpriced_calls, 'call')}.")
    if report.waiting:
        rest.append(f"{counted(len(report.waiting), 'request')} waiting for a decision.")
    if rest:
        body += f"\n\n{' '.join(rest)}"
    return CanvasPage(canvas_title(name), body, _footer(at, timezone, command=command))


def _columns(span: Span) -> tuple[str, str]:
    return days_text(span.first_day, span.end_day - 1), days_text(span.before_day, span.before_end - 1)


def _tools(tools: Sequence[Share], span: Span) -> str:
    rows = [
        (
            markdown(tool.name) if tool.name.strip() else "unnamed tool",
            cost_words(tool.cost_nanos, has_no_price=tool.has_no_price),
            usd(tool.before_nanos),
        )
        for tool in tools[:_MOST_ROWS]
        if tool.cost_nanos or tool.before_nanos or tool.has_no_price
    ]
    return _table(("Tool", *_columns(span)), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Returns a table after an empty line, or nothing without rows."""
    if not rows:
        return ""
    lines = [head, ("---",) * len(head), *rows]
    return "\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _waiting(canvas: TeamCanvas) -> str:
    """Returns the requests by amount and day: a canvas names nobody."""
    zone_name = canvas.standing.zone
    lines = []
    for request in canvas.waiting[:_MOST_WAITING]:
        since = day_number(moment(request.created_at).astimezone(zone(zone_name)).date())
        lines.append(f"- {usd(request.amount_nanos)}, since {day_text(since)}")
    rest = len(canvas.waiting) - _MOST_WAITING
    return "\n".join([*lines, *([f"- and {rest:,} more"] if rest > 0 else [])])


def _footer(at: int, timezone: str, *, command: str) -> str:
    local = moment(at).astimezone(zone(timezone))
    when = f"{day_text(day_number(local.date()))} at {local:%H:%M}, {zone_words(timezone)}"
    return f"Figures of {when}, renewed hourly. Change what is posted here with `{command} settings`."
