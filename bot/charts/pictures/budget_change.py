"""A budget before and after a request: a strip of two bars."""

from bot.charts.alts import left_words
from bot.charts.card import Card, head_height
from bot.charts.kinds import BudgetChange
from bot.charts.style import BAND, GRID, INK, LEFT, RIGHT, SERIES, SMALL, WARNING

_ROW = 60
_BARS, _END = 196.0, 826.0


def draw_budget_change(chart: BudgetChange) -> bytes:
    """Draws the budget now and if approved, each with what is spent and what is expected by the period's end."""
    card = Card(height=round(head_height(chart.title) + 2 * _ROW))
    y = card.headline(chart.title, chart.subtitle) + 4
    largest = max(
        chart.spent_nanos + max(chart.held_nanos, 0),
        chart.budget_nanos or 0,
        chart.grown_nanos,
        chart.forecast_nanos or 0,
        1,
    )

    def x(nanos: int) -> float:
        return round(_BARS + (_END - _BARS) * max(nanos, 0) / largest)

    spent, expected = x(chart.spent_nanos), x(max(chart.forecast_nanos or 0, chart.spent_nanos))
    for words, budget in (("Now", chart.budget_nanos), ("If approved", chart.grown_nanos)):
        card.text(LEFT, y, words, size=SMALL, bold=True)
        if budget is not None:
            card.bars([(_BARS, y - 18, x(budget) - _BARS, 36)], GRID)
        card.bars([(spent, y - 11, expected - spent, 22)], BAND)
        card.bars([(_BARS, y - 11, spent - _BARS, 22)], SERIES[0])
        if chart.held_nanos > 0:
            end = x(chart.spent_nanos + chart.held_nanos)
            card.bars([(spent + 1, y - 10, end - spent - 2, 20)], SERIES[0], hatched=True)
        if budget is not None:
            card.lines([[(x(budget), y - 21), (x(budget), y + 21)]], INK, 4)
        color = WARNING if budget is not None and budget < chart.spent_nanos + chart.held_nanos else INK
        card.text(RIGHT, y, left_words(chart, budget), size=SMALL, color=color, at="right")
        y -= _ROW
    return card.png()
