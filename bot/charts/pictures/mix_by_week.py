"""The chart of in-house and third-party spend, week by week."""

from bot.charts.amounts import money_label
from bot.charts.card import Card, Rectangle
from bot.charts.kinds import MixByWeek
from bot.charts.labels import spread
from bot.charts.money_axis import MoneyAxis
from bot.charts.style import COLUMN, INK, PAPER, PLOT_BOTTOM, PLOT_LEFT, PLOT_RIGHT, QUIET, RIGHT, SERIES, SMALL
from bot.money import percent
from bot.periods import short_day_text

_IN_HOUSE, _THIRD_PARTY = SERIES[1], SERIES[0]


def draw_mix_by_week(chart: MixByWeek) -> bytes:
    """Draws a bar per week, in-house below third-party, with the share of in-house over each bar."""
    card = Card()
    top = card.headline(chart.title, chart.subtitle) - 8
    weeks = [(max(a, 0), max(b, 0)) for a, b in zip(chart.in_house_nanos, chart.third_party_nanos, strict=True)]
    scale = MoneyAxis(card, 0, max((a + b for a, b in weeks), default=0), top - 70)
    if not weeks:
        card.note("There are no weeks to show")
        return card.png()
    slot = (PLOT_RIGHT - PLOT_LEFT) / len(weeks)
    bar, floor = round(min(slot * 0.7, 96)), float(scale.y(0))
    below, above = list[Rectangle](), list[Rectangle]()
    for at, (own, bought) in enumerate(weeks):
        left, split, end = round(PLOT_LEFT + slot * (at + 0.5) - bar / 2), scale.y(own), scale.y(own + bought)
        below.append((left, floor, bar, split - floor))
        above.append((left, split, bar, end - split))
        x = left + bar / 2
        if own + bought:
            card.text(x, end + 18, percent(own, own + bought), size=SMALL, bold=True, color=INK, at="center")
        words = short_day_text(chart.mondays[at])
        if slot >= card.width_of("30 Nov", 19) + 4 or at % 2 == len(weeks) % 2:
            card.text(x, PLOT_BOTTOM - 28, words, size=19, color=QUIET, at="center")
    card.bars(below, _IN_HOUSE)
    card.bars(above, _THIRD_PARTY)
    card.lines([[(x, y), (x + width, y)] for x, y, width, _ in above if y > floor + 5], PAPER, 2)
    card.lines([[(PLOT_LEFT, floor), (PLOT_RIGHT, floor)]], QUIET, 2)
    card.text(PLOT_LEFT, top - 18, "in-house share of each week", size=SMALL, color=QUIET)
    own, bought = weeks[-1]
    middles = [scale.y(own // 2), scale.y(own + bought // 2)]
    low, high = spread(middles, gap=84, low=PLOT_BOTTOM + 30, high=top - 20)
    for y, color, name, nanos in ((low, _IN_HOUSE, "In-house", own), (high, _THIRD_PARTY, "Third-party", bought)):
        card.bars([(COLUMN, y + 5, 18, 18)], color)
        card.text(COLUMN + 30, y + 14, name, size=SMALL + 1, bold=True)
        said = f"{money_label(nanos)} in the last week"
        card.text(COLUMN, y - 16, card.cut(said, RIGHT - COLUMN, SMALL), size=SMALL, color=QUIET)
    return card.png()
