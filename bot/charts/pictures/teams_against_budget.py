"""The chart of several teams' spend against their budgets."""

from bot.charts.amounts import money_label
from bot.charts.card import Card, head_height
from bot.charts.kinds import TeamsAgainstBudget
from bot.charts.style import BAND, GRID, INK, LEFT, QUIET, RIGHT, SERIES, SMALL, WARNING
from bot.money import percent

MOST_TEAMS = 12
_NAMES, _BARS, _FIGURES = 320.0, 340.0, 830.0
"""The right edge of names, and the left and right edge of bars."""
_ROW, _FOOT = 50, 36


def draw_teams_against_budget(chart: TeamsAgainstBudget) -> bytes:
    """Draws a bar per team over its budget, what lies above it in the colour of a warning with `▲`, and what is expected."""
    teams = chart.teams[:MOST_TEAMS]
    card = Card(height=round(head_height(chart.title) + _ROW * len(teams) + _FOOT))
    y = card.headline(chart.title, chart.subtitle) - 4
    largest = max((nanos or 0 for _, *amounts in teams for nanos in amounts), default=0) or 1

    def x(nanos: int) -> float:
        return round(_BARS + (_FIGURES - _BARS) * max(nanos, 0) / largest)

    for name, spent, budget, forecast in teams:
        over = budget is not None and spent > budget
        card.text(_NAMES, y, card.cut(name, _NAMES - LEFT, SMALL), size=SMALL, at="right")
        if budget is not None:
            card.bars([(_BARS, y - 16, x(budget) - _BARS, 32)], GRID)
        if forecast is not None and forecast > spent:
            card.bars([(x(spent), y - 10, x(forecast) - x(spent), 20)], BAND)
        within = min(spent, budget) if budget is not None else spent
        card.bars([(_BARS, y - 10, x(within) - _BARS, 20)], SERIES[0])
        if over:
            card.bars([(x(within), y - 10, x(spent) - x(within), 20)], WARNING)
        if budget is not None:
            card.lines([[(x(budget), y - 18), (x(budget), y + 18)]], INK, 4)
        figures = f"{'▲ ' if over else ''}{money_label(spent)}"
        if budget is not None:
            figures += f" of {money_label(budget)}" + (f" · {percent(spent, budget)}" if budget > 0 else "")
        card.text(RIGHT, y, figures, size=SMALL, bold=over, color=WARNING if over else INK, at="right")
        y -= _ROW
    _explain(card, y + 4, has_forecast=any(forecast is not None for *_, forecast in teams))
    return card.png()


def _explain(card: Card, y: float, *, has_forecast: bool) -> None:
    """Draws what the marks are, once, below the bars."""
    card.bars([(_BARS, y - 8, 16, 16)], SERIES[0])
    card.text(_BARS + 24, y, "spent", size=18, color=QUIET)
    card.lines([[(_BARS + 104, y - 12), (_BARS + 104, y + 12)]], INK, 4)
    card.text(_BARS + 114, y, "budget", size=18, color=QUIET)
    if has_forecast:
        card.bars([(_BARS + 208, y - 8, 16, 16)], BAND)
        card.text(_BARS + 232, y, "expected by the period's end", size=18, color=QUIET)
