"""A budget before and after a request, as Slack's own chart."""

from bot.charts.amounts import money_label
from bot.charts.native import NativeChart, NativePoint, NativeSeries
from bot.money import NANOS

_TITLE = 50


def native_budget_change(
    *, spent_nanos: int, forecast_nanos: int | None, budget_nanos: int, grown_nanos: int, left_nanos: tuple[int, int]
) -> NativeChart:
    """Returns four bars at most: what is spent, what is expected, and the budget now and with the request.

    `left_nanos` is what is available now and then, which the title says. The block draws no line for a budget, so the bars
    stand beside each other.
    """
    now, then = (money_label(nanos) for nanos in left_nanos)
    bars = [("Spent so far", spent_nanos)]
    if forecast_nanos is not None:
        bars.append(("Forecast spend", forecast_nanos))
    bars += [("Budget now", budget_nanos), ("Budget if approved", grown_nanos)]
    points = [NativePoint(label=label, value=round(nanos / NANOS, 2)) for label, nanos in bars]
    return NativeChart(
        title=f"{now} available now, {then} if approved"[:_TITLE],
        categories=[label for label, _ in bars],
        series=[NativeSeries(name="US dollars", data=points)],
        y_label="US dollars",
    )
