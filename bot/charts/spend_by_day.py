"""The chart of spend by day: bars stacked by tool."""

import calendar
from collections.abc import Sequence

from bot.charts.amounts import money_label
from bot.charts.card import Card, Point, Rectangle
from bot.charts.money_axis import MoneyAxis
from bot.charts.style import (
    COLUMN,
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
from bot.charts.values import REST_NAME, SpendByDay, fold_tools
from bot.periods import date_of, short_day_text, week_of


def draw_spend_by_day(chart: SpendByDay) -> bytes:
    """Draws bars stacked by tool, the budget as a dashed line, `▲` over the days above it, open days striped."""
    card = Card()
    top = card.headline(chart.title, chart.subtitle) - 8
    tools, count = fold_tools(chart.tools), len(chart.days)
    totals = [sum(nanos[at] for _, nanos in tools) for at in range(count)]
    rises = [sum(max(nanos[at], 0) for _, nanos in tools) for at in range(count)]
    falls = [sum(min(nanos[at], 0) for _, nanos in tools) for at in range(count)]
    highest, budget = max([*rises, 0]), chart.budget_line_nanos
    line_fits = budget is not None and (budget <= 2 * highest or highest == 0)  # else the bars would be flat
    is_open = [chart.closed_through is not None and day > chart.closed_through for day in chart.days]
    plot_top = top - (84 if any(is_open) else 56)  # room for amounts, marks and the caption of open days
    reaching = [budget] if budget is not None and line_fits else []
    scale = MoneyAxis(card, min([*falls, *reaching, 0]), max([highest, *reaching]), plot_top)
    if not count:
        card.note("There are no days to show")
    slot = (PLOT_RIGHT - PLOT_LEFT) / max(count, 1)
    bar = max(round(min(slot * 0.7, 96)), 2)
    lefts = [round(PLOT_LEFT + slot * (at + 0.5) - bar / 2) for at in range(count)]
    _shade_open_days(card, is_open, slot, top)

    up, down = [scale.y(0)] * count, [scale.y(0)] * count
    gaps: list[list[Point]] = []
    for order, (name, nanos) in enumerate(tools):
        boxes: list[tuple[bool, Rectangle]] = []
        for at in range(count):
            ends = up if nanos[at] > 0 else down
            start = sum(max(n[at], 0) if nanos[at] > 0 else min(n[at], 0) for _, n in tools[: order + 1])
            end = scale.y(start)
            if end != ends[at]:
                boxes.append((is_open[at], (lefts[at], min(end, ends[at]), bar, abs(end - ends[at]))))
                if abs(end - ends[at]) > 5:  # a thinner slice would vanish
                    gaps.append([(lefts[at], end), (lefts[at] + bar, end)])
            ends[at] = end
        color = _color(order, name)
        card.bars([box for opened, box in boxes if not opened], color)
        card.bars([box for opened, box in boxes if opened], color, hatched=True)
    card.lines(gaps, PAPER, 2)
    card.lines([[(PLOT_LEFT, scale.y(0)), (PLOT_RIGHT, scale.y(0))]], QUIET, 2)
    if count and not any(rises) and not any(falls):
        card.note("Nothing was spent on these days")

    over = [budget is not None and total > budget for total in totals]
    blocked = _draw_budget(card, scale, budget, sum(over)) if budget is not None else ()
    _label_totals(card, totals, up, over, is_open)
    _label_days(card, chart.days, slot)
    _label_tools(card, [(name, sum(nanos)) for name, nanos in tools], blocked)
    return card.png()


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


def _draw_budget(card: Card, scale: MoneyAxis, budget: int, days_over: int) -> tuple[float, float]:
    """Draws the budget line and its label, or the label alone if it lies far above the bars; returns the label's (low, high)."""
    fits = scale.low <= budget <= scale.high
    y = scale.y(budget) if fits else scale.top
    if fits:
        card.lines([[(PLOT_LEFT, y), (PLOT_RIGHT + 12, y)]], INK, 3, dashes=(4, 2.5))
    words = [("" if fits else "↑ ") + f"Budget {money_label(budget)} a day"]
    if days_over:
        words.append(f"▲ over it on {days_over} {'day' if days_over == 1 else 'days'}")
    low = max(y - 30 * (len(words) - 1), PLOT_BOTTOM)
    for line, text in enumerate(words):
        color = WARNING if line else INK
        card.text(COLUMN, low + 30 * (len(words) - 1 - line), text, size=SMALL, bold=True, color=color)
    return low - 18, low + 30 * (len(words) - 1) + 18


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
            card.text(x, PLOT_BOTTOM - 28, calendar.day_abbr[date.weekday()], size=SMALL, at="center")
            with_month = date.day == 1 or (at == 0 and not tight)
            text = short_day_text(day) if with_month else str(date.day)
            size = 18 if with_month and tight else SMALL
            card.text(x, PLOT_BOTTOM - 56, text, size=size, color=QUIET, at="center")
        elif date.weekday() == 0 and (slot >= 13 or week_of(day)[0] // 7 % 4 == 0):
            card.lines([[(x, PLOT_BOTTOM - 2), (x, PLOT_BOTTOM - 10)]], QUIET, 2)
            card.text(x, PLOT_BOTTOM - 28, "Mon", size=SMALL, at="center")
            card.text(x, PLOT_BOTTOM - 56, short_day_text(day), size=SMALL, color=QUIET, at="center")
    if daily and tight:
        month = calendar.month_abbr[date_of(days[0]).month]
        card.text(PLOT_LEFT - 14, PLOT_BOTTOM - 56, month, size=SMALL, color=QUIET, at="right")


def _label_tools(card: Card, tools: Sequence[tuple[str, int]], blocked: tuple[float, float] | tuple[()]) -> None:
    """Draws names and totals beside the plot in the order of the stack, around the budget's label."""
    y = PLOT_BOTTOM + 14.0
    for order, (name, nanos) in enumerate(tools):
        if blocked and blocked[0] - 18 < y < blocked[1] + 18:
            y = blocked[1] + 18
        amount = money_label(nanos)
        room = RIGHT - COLUMN - 30 - card.width_of(amount, SMALL) - 12
        card.bars([(COLUMN, y - 9, 18, 18)], _color(order, name))
        card.text(COLUMN + 30, y, card.cut(name or "–", room, SMALL), size=SMALL)
        card.text(RIGHT, y, amount, size=SMALL, color=QUIET, at="right")
        y += 36
