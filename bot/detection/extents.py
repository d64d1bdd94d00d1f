"""The extent of a spike: its first and last dear hour, their cost and what is usual for them."""

from dataclasses import dataclass

import numpy as np

from bot.detection.detector.spike_bands import onset, usual_band
from bot.detection.histories import Ints


@dataclass(frozen=True, kw_only=True)
class Extent:
    """A spike's dear hours, since 1970: 95% of the excess was spent by the end of `to_hour`. In nano-dollars."""

    from_hour: int
    to_hour: int
    observed_nanos: int
    usual_nanos: int

    @property
    def hours(self) -> int:
        return self.to_hour - self.from_hour + 1

    @property
    def excess_nanos(self) -> int:
        return max(0, self.observed_nanos - self.usual_nanos)


def extent_of(costs: Ints, *, first_hour: int, last_hour: int, window_hours: int, since: int | None) -> Extent:
    """Returns the extent of a spike in a window of `window_hours` that ends with `last_hour`.

    `costs` are nano-dollars by hour from `first_hour` on, the first above zero. `since` is the known first hour; the spike may
    turn out to begin earlier.
    """
    known = costs[: last_hour - first_hour + 1]
    _, high = usual_band(known, window_hours)
    from_hour = max(first_hour, last_hour - onset(known, high) + 1)
    if since is not None:
        from_hour = max(first_hour, min(from_hour, since))
    span = last_hour - from_hour + 1
    _, high = usual_band(known, span)
    above = np.cumsum(np.maximum(known[-span:] - high, 0))
    hours = int(np.argmax(above * 20 >= above[-1] * 19)) + 1 if above[-1] > 0 else span
    return Extent(
        from_hour=from_hour,
        to_hour=from_hour + hours - 1,
        observed_nanos=sum(known[-span:][:hours].tolist()),  # Python's integers: exact, and they never overflow
        usual_nanos=sum(high[:hours].tolist()),
    )
