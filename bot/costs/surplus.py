"""What a sender's cost has and its counters do not: web searches and geography, which some programs tell in the cost alone.

Their cost itself may be a guess, or another model's. So it counts only where it is the book's price and exactly what such
things cost beside it.
"""

from collections.abc import Sequence

from bot.costs.rates import UNIT_SCALE, Rates
from bot.usage import UsageEvent

_MOST_SEARCHES = 100
_ROUNDED = 1_000
"""Such costs are rounded to a micro-dollar, or not at all."""

Elsewhere = Sequence[tuple[str, Rates]]
"""A model's rates in geographies where it costs something else."""


def surplus(event: UsageEvent, book: Rates, listed: int, elsewhere: Elsewhere) -> str:
    """Returns what the reported cost of a call has beside its list price, `web_searches, geo us`; "" for nothing, or if
    that does not explain it.
    """
    reported = event.reported_nanos or 0
    if reported <= listed + _ROUNDED:
        return ""
    search = 0 if any(unit == "web_searches" for unit, _ in event.units) else book.units.get("web_searches", 0)
    if _are_searches(reported - listed, search):
        return "web_searches"
    if event.labels.geo:
        return ""
    for geo, rates in elsewhere:
        there = rates.nanos(event)
        if there is None:
            continue
        if abs(reported - there) <= _ROUNDED:
            return f"geo {geo}"
        if _are_searches(reported - there, search):
            return f"web_searches, geo {geo}"
    return ""


def _are_searches(nanos: int, rate: int) -> bool:
    each = rate // (UNIT_SCALE * 1_000)
    count = round(nanos / each) if each else 0
    return 1 <= count <= _MOST_SEARCHES and abs(nanos - count * each) <= _ROUNDED
