"""From when to when a spike goes, what it cost and what is usual for these hours; and which spikes are one incident."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.detection.histories import Ints
from bot.detection.incidents import QUIET_HOURS
from bot.detection.spike_bands import onset, usual_band
from bot.detection.sweeps import SpikingHour


@dataclass(frozen=True, kw_only=True)
class Extent:
    """A spike's hours, since 1970: by `to_hour` nearly all that is above the usual was spent. In nano-dollars."""

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
    """The extent of a spike whose last judged hour is `last_hour`, in a window of so many hours.

    `costs` are a series from its first cost on. `since` is where it is known to begin; it may turn out to begin earlier.
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


def group_incidents(found: Sequence[SpikingHour]) -> list[list[SpikingHour]]:
    """Spiking hours, in order, by the incident that they are of: one is over after QUIET_HOURS without a spike."""
    parted: list[list[SpikingHour]] = []
    for one in found:
        if parted and one.hour - parted[-1][-1].hour <= QUIET_HOURS:
            parted[-1].append(one)
        else:
            parted.append([one])
    return parted
