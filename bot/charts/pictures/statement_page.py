"""A statement on one page of A4 that fits Letter too, as PDF: figures, tools, a small chart of days, notes, the seal."""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D

from bot.charts.amounts import money_short, money_ticks
from bot.charts.letters import font_of, printable, width_of
from bot.charts.pages import PageRow, StatementPage
from bot.charts.style import GRID, INK, QUIET, SERIES, WARNING
from bot.money import usd
from bot.periods import date_of, day_text, short_day_text

WIDTH, HEIGHT = 595.0, 842.0
"""A4 in points."""
LEFT, RIGHT, TOP, BOTTOM = 54.0, 541.0, 800.0, 72.0
"""Margins that leave all text on a Letter page, which is wider and 50 points shorter."""
COLUMN = 316.0
"""The left edge of the tools, beside the figures."""
TITLE, HEAD, BODY, SMALL = 21.0, 10.0, 8.5, 7.0
LINE = 13.0
CHART = 104.0
DAY_COLUMNS, GAP, SMALL_LINE = 4, 22.0, 10.5
NOTES = 150.0
"""The room of the notes and the footer above the lower margin."""
MAX_BARS = 92
"""Days of more than a quarter are drawn in weeks."""


def draw_statement_page(page: StatementPage) -> bytes:
    """Returns the PDF of a page. It holds no moment of its drawing: equal pages give equal bytes."""
    out = io.BytesIO()
    facts = {"Title": f"{page.title}, {page.period}", "Creator": "Tokens", "Producer": None, "CreationDate": None}
    with matplotlib.rc_context({"pdf.fonttype": 42}):  # whole letters: the text can be searched and copied
        canvas: Any = FigureCanvasPdf(_Page(page).figure)  # the backends are published without types
        canvas.print_pdf(out, metadata=facts)
    return out.getvalue()


def draw_preview(page: StatementPage, *, dpi: int = 110) -> bytes:
    """Returns the same page as PNG, to look at it."""
    figure, out = _Page(page).figure, io.BytesIO()
    figure.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(out, metadata={"Software": None})
    return out.getvalue()


class _Page:
    """Draws a page from its top to its bottom, in points from the lower left corner."""

    def __init__(self, page: StatementPage) -> None:
        self.figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=72, facecolor="white")
        self._order = 0
        self._points = Affine2D().scale(1 / 72) + self.figure.dpi_scale_trans
        y = self._header(page)
        left = self._table("Figures", page.figures, LEFT, COLUMN - 26, y)
        right = self._table("Charges by tool", page.tools, COLUMN, RIGHT, y)
        y = min(left, right) - 12
        y = self._days(page, y)
        y = self._day_table(page, y)
        self._notes(page.notes, y)
        self._footer(page.footer)

    def _header(self, page: StatementPage) -> float:
        y = TOP
        self._text(LEFT, y, f"Statement · {page.organisation}", size=HEAD, color=QUIET, room=RIGHT - LEFT - 130)
        self._text(RIGHT, y, page.period, size=HEAD, bold=True, right=True)
        y -= 27
        for line in _lines(page.title, RIGHT - LEFT, TITLE, bold=True, most=2):
            self._text(LEFT, y, line, size=TITLE, bold=True)
            y -= 25
        y += 6
        self._text(LEFT, y, page.subtitle, size=HEAD, color=QUIET, room=RIGHT - LEFT)
        y -= 16
        self._text(
            LEFT, y, page.state, size=HEAD, bold=True, color=INK if page.is_final else WARNING, room=RIGHT - LEFT
        )
        y -= 12
        self._rule(y, LEFT, RIGHT, INK, 0.8)
        return y - 20

    def _table(self, head: str, rows: Sequence[PageRow], left: float, right: float, y: float) -> float:
        """Draws a table and returns the y below it."""
        self._text(left, y, head, size=HEAD, bold=True)
        y -= LINE + 3
        for row in rows:
            if row.is_sum:
                self._rule(y + LINE - 3.5, left, right, GRID if row is rows[0] else QUIET, 0.5)
            room = right - left - width_of(row.amount, BODY, row.is_sum) - 10
            self._text(left, y, row.label, bold=row.is_sum, room=room)
            self._text(right, y, row.amount, bold=row.is_sum, right=True)
            y -= LINE
        return y

    def _days(self, page: StatementPage, y: float) -> float:
        """Draws the charges by day as bars, by week if there are many, and returns the y below."""
        bars, width, words = _bars(page)
        self._text(LEFT, y, f"Charges by {words}", size=HEAD, bold=True)
        top, bottom = y - 16, y - 16 - CHART
        low, high = min(0, *(nanos for _, nanos in bars), 0), max(0, *(nanos for _, nanos in bars), 0)
        if high == low:
            self._text(LEFT, (top + bottom) / 2, "Nothing was charged.", color=QUIET)
            return bottom - 30
        left = LEFT + 34

        def at(nanos: int) -> float:
            return bottom + (top - bottom) * (nanos - low) / (high - low)

        for tick in money_ticks(low, high):
            self._rule(at(tick), left, RIGHT, GRID, 0.6)
            self._text(left - 5, at(tick) - 2.5, money_short(tick), size=SMALL, color=QUIET, right=True)
        span = page.end_day - page.first_day
        scale = (RIGHT - left) / span
        boxes = []
        for day, nanos in bars:
            x = left + (day - page.first_day) * scale
            end = min(x + width * scale, RIGHT)
            inset = (end - x) * 0.12
            boxes.append([(x + inset, at(0)), (end - inset, at(0)), (end - inset, at(nanos)), (x + inset, at(nanos))])
        self._add(PolyCollection(boxes, facecolors=[SERIES[0]], linewidths=[0]))
        for day in _marks(page.first_day, page.end_day):
            x = left + (day - page.first_day + width / 2) * scale
            self._text(x, bottom - 10, short_day_text(day), size=SMALL, color=QUIET, center=True)
        return bottom - 32

    def _day_table(self, page: StatementPage, y: float) -> float:
        """Lists the bars' amounts in columns, if the page has room for them and the notes; returns the y below."""
        bars, _, _ = _bars(page)
        rows = -(-len(bars) // DAY_COLUMNS)
        if not bars or y - rows * SMALL_LINE < BOTTOM + NOTES:
            return y
        y += 8
        width = (RIGHT - LEFT + GAP) / DAY_COLUMNS
        for number, (day, nanos) in enumerate(bars):
            x, at = LEFT + number // rows * width, y - number % rows * SMALL_LINE
            self._text(x, at, day_text(day), size=SMALL, color=QUIET)
            self._text(x + width - GAP, at, usd(nanos), size=SMALL, right=True)
        return y - rows * SMALL_LINE - 12

    def _notes(self, notes: Sequence[str], y: float) -> None:
        """Draws sentences, cut where the footer begins."""
        self._text(LEFT, y, "How sure these figures are", size=HEAD, bold=True)
        y -= LINE + 3
        for note in notes:
            for line in _lines(note, RIGHT - LEFT, BODY, bold=False, most=3):
                if y < BOTTOM + 46:
                    return
                self._text(LEFT, y, line)
                y -= LINE

    def _footer(self, lines: Sequence[str]) -> None:
        y = BOTTOM + 10 * len(lines) - 10
        self._rule(y + 14, LEFT, RIGHT, QUIET, 0.5)
        for line in lines:
            self._text(LEFT, y, line, size=SMALL, color=QUIET, room=RIGHT - LEFT)
            y -= 10

    def _rule(self, y: float, left: float, right: float, color: str, width: float) -> None:
        self._add(LineCollection([[(left, y), (right, y)]], colors=[color], linewidths=[width]))

    def _add(self, drawn: Any) -> None:
        self._order += 1  # later ones lie on top
        drawn.set_zorder(self._order)
        drawn.set_transform(self._points)
        self.figure.add_artist(drawn)

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = BODY,
        color: str = INK,
        bold: bool = False,
        right: bool = False,
        center: bool = False,
        room: float = 0.0,
    ) -> None:
        """Draws a line of text from x on, or up to it, or around it; cut to `room` points if that is given."""
        shown = _cut(printable(text, bold=bold), room, size, bold) if room else printable(text, bold=bold)
        self.figure.text(
            x / WIDTH,
            y / HEIGHT,
            shown,
            fontproperties=font_of(size, bold),
            color=color,
            ha="right" if right else "center" if center else "left",
            va="baseline",
            parse_math=False,  # `$` is money here
        )


def _bars(page: StatementPage) -> tuple[list[tuple[int, int]], int, str]:
    """Returns (first day, nano-dollars) of each bar, its days, and what it is."""
    if page.end_day - page.first_day <= MAX_BARS:
        return list(page.days), 1, "day"
    weeks: dict[int, int] = {}
    for day, nanos in page.days:
        monday = page.first_day + (day - page.first_day) // 7 * 7
        weeks[monday] = weeks.get(monday, 0) + nanos
    return sorted(weeks.items()), 7, "week"


def _marks(first_day: int, end_day: int) -> list[int]:
    """Returns the days to name below the bars: every Monday of a month, else firsts of months."""
    days = range(first_day, end_day)
    if end_day - first_day <= 40:
        return [day for day in days if date_of(day).weekday() == 0]
    return [day for day in days if date_of(day).day == 1]


def _cut(text: str, room: float, size: float, bold: bool) -> str:
    if width_of(text, size, bold) <= room:
        return text
    while text and width_of(text + "…", size, bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def _lines(text: str, room: float, size: float, *, bold: bool, most: int) -> list[str]:
    """Returns a text in at most so many lines; the last one is cut."""
    words, lines = printable(text, bold=bold).split(), [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size, bold) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    kept = lines[:most]
    if len(lines) > most:
        kept[-1] = " ".join(lines[most - 1 :])
    return [_cut(line, room, size, bold) for line in kept]
