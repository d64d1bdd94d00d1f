"""The money axis of a chart."""

from bot.charts.amounts import money_short, money_ticks
from bot.charts.card import Card
from bot.charts.style import GRID, PLOT_BOTTOM, PLOT_LEFT, PLOT_RIGHT, QUIET, SMALL
from bot.money import NANOS


class MoneyAxis:
    """Draws its grid and amounts, and places amounts in nano-dollars on the card."""

    def __init__(self, card: Card, low_nanos: int, high_nanos: int, top: float) -> None:
        self.low, self.high, self.top = low_nanos, max(high_nanos, low_nanos + NANOS // 100), top
        ticks = money_ticks(self.low, self.high if high_nanos else 0)
        card.lines([[(PLOT_LEFT, self.y(tick)), (PLOT_RIGHT, self.y(tick))] for tick in ticks], GRID, 2)
        for tick in ticks:
            card.text(PLOT_LEFT - 14, self.y(tick), money_short(tick), size=SMALL, color=QUIET, at="right")

    def y(self, nanos: int) -> float:
        """Returns the y of an amount in pixels."""
        return round(PLOT_BOTTOM + (self.top - PLOT_BOTTOM) * (nanos - self.low) / (self.high - self.low))
