"""The chart of a spike's hours beside the usual band."""

import calendar
import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.charts.alts import clock_words, zone_words
from bot.charts.amounts import money_label
from bot.charts.card import Card, Point, Side
from bot.charts.kinds import SpikeHours
from bot.charts.money_axis import MoneyAxis
from bot.charts.style import (
    ALARM,
    BAND,
    BAND_EDGE,
    BODY,
    COLUMN,
    DEEP,
    GAP,
    INK,
    PLOT_BOTTOM,
    PLOT_LEFT,
    PLOT_RIGHT,
    QUIET,
    RIGHT,
    SMALL,
    WARNING,
)
from bot.periods import MICROS, day_number, moment, short_day_text, zone


def draw_spike_hours(chart: SpikeHours) -> bytes:
    """Draws the observed line over its usual band; unusual hours thicker, on a shade with their times."""
    card = Card()
    top = card.headline(chart.title, chart.subtitle) - 8
    highest = max([*chart.observed_nanos, *chart.usual_high_nanos, 0])
    lowest = min([*chart.observed_nanos, *chart.usual_low_nanos, 0])
    scale = MoneyAxis(card, lowest, highest, top - 40)
    if not chart.hours:
        card.note("There are no hours to show")
        return card.png()
    slot = (PLOT_RIGHT - PLOT_LEFT) / len(chart.hours)
    end = math.inf if chart.marked_until is None else chart.marked_until
    marked = [at for at, hour in enumerate(chart.hours) if chart.marked_from <= hour < end]
    if marked:
        left = PLOT_LEFT + slot * marked[0]
        card.bars([(left, PLOT_BOTTOM, slot * len(marked), top - PLOT_BOTTOM)], ALARM)
        since = _local(chart, marked[0])
        words = "unusual since" if chart.marked_until is None else "unusual from"
        caption = f"{words} {clock_words(since)}"
        if chart.marked_until is not None:
            until = _local(chart, marked[-1]) + timedelta(hours=1)
            day = "" if until.date() == since.date() else f"{calendar.day_abbr[until.weekday()]} "
            caption += f" to {day}{until:%H:%M}"
        inside = card.width_of(caption, SMALL, bold=True) <= PLOT_RIGHT - left - 16
        side: Side = "left" if inside else "right"
        card.text(left + (8 if inside else -8), top - 18, caption, size=SMALL, bold=True, color=WARNING, at=side)

    _shade_gaps(card, chart, slot, top)

    def step(amounts: Sequence[int]) -> list[Point]:
        """Returns a level as wide as the hour for each hour: nothing is measured between two."""
        edges = [(PLOT_LEFT + slot * at, PLOT_LEFT + slot * (at + 1)) for at in range(len(amounts))]
        return [(x, scale.y(n)) for n, edge in zip(amounts, edges, strict=True) for x in edge]

    low, high, observed = step(chart.usual_low_nanos), step(chart.usual_high_nanos), step(chart.observed_nanos)
    card.areas([[*high, *reversed(low)]], BAND)
    card.lines([high, low], BAND_EDGE, 2)
    card.lines([observed], INK, 3)
    if marked:
        card.lines([observed[2 * marked[0] : 2 * marked[-1] + 2]], WARNING, 6)
    card.lines([[(PLOT_LEFT, scale.y(0)), (PLOT_RIGHT, scale.y(0))]], QUIET, 2)
    _label_ends(card, chart, scale, bool(marked) and marked[-1] == len(chart.hours) - 1)
    _label_hours(card, chart, slot)
    return card.png()


def _shade_gaps(card: Card, chart: SpikeHours, slot: float, top: float) -> None:
    """Draws a grey ground where a source sent nothing, with a caption if it fits."""
    for start, end in chart.silent:
        inside = [at for at, hour in enumerate(chart.hours) if start <= hour < end]
        if not inside:
            continue
        left, width = PLOT_LEFT + slot * inside[0], slot * len(inside)
        card.bars([(left, PLOT_BOTTOM, width, top - PLOT_BOTTOM)], GAP)
        caption = "no data"
        if card.width_of(caption, SMALL) <= width:
            card.text(left + width / 2, PLOT_BOTTOM + 18, caption, size=SMALL, color=QUIET, at="center")


def _label_ends(card: Card, chart: SpikeHours, scale: MoneyAxis, is_marked: bool) -> None:
    """Draws the observed and the usual amount beside the last hour, far enough apart."""
    last, low, high = chart.observed_nanos[-1], chart.usual_low_nanos[-1], chart.usual_high_nanos[-1]
    observed, usual = float(scale.y(last)), (scale.y(low) + scale.y(high)) / 2
    above = observed >= usual
    usual = max(usual, PLOT_BOTTOM + 30)
    if abs(observed - usual) < 84:
        observed = usual + (84 if above else -84)
        if observed < PLOT_BOTTOM + 30:
            observed, usual = PLOT_BOTTOM + 30.0, PLOT_BOTTOM + 114.0
    color = WARNING if is_marked else INK
    last_words = "in the last hour" if chart.marked_until is None else "in the last hour shown"
    card.text(COLUMN, observed + 15, money_label(last), size=BODY + 4, bold=True, color=color)
    card.text(COLUMN, observed - 17, last_words, size=SMALL, color=color)
    card.text(COLUMN, usual + 13, f"usual {money_label(low)} to {money_label(high)}", size=SMALL, color=DEEP)
    card.text(COLUMN, usual - 17, "at that hour", size=SMALL, color=DEEP)


def _local(chart: SpikeHours, at: int) -> datetime:
    return moment(chart.hours[at] * 3_600 * MICROS).astimezone(zone(chart.timezone))


def _label_hours(card: Card, chart: SpikeHours, slot: float) -> None:
    """Draws times, each new day's date below, and the time zone; over many days the dates alone."""
    every = next(hours for hours in (1, 2, 3, 6, 12, 24, 48, 96, 168, 10_000) if slot * hours >= 84)
    dated, last_end = None, 0.0
    for at in range(len(chart.hours)):
        local, x = _local(chart, at), PLOT_LEFT + slot * at
        if (local.hour + 24 * local.toordinal()) % every:
            continue
        weekday, date = calendar.day_abbr[local.weekday()], short_day_text(day_number(local.date()))
        card.lines([[(x, PLOT_BOTTOM - 2), (x, PLOT_BOTTOM - 10)]], QUIET, 2)
        card.text(x, PLOT_BOTTOM - 28, weekday if every >= 24 else f"{local:%H:%M}", size=SMALL, at="center")
        if every >= 24:
            card.text(x, PLOT_BOTTOM - 56, date, size=SMALL, color=QUIET, at="center")
        elif local.date() != dated and x - 28 >= last_end:
            card.text(x - 28, PLOT_BOTTOM - 56, f"{weekday} {date}", size=SMALL, color=QUIET)
            dated, last_end = local.date(), x + 110
    card.text(RIGHT, PLOT_BOTTOM - 28, zone_words(chart.timezone), size=SMALL, color=QUIET, at="right")
