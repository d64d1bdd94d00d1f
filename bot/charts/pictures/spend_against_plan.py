"""The chart of a period's spend against its budget, with the range of where it will end."""

from collections.abc import Callable, Sequence

from bot.charts.amounts import money_label
from bot.charts.card import Card, Point
from bot.charts.kinds import SpendAgainstPlan
from bot.charts.labels import spread
from bot.charts.money_axis import MoneyAxis
from bot.charts.style import (
    BAND,
    COLUMN,
    DEEP,
    INK,
    PAPER,
    PLOT_BOTTOM,
    PLOT_LEFT,
    PLOT_RIGHT,
    QUIET,
    RIGHT,
    SERIES,
    SMALL,
    WARNING,
)
from bot.periods import date_of, short_day_text

Days = Callable[[float], float]
"""The x of a day."""
_LONG_PERIOD = 45
"""A period of more days names its months instead of its Mondays."""


def draw_spend_against_plan(chart: SpendAgainstPlan) -> bytes:
    """Draws spend added up day by day, the budget with its even pace, and the forecast as a fan."""
    card = Card()
    top = card.headline(chart.title, chart.subtitle) - 8
    sums = _added_up(chart.spent_nanos)
    reaching = [nanos for nanos in (chart.budget_nanos, chart.high_nanos) if nanos is not None]
    scale = MoneyAxis(card, min([*sums, 0]), max([*sums, *reaching, 0]), top - 44)
    width = (PLOT_RIGHT - PLOT_LEFT) / (chart.end_day - chart.first_day)

    def x(day: float) -> float:
        return PLOT_LEFT + width * (day - chart.first_day)

    now: Point = (x(chart.today + 0.5), scale.y(sums[-1]))
    path = [(x(chart.first_day), float(scale.y(0)))]
    path += [(x(chart.first_day + at + 1), float(scale.y(nanos))) for at, nanos in enumerate(sums[:-1])]
    path.append(now)
    labels = _draw_fan(card, chart, scale, now)
    card.areas([[*path, (now[0], scale.y(0))]], BAND)
    if chart.budget_nanos is not None:
        budget = float(scale.y(chart.budget_nanos))
        planned = _added_up(chart.plan_nanos)
        pace = [(x(chart.first_day + at + 1), float(scale.y(nanos))) for at, nanos in enumerate(planned)]
        start = (PLOT_LEFT, float(scale.y(0)))
        card.lines([[start, *(pace or [(PLOT_RIGHT, budget)])]], QUIET, 2, dashes=(1.5, 2.5))
        card.lines([[(PLOT_LEFT, budget), (PLOT_RIGHT + 12, budget)]], INK, 3, dashes=(4, 2.5))
        labels.append((budget, (f"Budget {money_label(chart.budget_nanos)}", INK), ("dotted: on plan", QUIET)))
    card.lines([path], SERIES[0], 5)
    card.lines([[(PLOT_LEFT, scale.y(0)), (PLOT_RIGHT, scale.y(0))]], QUIET, 2)
    _mark_run_out(card, chart, scale, x)
    card.dot(*now, 9, SERIES[0])
    spent = f"{money_label(sums[-1])} so far"
    wide = card.width_of(spent, SMALL, bold=True)
    left = max(now[0] - 16 - wide, PLOT_LEFT + 6) if now[0] > PLOT_LEFT + 40 else now[0] + 18
    y = min(now[1] + 26, top - 20)
    if chart.budget_nanos is not None and abs(y - scale.y(chart.budget_nanos) - 11) < 40:
        y = now[1] - 34  # else it lies on the budget's line
    card.bars([(left - 4, y - 14, wide + 8, 29)], PAPER)
    card.text(left, y, spent, size=SMALL, bold=True, color=DEEP)
    _label_days(card, chart, x)
    _label_ends(card, labels, top)
    return card.png()


def _added_up(nanos: Sequence[int]) -> list[int]:
    total, sums = 0, []
    for amount in nanos:
        total += amount
        sums.append(total)
    return sums


Label = tuple[float, tuple[str, str], tuple[str, str]]
"""The height it belongs to, and two lines with their colours."""


def _draw_fan(card: Card, chart: SpendAgainstPlan, scale: MoneyAxis, now: Point) -> list[Label]:
    """Draws the range of the forecast up to the period's end, and returns its label."""
    if chart.end_nanos is None or chart.low_nanos is None or chart.high_nanos is None:
        return []
    low, end, high = (float(scale.y(nanos)) for nanos in (chart.low_nanos, chart.end_nanos, chart.high_nanos))
    card.areas([[now, (PLOT_RIGHT, high), (PLOT_RIGHT, low)]], BAND)
    card.lines([[now, (PLOT_RIGHT, end)]], DEEP, 3, dashes=(2, 2))
    over = chart.budget_nanos is not None and chart.end_nanos > chart.budget_nanos
    said = f"{money_label(chart.end_nanos)} by {short_day_text(chart.end_day - 1)}"
    likely = f"likely {money_label(chart.low_nanos)}–{money_label(chart.high_nanos)}"
    return [(end, (said, WARNING if over else DEEP), (likely, QUIET))]


def _mark_run_out(card: Card, chart: SpendAgainstPlan, scale: MoneyAxis, x: Days) -> None:
    if chart.run_out_day is None or chart.budget_nanos is None or not chart.today <= chart.run_out_day < chart.end_day:
        return
    middle, budget = x(chart.run_out_day + 0.5), scale.y(chart.budget_nanos)
    card.lines([[(middle, PLOT_BOTTOM), (middle, budget)]], WARNING, 3, dashes=(1.5, 2))
    words = f"▼ runs out {short_day_text(chart.run_out_day)}"
    half = card.width_of(words, SMALL, bold=True) / 2
    at = min(max(middle, PLOT_LEFT + half), PLOT_RIGHT - half)
    card.text(at, budget + 22, words, size=SMALL, bold=True, color=WARNING, at="center")


def _label_days(card: Card, chart: SpendAgainstPlan, x: Days) -> None:
    """Draws the period's first day and its Mondays, or the firsts of its months."""
    is_long = chart.end_day - chart.first_day > _LONG_PERIOD
    last_end = 0.0
    for day in range(chart.first_day, chart.end_day):
        date = date_of(day)
        if day != chart.first_day and (date.day != 1 if is_long else date.weekday() != 0):
            continue
        words = short_day_text(day)
        half = card.width_of(words, SMALL) / 2
        middle = x(day + 0.5)
        if middle - half < last_end or middle + half > PLOT_RIGHT + 20:
            continue
        card.lines([[(middle, PLOT_BOTTOM - 2), (middle, PLOT_BOTTOM - 10)]], QUIET, 2)
        card.text(middle, PLOT_BOTTOM - 30, words, size=SMALL, color=QUIET, at="center")
        last_end = middle + half + 16


def _label_ends(card: Card, labels: Sequence[Label], top: float) -> None:
    """Draws the labels beside the end of their lines."""
    heights = spread([y for y, _, _ in labels], gap=74, low=PLOT_BOTTOM + 30, high=top - 16)
    for y, (_, (first, color), (second, quiet)) in zip(heights, labels, strict=True):
        card.text(
            COLUMN,
            y + 14,
            card.cut(first, RIGHT - COLUMN, SMALL + 1, bold=True),
            size=SMALL + 1,
            bold=True,
            color=color,
        )
        card.text(COLUMN, y - 16, card.cut(second, RIGHT - COLUMN, SMALL), size=SMALL, color=quiet)
