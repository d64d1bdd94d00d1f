"""The chart of spend by day: bars stacked by tool."""

import calendar
from collections.abc import Sequence

from bot.charts.amounts import money_label
from bot.charts.card import Card, Point, Rectangle
from bot.charts.kinds import REST_NAME, SpendByDay
from bot.charts.money_axis import MoneyAxis
from bot.charts.style import (
    COLUMN,
    FRAME,
    INK,
    PAPER,
    PLOT_BOTTOM,
    PLOT_LEFT,
    PLOT_RIGHT,
    QUIET,
    REST,
    RIGHT,
    SERIES,
    SHADE,
    SMALL,
    WARNING,
)
from bot.periods import date_of, short_day_text, week_of

Tools = Sequence[tuple[str, tuple[int, ...]]]


def draw_spend_by_day(chart: SpendByDay) -> bytes:
    """Draws bars stacked by tool, the budget as a dashed line, `▲` over the days above it, open days striped."""
    card = Card()
    top = card.headline(chart.title, chart.subtitle) - 8
    tools, count = chart.shown_tools, len(chart.days)
    totals = [sum(nanos[at] for _, nanos in tools) for at in range(count)]
    rises = [sum(max(nanos[at], 0) for _, nanos in tools) for at in range(count)]
    falls = [sum(min(nanos[at], 0) for _, nanos in tools) for at in range(count)]
    highest, budgets = max([*rises, 0]), [of for of in chart.budget_by_day if of is not None]
    line_fits = bool(budgets) and (max(budgets) <= 2 * highest or highest == 0)  # else the bars would be flat
    is_open = [chart.closed_through is not None and day > chart.closed_through for day in chart.days]
    ceiling = top - 44 if len(chart.spans) > 1 else top
    plot_top = ceiling - (84 if any(is_open) else 56)  # room for amounts, marks and the caption of open days
    reaching = budgets if line_fits else []
    scale = MoneyAxis(card, min([*falls, *reaching, 0]), max([highest, *reaching]), plot_top)
    if not count:
        card.note("There are no days to show")
    slot = (PLOT_RIGHT - PLOT_LEFT) / max(count, 1)
    _shade_open_days(card, is_open, slot, ceiling)
    tops = _stack(card, scale, tools, is_open, slot)
    card.lines([[(PLOT_LEFT, scale.y(0)), (PLOT_RIGHT, scale.y(0))]], QUIET, 2)
    if count and not any(rises) and not any(falls):
        card.note("Nothing was spent on these days")
    over = chart.over
    is_drawn = bool(budgets) and scale.low <= min(budgets) and max(budgets) <= scale.high
    if is_drawn:
        card.lines(_budget_lines(chart, scale, slot), INK, 3, dashes=(4, 2.5))
    _label_totals(card, totals, tops, over, is_open)
    _label_days(card, chart.days, slot)
    _label_spans(card, chart, totals, slot, top)
    y = _label_budget(card, chart, top - 12, is_drawn=is_drawn)
    _label_tools(card, chart, tools, y)
    return card.png()


def _stack(card: Card, scale: MoneyAxis, tools: Tools, is_open: Sequence[bool], slot: float) -> list[float]:
    """Draws the bars, and returns the y where each day's stack ends."""
    count = len(is_open)
    bar = max(round(min(slot * 0.7, 96)), 2)
    lefts = [round(PLOT_LEFT + slot * (at + 0.5) - bar / 2) for at in range(count)]
    up, down = [float(scale.y(0))] * count, [float(scale.y(0))] * count
    rises, falls = [0] * count, [0] * count
    gaps: list[list[Point]] = []
    for order, (name, nanos) in enumerate(tools):
        solid, striped = list[Rectangle](), list[Rectangle]()
        for at, amount in enumerate(nanos):
            ends, sums = (up, rises) if amount > 0 else (down, falls)
            sums[at] += amount
            end = float(scale.y(sums[at]))
            if end != ends[at]:
                box = (lefts[at], min(end, ends[at]), bar, abs(end - ends[at]))
                (striped if is_open[at] else solid).append(box)
                if abs(end - ends[at]) > 5:  # a thinner slice would vanish
                    gaps.append([(lefts[at], end), (lefts[at] + bar, end)])
            ends[at] = end
        color = _color(order, name)
        card.bars(solid, color)
        card.bars(striped, color, hatched=True)
    card.lines(gaps, PAPER, 2)
    return up


def _color(order: int, name: str) -> str:
    return REST if name == REST_NAME or order >= len(SERIES) else SERIES[order]


def _middle(at: float, slot: float) -> float:
    return PLOT_LEFT + slot * (at + 0.5)


def _shade_open_days(card: Card, is_open: Sequence[bool], slot: float, top: float) -> None:
    if not any(is_open):
        return
    left = PLOT_LEFT + slot * is_open.index(True)
    card.bars([(left, PLOT_BOTTOM, PLOT_RIGHT - left, top - PLOT_BOTTOM)], SHADE)
    caption = card.width_of("still open", SMALL)
    middle = min((left + PLOT_RIGHT) / 2, PLOT_RIGHT - caption / 2 - 6)
    card.text(middle, top - 16, "still open", size=SMALL, color=QUIET, at="center")


def _label_spans(card: Card, chart: SpendByDay, totals: Sequence[int], slot: float, top: float) -> None:
    """Draws a bracket over the days of each span, with its name and its sum, where there are several."""
    if len(chart.spans) < 2:
        return
    for span in chart.spans:
        inside = [at for at, day in enumerate(chart.days) if span.first_day <= day <= span.last_day]
        if not inside:
            continue
        left, right = PLOT_LEFT + slot * inside[0] + 5, PLOT_LEFT + slot * (inside[-1] + 1) - 5
        card.lines([[(left, top - 42), (left, top - 34), (right, top - 34), (right, top - 42)]], FRAME, 2)
        words = card.cut(f"{span.name} {money_label(chart.sum_of(tuple(totals), span))}", right - left, SMALL)
        card.text((left + right) / 2, top - 14, words, size=SMALL, bold=span == chart.spans[0], at="center")


def _label_totals(
    card: Card, totals: Sequence[int], tops: Sequence[float], over: Sequence[bool], is_open: Sequence[bool]
) -> None:
    slot = (PLOT_RIGHT - PLOT_LEFT) / max(len(totals), 1)
    amounts = [money_label(total) for total in totals]
    widths = [card.width_of(amount, SMALL, bold=True) for amount in amounts]
    roomy = max(widths, default=0) <= slot - 4
    for at, (amount, top) in enumerate(zip(amounts, tops, strict=True)):
        x, y = _middle(at, slot), top + 18
        if roomy and totals[at]:
            card.bars([(x - widths[at] / 2 - 3, y - 13, widths[at] + 6, 27)], SHADE if is_open[at] else PAPER)
            card.text(x, y, amount, size=SMALL, bold=over[at], color=WARNING if over[at] else INK, at="center")
            y += 27
        if over[at]:
            card.text(x, y, "▲", size=SMALL if roomy else min(18, slot), color=WARNING, at="center")


def _label_days(card: Card, days: Sequence[int], slot: float) -> None:
    """Draws weekday and date of each of up to 14 days, of more days the Mondays."""
    daily, tight = len(days) <= 14, slot < 80
    for at, day in enumerate(days):
        date, x = date_of(day), _middle(at, slot)
        if daily:
            card.text(x, PLOT_BOTTOM - 28, calendar.day_abbr[date.weekday()], size=18 if tight else SMALL, at="center")
            with_month = date.day == 1 or (at == 0 and not tight)
            text = short_day_text(day) if with_month else str(date.day)
            size = 16 if with_month and tight else SMALL
            card.text(x, PLOT_BOTTOM - 56, text, size=size, color=QUIET, at="center")
        elif date.weekday() == 0 and (slot >= 13 or week_of(day)[0] // 7 % 4 == 0):
            card.lines([[(x, PLOT_BOTTOM - 2), (x, PLOT_BOTTOM - 10)]], QUIET, 2)
            card.text(x, PLOT_BOTTOM - 28, "Mon", size=SMALL, at="center")
            card.text(x, PLOT_BOTTOM - 56, short_day_text(day), size=SMALL, color=QUIET, at="center")
    if daily and tight:
        month = calendar.month_abbr[date_of(days[0]).month]
        card.text(PLOT_LEFT - 14, PLOT_BOTTOM - 56, month, size=SMALL, color=QUIET, at="right")


def _budget_lines(chart: SpendByDay, scale: MoneyAxis, slot: float) -> list[list[Point]]:
    """Returns the budget as steps over the days that it covers."""
    paths: list[list[Point]] = [[]]
    for at, of in enumerate(chart.budget_by_day):
        if of is None:
            paths.append([])
        else:
            paths[-1] += [(PLOT_LEFT + slot * at, scale.y(of)), (PLOT_LEFT + slot * (at + 1), scale.y(of))]
    return paths


def _label_budget(card: Card, chart: SpendByDay, y: float, *, is_drawn: bool) -> float:
    """Draws what the dashed line is at the head of the column, and returns the y below."""
    budget = chart.budget_of
    if budget is None:
        return y
    if is_drawn:
        card.lines([[(COLUMN, y), (COLUMN + 24, y)]], INK, 3, dashes=(3, 1.5))
    else:
        card.text(COLUMN + 2, y, "↑", size=SMALL, bold=True)
    words = card.cut(f"Budget {money_label(budget[0])} {budget[1]}", RIGHT - COLUMN - 32, 19, bold=True)
    card.text(COLUMN + 32, y, words, size=19, bold=True)
    if chart.over_words:
        y -= 28
        card.text(COLUMN + 3, y, "▲", size=19, color=WARNING)
        card.text(COLUMN + 32, y, chart.over_words, size=19, color=WARNING)
    return y - 44


def _label_tools(card: Card, chart: SpendByDay, tools: Tools, y: float) -> None:
    """Draws names and sums beside the plot in the order of the stack, under the names of the spans that are added up."""
    sums = chart.sums
    if not sums or not tools:
        return
    beside = len(sums) == 1  # else the amounts stand below their name
    named = card.cut(" · ".join(span.name for span in sums), RIGHT - COLUMN - 32, 18)
    card.text(RIGHT if beside else COLUMN + 32, y, named, size=18, color=QUIET, at="right" if beside else "left")
    step = min(36.0 if beside else 56.0, (y - 50) / len(tools))
    y -= 34
    for order, (name, nanos) in reversed(list(enumerate(tools))):
        amounts = " · ".join(money_label(chart.sum_of(nanos, span)) for span in sums)
        room = RIGHT - COLUMN - 32 - (card.width_of(amounts, 20) + 12 if beside else 0)
        card.bars([(COLUMN, y - 9, 18, 18)], _color(order, name))
        card.text(COLUMN + 32, y, card.cut(name or "–", room, 20), size=20)
        if beside:
            card.text(RIGHT, y, amounts, size=20, color=QUIET, at="right")
        else:
            card.text(COLUMN + 32, y - min(24, step * 0.46), amounts, size=18, color=QUIET)
        y -= step
