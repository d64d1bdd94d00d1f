"""Charts as pictures, and pages as PDF."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from bot.charts.pages import StatementPage
from bot.charts.values import Chart, kind_of


def render(chart: Chart) -> bytes:
    """Draws a PNG 1200 pixels wide; equal charts give equal bytes. Takes milliseconds of CPU: call it in a worker.

    `pictures/` has a file and a function `draw_…` for each kind. It is imported when it is drawn, as matplotlib is heavy.
    """
    kind = kind_of(chart)
    draw: Callable[[Any], bytes] = getattr(import_module(f"bot.charts.pictures.{kind}"), f"draw_{kind}")
    return draw(chart)


def render_page(page: StatementPage) -> bytes:
    """Draws the PDF of a page; equal pages give equal bytes."""
    from bot.charts.pictures.statement_page import draw_statement_page  # heavy: matplotlib

    return draw_statement_page(page)
