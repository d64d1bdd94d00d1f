"""How charts look: one card in pixels, its ink and its letters, readable on Slack's light and dark ground.

Everything is drawn as a handful of collections straight onto a `Figure`, without axes: that takes a third of the
time, leaves no global state behind, and puts every letter where it is meant to be.
"""

import calendar
import io
import math
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import matplotlib
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.patches import BoxStyle, FancyBboxPatch
from matplotlib.transforms import IdentityTransform

from bot.charts.values import REST_NAME, SpendByDay, SpikeHours, fold_tools
from bot.money import NANOS, usd_round, usd_short
from bot.periods import MICROS, date_of, day_number, moment, short_day_text, week_of, zone

WIDTH, HEIGHT = 1200, 600
"""Pixels: twice what Slack shows, for sharp screens."""
LEFT, RIGHT = 48, 1152
"""Where text begins and ends."""
PLOT_LEFT, PLOT_RIGHT, PLOT_BOTTOM = 136, 818, 104
COLUMN = 842
"""Where the labels to the right of the plot begin."""

PAPER, FRAME, GRID = "#FFFFFF", "#D5D9DE", "#E6E8EB"
INK, QUIET = "#1D1C1D", "#5A5F66"
WARNING = "#B3261E"
SHADE = "#F3F4F6"
SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
"""Okabe and Ito's colours, which people with any of the common colour blindnesses tell apart."""
REST = "#9AA0A6"

TITLE, BODY, SMALL = 33.0, 23.0, 21.0
CAPITALS = 0.73
"""How high DejaVu's capitals and figures are, as a share of the size."""

Side = Literal["left", "center", "right"]

Rectangle = tuple[float, float, float, float]
"""x, y, width, height; y grows upwards."""
Point = tuple[float, float]


@lru_cache(maxsize=2)
def _font_file(bold: bool) -> str:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name)


@lru_cache(maxsize=64)
def _letters(size: float, bold: bool) -> FontProperties:
    return FontProperties(fname=_font_file(bold), size=size)


@lru_cache(maxsize=2)
def _known_characters(bold: bool) -> frozenset[int]:
    return frozenset(get_font(_font_file(bold)).get_charmap())


@lru_cache(maxsize=8192)
def _width(text: str, size: float, bold: bool) -> float:
    font = get_font(_font_file(bold))
    font.set_size(size, 72)
    font.set_text(text)
    return float(font.get_width_height()[0] / 64)


def printable(text: str, *, bold: bool) -> str:
    """One line of what the font can draw; a run of what it can't becomes one `□` instead of a warning each."""
    known, shown = _known_characters(bold), ""
    for character in " ".join(unicodedata.normalize("NFC", text).split()):
        if unicodedata.category(character) in {"Cc", "Cf", "Mn"}:
            continue
        if ord(character) in known:
            shown += character
        elif not shown.endswith("□"):
            shown += "□"
    return shown


def money_short(nanos: int) -> str:
    """`$1.2k`, rounded to three digits first, so that 999.6 reads $1k."""
    digits = len(str(abs(nanos)))
    return usd_short(round(nanos, 3 - digits) if digits > 3 else nanos)


def money_label(nanos: int) -> str:
    """`$57`, `$19.30`, `$1,235`, `$12.4k`: an amount written beside what it measures."""
    return money_short(nanos) if abs(nanos) >= 10_000 * NANOS else usd_round(nanos).removesuffix(".00")


def money_ticks(low_nanos: int, high_nanos: int) -> tuple[int, ...]:
    """At most six round amounts between the two, which have zero between them."""
    span = max(high_nanos - low_nanos, 1)
    magnitude = 10 ** max(len(str(span)) - 2, 0)
    step = next(magnitude * n for n in (1, 2, 5, 10, 20, 50) if span <= 5 * magnitude * n)
    return tuple(step * n for n in range(-(-low_nanos // step), high_nanos // step + 1))


class _TextLayer(Artist):
    """All lines of a card. `Text` would lay out every line twice, which is most of what a plain figure costs."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[float, float, str, FontProperties, str]] = []

    def draw(self, renderer: Any) -> None:
        for x, baseline, text, letters, color in self.lines:
            ink = renderer.new_gc()
            ink.set_foreground(color)
            renderer.draw_text(ink, x, HEIGHT - baseline, text, letters, 0, ismath=False)  # `$` is money here
            ink.restore()


class Card:
    """A white card with rounded corners, on which to draw in pixels. Make one per picture."""

    def __init__(self) -> None:
        self._figure = Figure(
            figsize=(WIDTH / 72, HEIGHT / 72), dpi=72, facecolor="none"
        )  # at 72 dpi a point is a pixel
        self._canvas: Any = FigureCanvasAgg(self._figure)  # the backend is published without types
        self._order = 0
        frame = FancyBboxPatch(
            (3, 3),
            WIDTH - 6,
            HEIGHT - 6,
            boxstyle=BoxStyle.Round(pad=0, rounding_size=22),
            facecolor=PAPER,
            edgecolor=FRAME,
            linewidth=2,
            transform=IdentityTransform(),
        )
        self._figure.add_artist(frame)
        self._words = _TextLayer()
        self._words.set_zorder(1_000_000)
        self._figure.add_artist(self._words)

    def _above(self) -> int:
        """What is drawn later lies on top."""
        self._order += 1
        return self._order

    def bars(self, rectangles: Iterable[Rectangle], color: str, *, hatched: bool = False) -> None:
        """Rectangles of one colour; hatched ones are pale with stripes, which one sees without seeing the colour."""
        corners = [
            [(x, y), (x + width, y), (x + width, y + height), (x, y + height)] for x, y, width, height in rectangles
        ]
        self.areas(corners, color, hatched=hatched)

    def areas(self, outlines: Sequence[Sequence[Point]], color: str, *, hatched: bool = False) -> None:
        collection = PolyCollection(
            outlines,
            facecolors=[PAPER if hatched else color],
            edgecolors=[color if hatched else "none"],
            hatch="///" if hatched else None,
            linewidths=[2 if hatched else 0],
            transform=IdentityTransform(),
            zorder=self._above(),
        )
        collection.set_hatch_linewidth(2.5)  # else it is matplotlib's global setting
        self._figure.add_artist(collection)

    def lines(
        self, paths: Sequence[Sequence[Point]], color: str, width: float, *, dashes: tuple[float, ...] = ()
    ) -> None:
        self._figure.add_artist(
            LineCollection(
                paths,
                colors=[color],
                linewidths=[width],
                linestyles=[(0, dashes) if dashes else "solid"],
                capstyle="butt" if dashes else "round",
                joinstyle="round",
                transform=IdentityTransform(),
                zorder=self._above(),
            )
        )

    def width_of(self, text: str, size: float, *, bold: bool = False) -> float:
        return _width(printable(text, bold=bold), size, bold)

    def cut(self, text: str, room: float, size: float, *, bold: bool = False) -> str:
        """The text, or as much of it as fits into `room` pixels and an ellipsis."""
        shown = printable(text[:300], bold=bold)
        if _width(shown, size, bold) <= room:
            return shown
        kept = bisect_right(range(len(shown)), room, key=lambda end: _width(shown[:end] + "…", size, bold))
        return shown[: max(kept - 1, 0)].rstrip() + "…"

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = BODY,
        color: str = INK,
        bold: bool = False,
        at: Side = "left",
    ) -> None:
        """One line, its letters' middle at y; `at` says which side of it x is. Text lies above all else."""
        shown = printable(text, bold=bold)
        left = x - {"left": 0.0, "center": 0.5, "right": 1.0}[at] * (_width(shown, size, bold) if at != "left" else 0)
        self._words.lines.append((left, y - CAPITALS / 2 * size, shown, _letters(size, bold), color))

    def headline(self, title: str, subtitle: str) -> float:
        """Writes the finding in one or two lines and what is shown under it; returns the y where a plot may begin."""
        y, room = HEIGHT - 58.0, RIGHT - LEFT
        for line in self._title_lines(printable(title, bold=True), room):
            self.text(LEFT, y, line, size=TITLE, bold=True)
            y -= 44
        self.text(LEFT, y + 2, self.cut(subtitle, room, BODY), color=QUIET)
        return y - 52

    def _title_lines(self, title: str, room: float) -> list[str]:
        """The title in one line, or broken where its two lines are most alike in length."""
        words, measured = title[:200].split(), self.width_of(title[:200], TITLE, bold=True)
        if measured <= room or len(words) < 2:
            return [self.cut(title, room, TITLE, bold=True)]
        breaks = [" ".join(words[:at]) for at in range(1, len(words))]
        fitting = [first for first in breaks if self.width_of(first, TITLE, bold=True) <= room] or breaks[:1]
        first = min(fitting, key=lambda line: abs(2 * len(line) - len(title)))
        return [self.cut(line, room, TITLE, bold=True) for line in (first, title[len(first) :])]

    def note(self, text: str) -> None:
        """Says in the middle of the plot why there is nothing in it."""
        self.text((PLOT_LEFT + PLOT_RIGHT) / 2, HEIGHT / 2 - 40, text, color=QUIET, at="center")

    def png(self) -> bytes:
        """The picture, without a time or a program's name in it: equal input gives equal bytes."""
        out = io.BytesIO()
        self._canvas.print_png(out, metadata={"Software": None}, pil_kwargs={"compress_level": 3})
        return out.getvalue()


class _Scale:
    """The money axis: draws its grid and amounts, and knows how high an amount lies."""

    def __init__(self, card: Card, low_nanos: int, high_nanos: int, top: float) -> None:
        self.low, self.high, self.top = low_nanos, max(high_nanos, low_nanos + NANOS // 100), top
        ticks = money_ticks(self.low, self.high if high_nanos else 0)
        card.lines([[(PLOT_LEFT, self.y(tick)), (PLOT_RIGHT, self.y(tick))] for tick in ticks], GRID, 2)
        for tick in ticks:
            card.text(PLOT_LEFT - 14, self.y(tick), money_short(tick), size=SMALL, color=QUIET, at="right")

    def y(self, nanos: int) -> float:
        return round(PLOT_BOTTOM + (self.top - PLOT_BOTTOM) * (nanos - self.low) / (self.high - self.low))


def draw_spend_by_day(chart: SpendByDay) -> bytes:
    """Bars stacked by tool, the budget as a dashed line, `▲` over the days above it, open days striped."""
    card = Card()
    top = card.headline(chart.title, chart.subtitle) - 8
    tools, count = fold_tools(chart.tools), len(chart.days)
    totals = [sum(nanos[at] for _, nanos in tools) for at in range(count)]
    rises = [sum(max(nanos[at], 0) for _, nanos in tools) for at in range(count)]
    falls = [sum(min(nanos[at], 0) for _, nanos in tools) for at in range(count)]
    highest, budget = max([*rises, 0]), chart.budget_line_nanos
    line_fits = budget is not None and (budget <= 2 * highest or highest == 0)  # else the bars would be flat
    is_open = [chart.closed_through is not None and day > chart.closed_through for day in chart.days]
    plot_top = top - (84 if any(is_open) else 56)  # room for the amounts, the marks and the words above open days
    reaching = [budget] if budget is not None and line_fits else []
    scale = _Scale(card, min([*falls, *reaching, 0]), max([highest, *reaching]), plot_top)
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


def _draw_budget(card: Card, scale: _Scale, budget: int, days_over: int) -> tuple[float, float]:
    """The line with its words at its right end; a line far above the bars is only named. Returns (low, high) of the words."""
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
    """Weekday over date for up to a fortnight; beyond that the Mondays."""
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
    """Names and totals beside the plot in the order of the stack, around the words at the budget line."""
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


def draw_spike_hours(chart: SpikeHours) -> bytes:
    """The observed line over its usual range; unusual hours thicker, on a shade that says since when."""
    card = Card()
    top = card.headline(chart.title, chart.subtitle) - 8
    highest = max([*chart.observed_nanos, *chart.usual_high_nanos, 0])
    lowest = min([*chart.observed_nanos, *chart.usual_low_nanos, 0])
    scale = _Scale(card, lowest, highest, top - 40)
    if not chart.hours:
        card.note("There are no hours to show")
        return card.png()
    slot = (PLOT_RIGHT - PLOT_LEFT) / len(chart.hours)
    end = math.inf if chart.marked_until is None else chart.marked_until
    marked = [at for at, hour in enumerate(chart.hours) if chart.marked_from <= hour < end]
    if marked:
        left = PLOT_LEFT + slot * marked[0]
        card.bars([(left, PLOT_BOTTOM, slot * len(marked), top - PLOT_BOTTOM)], "#FDF0E9")
        since = _local(chart, marked[0])
        words = "unusual since" if chart.marked_until is None else "unusual from"
        caption = f"{words} {calendar.day_abbr[since.weekday()]} {since:%H:%M}"
        if chart.marked_until is not None:
            until = _local(chart, marked[-1]) + timedelta(hours=1)
            day = "" if until.date() == since.date() else f"{calendar.day_abbr[until.weekday()]} "
            caption += f" to {day}{until:%H:%M}"
        inside = card.width_of(caption, SMALL, bold=True) <= PLOT_RIGHT - left - 16
        side: Side = "left" if inside else "right"
        card.text(left + (8 if inside else -8), top - 18, caption, size=SMALL, bold=True, color=WARNING, at=side)

    _shade_gaps(card, chart, slot, top)

    def step(amounts: Sequence[int]) -> list[Point]:
        """Each hour is a level as wide as the hour: between two hours nothing was measured."""
        edges = [(PLOT_LEFT + slot * at, PLOT_LEFT + slot * (at + 1)) for at in range(len(amounts))]
        return [(x, scale.y(n)) for n, edge in zip(amounts, edges, strict=True) for x in edge]

    low, high, observed = step(chart.usual_low_nanos), step(chart.usual_high_nanos), step(chart.observed_nanos)
    card.areas([[*high, *reversed(low)]], "#CFE3F1")
    card.lines([high, low], "#8FBBD9", 2)
    card.lines([observed], INK, 3)
    if marked:
        card.lines([observed[2 * marked[0] : 2 * marked[-1] + 2]], WARNING, 6)
    card.lines([[(PLOT_LEFT, scale.y(0)), (PLOT_RIGHT, scale.y(0))]], QUIET, 2)
    _label_ends(card, chart, scale, bool(marked) and marked[-1] == len(chart.hours) - 1)
    _label_hours(card, chart, slot)
    return card.png()


def _shade_gaps(card: Card, chart: SpikeHours, slot: float, top: float) -> None:
    """A grey ground where a source was silent, with words as far as they fit."""
    for start, end in chart.silent:
        inside = [at for at, hour in enumerate(chart.hours) if start <= hour < end]
        if not inside:
            continue
        left, width = PLOT_LEFT + slot * inside[0], slot * len(inside)
        card.bars([(left, PLOT_BOTTOM, width, top - PLOT_BOTTOM)], "#ECECEC")
        caption = "no data"
        if card.width_of(caption, SMALL) <= width:
            card.text(left + width / 2, PLOT_BOTTOM + 18, caption, size=SMALL, color=QUIET, at="center")


def _label_ends(card: Card, chart: SpikeHours, scale: _Scale, is_marked: bool) -> None:
    """Says beside the last hour what was observed and what is usual, the two kept apart."""
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
    card.text(COLUMN, usual + 13, f"usual {money_label(low)} to {money_label(high)}", size=SMALL, color="#005A8C")
    card.text(COLUMN, usual - 17, "at that hour", size=SMALL, color="#005A8C")


def _local(chart: SpikeHours, at: int) -> datetime:
    return moment(chart.hours[at] * 3_600 * MICROS).astimezone(zone(chart.timezone))


def _label_hours(card: Card, chart: SpikeHours, slot: float) -> None:
    """Every so many hours the time, with each new day its date below, and whose clock it is; over many days the dates."""
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
    place = chart.timezone.split("/")[-1].replace("_", " ")
    note = place if place == "UTC" else f"{place} time"
    card.text(RIGHT, PLOT_BOTTOM - 28, note, size=SMALL, color=QUIET, at="right")
