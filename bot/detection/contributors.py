"""The contributors of a spike: the parts that rose, each beside its own usual."""

from collections.abc import Callable, Iterable

import numpy as np

from bot.alerting.alerts import Contributor, rank_contributors
from bot.detection.histories import Ints, SpendPart, mean_of_same_hours

_NEW_HOURS = 24
_MIN_SHARE = 5


def contributors(
    parts: Iterable[SpendPart],
    *,
    by_hour: Callable[[SpendPart], Ints],
    first_hour: int,
    from_hour: int,
    end_hour: int,
    known_from: int,
    most: int = 4,
) -> tuple[Contributor, ...]:
    """Returns the parts that rose from `from_hour` until before `end_hour`, ranked by rise, each at least 5% of the largest.

    `by_hour` returns a part's nano-dollars from `first_hour` on; the team is known from `known_from` on. A part is new if it
    cost nothing until a day before the spike.
    """
    found = []
    start, end = from_hour - first_hour, end_hour - first_hour
    for part in parts:
        nanos = by_hour(part)
        cost = int(nanos[start:end].sum())
        usual = mean_of_same_hours(nanos, start, end, known=max(0, known_from - first_hour))
        if cost <= usual:
            continue
        first = first_hour + int(np.argmax(nanos > 0))
        found.append(
            Contributor(
                dimension=part.kind,
                name=part.name,
                cost_nanos=cost,
                usual_nanos=usual,
                first_hour=first if first >= from_hour - _NEW_HOURS else None,
            )
        )
    largest = max((c.rise_nanos for c in found), default=0)
    return rank_contributors([c for c in found if c.rise_nanos * 100 >= largest * _MIN_SHARE], most=most)
