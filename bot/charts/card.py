"""The card of a chart: its frame, and bars, areas, lines and text on it, in pixels.

Everything is painted straight onto Agg's canvas in the order of the calls, without a `Figure`, axes or artists: that takes a
fraction of their time, leaves no global state behind, and places every letter exactly.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.patches import BoxStyle
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from bot.charts.letters import picture_of, printable, width_of
from bot.charts.png import png_of
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

_PLACE = IdentityTransform()
_HATCH = "///"
_ROOM, _TITLE_LINE = RIGHT - LEFT, 44


class Card:
    """A white card with rounded corners for one picture."""

    def __init__(self, *, height: int = HEIGHT) -> None:
        self.height = height
        self._canvas: Any = _canvas(height)  # the backend is published without types
        self._pixels = np.asarray(self._canvas.buffer_rgba())
        self._pixels[:] = _ground(height)
        self._words: list[tuple[float, float, str, float, bool, str]] = []

    def bars(self, rectangles: Iterable[Rectangle], color: str, *, hatched: bool = False) -> None:
        """Draws rectangles of one colour; hatched ones have stripes, which show without colour."""
        corners = [
            [(x, y), (x + width, y), (x + width, y + height), (x, y + height)] for x, y, width, height in rectangles
        ]
        self.areas(corners, color, hatched=hatched)

    def areas(self, outlines: Sequence[Sequence[Point]], color: str, *, hatched: bool = False) -> None:
        """Draws filled outlines of one colour, which don't overlap."""
        if outlines:
            _paint(self._canvas, _joined(outlines, closed=True), color, hatched=hatched)

    def lines(
        self, paths: Sequence[Sequence[Point]], color: str, width: float, *, dashes: tuple[float, ...] = ()
    ) -> None:
        """Draws paths of one colour and width."""
        shown = [path for path in paths if len(path) > 1]
        if not shown:
            return
        pen = self._canvas.new_gc()
        pen.set_foreground(color)
        pen.set_linewidth(width)
        pen.set_joinstyle("round")
        pen.set_capstyle("butt" if dashes else "round")
        if dashes:
            pen.set_dashes(0, [width * part for part in dashes])
        self._canvas.draw_path(pen, _joined(shown, closed=False), _PLACE)

    def dot(self, x: float, y: float, radius: float, color: str) -> None:
        """Draws a round mark with a rim of paper, which shows on any ground."""
        for size, ink in ((radius + 3, PAPER), (radius, color)):
            _paint(self._canvas, Path.circle((x, y), size), ink)

    def width_of(self, text: str, size: float, *, bold: bool = False) -> float:
        """Returns the width of a text in pixels, as it is drawn."""
        return width_of(printable(text, bold=bold), size, bold)

    def cut(self, text: str, room: float, size: float, *, bold: bool = False) -> str:
        """Returns the text, or as much of it as fits into `room` pixels with an ellipsis."""
        return cut(text, room, size, bold=bold)

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
        if shown:
            self._words.append((left, y - CAPITALS / 2 * size, shown, size, bold, color))

    def headline(self, title: str, subtitle: str) -> float:
        """Draws the title in one or two lines, the subtitle under it; returns the y below, where a plot may begin."""
        y = self.height - 58.0
        for line in _title_lines(printable(title, bold=True)):
            self.text(LEFT, y, line, size=TITLE, bold=True)
            y -= _TITLE_LINE
        self.text(LEFT, y + 2, cut(subtitle, _ROOM, BODY), color=QUIET)
        return y - 52

    def note(self, text: str) -> None:
        """Draws a sentence in the middle of an empty plot."""
        self.text((PLOT_LEFT + PLOT_RIGHT) / 2, self.height / 2 - 40, text, color=QUIET, at="center")

    def png(self) -> bytes:
        """Returns the PNG, without a time or a program's name: equal input gives equal bytes."""
        pen = self._canvas.new_gc()
        for x, baseline, text, size, bold, color in self._words:
            picture = picture_of(text, size, bold, color)
            self._canvas.draw_image(pen, x, round(baseline - picture.descent), picture.pixels)
        return png_of(self._pixels)


def cut(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Returns the text, or as much of it as fits into `room` pixels with an ellipsis."""
    shown = printable(text[:300], bold=bold)
    if width_of(shown, size, bold) <= room:
        return shown
    kept = bisect_right(range(len(shown)), room, key=lambda end: width_of(shown[:end] + "…", size, bold))
    return shown[: max(kept - 1, 0)].rstrip() + "…"


def head_height(title: str) -> float:
    """Returns the height of a card's headline, from its upper edge to where a plot may begin."""
    return 110.0 + _TITLE_LINE * len(_title_lines(printable(title, bold=True)))


def _title_lines(title: str) -> list[str]:
    """Returns the title in one line, or broken where its two lines are most alike in length."""
    words, measured = title[:200].split(), width_of(title[:200], TITLE, True)
    if measured <= _ROOM or len(words) < 2:
        return [cut(title, _ROOM, TITLE, bold=True)]
    breaks = [" ".join(words[:at]) for at in range(1, len(words))]
    fitting = [first for first in breaks if width_of(first, TITLE, True) <= _ROOM] or breaks[:1]
    first = min(fitting, key=lambda line: abs(2 * len(line) - len(title)))
    return [cut(line, _ROOM, TITLE, bold=True) for line in (first, title[len(first) :])]


@lru_cache(maxsize=4)
def _canvas(height: int) -> Any:
    """Returns the canvas of a height. One is drawn at a time, so a process keeps it."""
    renderer: Any = RendererAgg  # published without types
    return renderer(WIDTH, height, 72)  # at 72 dpi a point is a pixel


@lru_cache(maxsize=4)
def _ground(height: int) -> Any:
    """Returns the pixels of an empty card: its corners let Slack's own ground through."""
    renderer: Any = RendererAgg
    canvas = renderer(WIDTH, height, 72)
    frame = BoxStyle.Round(pad=0, rounding_size=22)(3, 3, WIDTH - 6, height - 6, 1)
    _paint(canvas, frame, PAPER, rim=FRAME)
    return np.array(canvas.buffer_rgba())


def _paint(canvas: Any, path: Path, color: str, *, hatched: bool = False, rim: str = "") -> None:
    pen = canvas.new_gc()
    edge = rim or (color if hatched else "")
    pen.set_linewidth(2 if edge else 0)
    pen.set_foreground(edge or color)
    pen.set_joinstyle("miter")
    if hatched:
        pen.set_hatch(_HATCH)
        pen.set_hatch_color(color)
        pen.set_hatch_linewidth(2.5)  # else it is matplotlib's global setting
    canvas.draw_path(pen, path, _PLACE, _rgb(PAPER if hatched else color))


@lru_cache(maxsize=64)
def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(color[1:])
    return red / 255, green / 255, blue / 255


def _joined(paths: Sequence[Sequence[Point]], *, closed: bool) -> Path:
    """Returns all paths as one, which is drawn at once."""
    points: list[Point] = []
    codes: list[Any] = []
    for path in paths:
        points += path
        codes += [Path.MOVETO, *[Path.LINETO] * (len(path) - 1)]
        if closed:
            points.append(path[0])
            codes.append(Path.CLOSEPOLY)
    joined = Path(points, codes)
    joined.should_simplify = False
    return joined
