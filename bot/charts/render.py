"""Charts as pictures, and pages as PDF."""

from bot.charts.pages import StatementPage
from bot.charts.values import Chart, SpendByDay


def render(chart: Chart) -> bytes:
    """Draws a PNG of 1200 × 600 pixels; equal charts give equal bytes. Takes tens of milliseconds of CPU: call it in a worker."""
    from bot.charts.spend_by_day import draw_spend_by_day  # heavy: matplotlib
    from bot.charts.spike_hours import draw_spike_hours  # heavy: matplotlib

    return draw_spend_by_day(chart) if isinstance(chart, SpendByDay) else draw_spike_hours(chart)


def render_page(page: StatementPage) -> bytes:
    """Draws the PDF of a page; equal pages give equal bytes."""
    from bot.charts.statement_page import draw_statement_page  # heavy: matplotlib

    return draw_statement_page(page)
