"""The card of a chart: its frame, and bars, areas, lines and text on it, in pixels.

Everything is drawn as a few collections straight onto a `Figure`, without axes: that takes a third of the time, leaves no
global state behind, and places every letter exactly.
"""

import io
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import BoxStyle, FancyBboxPatch
from matplotlib.transforms import IdentityTransform

from bot.charts.letters import font_of, printable, width_of
from bot.charts.style import (
    BODY,
    CAPITALS,
    FRAME,
    HEIGHT,
    INK,
    LEFT,
    PAPER,
    PLOT_LEFT,
    PLOT_RIGHT,
    QUIET,
    RIGHT,
    TITLE,
    WIDTH,
)  # fmt: skip

Side = Literal["left", "center", "right"]

Rectangle = tuple[float, float, float, float]
"""x, y, width, height; y grows upwards."""
Point = tuple[float, float]


class _TextLayer(Artist):
    """All lines of text on a card. matplotlib's `Text` would lay out every line twice, most of a plain figure's cost."""

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
    """A white card with rounded corners for one picture."""

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
        """Returns the order of the next artist: later ones lie on top."""
        self._order += 1
        return self._order

    def bars(self, rectangles: Iterable[Rectangle], color: str, *, hatched: bool = False) -> None:
        """Draws rectangles of one colour; hatched ones have stripes, which show without colour."""
        corners = [
            [(x, y), (x + width, y), (x + width, y + height), (x, y + height)] for x, y, width, height in rectangles
        ]
        self.areas(corners, color, hatched=hatched)

    def areas(self, outlines: Sequence[Sequence[Point]], color: str, *, hatched: bool = False) -> None:
        """Draws filled outlines of one colour."""
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
        """Draws paths of one colour and width."""
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
        """Returns the width of a text in pixels, as it is drawn."""
        return width_of(printable(text, bold=bold), size, bold)

    def cut(self, text: str, room: float, size: float, *, bold: bool = False) -> str:
        """Returns the text, or as much of it as fits into `room` pixels with an ellipsis."""
        shown = printable(text[:300], bold=bold)
        if width_of(shown, size, bold) <= room:
            return shown
        kept = bisect_right(range(len(shown)), room, key=lambda end: width_of(shown[:end] + "…", size, bold))
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
        """Draws one line of text above all else, its middle at y; `at` is the side of it that x is."""
        shown = printable(text, bold=bold)
        left = x - {"left": 0.0, "center": 0.5, "right": 1.0}[at] * (width_of(shown, size, bold) if at != "left" else 0)
        self._words.lines.append((left, y - CAPITALS / 2 * size, shown, font_of(size, bold), color))

    def headline(self, title: str, subtitle: str) -> float:
        """Draws the title in one or two lines, the subtitle under it; returns the y below, where a plot may begin."""
        y, room = HEIGHT - 58.0, RIGHT - LEFT
        for line in self._title_lines(printable(title, bold=True), room):
            self.text(LEFT, y, line, size=TITLE, bold=True)
            y -= 44
        self.text(LEFT, y + 2, self.cut(subtitle, room, BODY), color=QUIET)
        return y - 52

    def _title_lines(self, title: str, room: float) -> list[str]:
        """Returns the title in one line, or broken where its two lines are most alike in length."""
        words, measured = title[:200].split(), self.width_of(title[:200], TITLE, bold=True)
        if measured <= room or len(words) < 2:
            return [self.cut(title, room, TITLE, bold=True)]
        breaks = [" ".join(words[:at]) for at in range(1, len(words))]
        fitting = [first for first in breaks if self.width_of(first, TITLE, bold=True) <= room] or breaks[:1]
        first = min(fitting, key=lambda line: abs(2 * len(line) - len(title)))
        return [self.cut(line, room, TITLE, bold=True) for line in (first, title[len(first) :])]

    def note(self, text: str) -> None:
        """Draws a sentence in the middle of an empty plot."""
        self.text((PLOT_LEFT + PLOT_RIGHT) / 2, HEIGHT / 2 - 40, text, color=QUIET, at="center")

    def png(self) -> bytes:
        """Returns the PNG, without a time or a program's name: equal input gives equal bytes."""
        out = io.BytesIO()
        self._canvas.print_png(out, metadata={"Software": None}, pil_kwargs={"compress_level": 3})
        return out.getvalue()
