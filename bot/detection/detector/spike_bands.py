"""The band of usual hours that a chart shows, and where above it a spike began."""

import numpy as np

from bot.detection.detector.spike_hours import DAY, WEEK, Ints

_TIMES = np.arange(1, 5)
_MIN_TO_TRIM = 3
"""From this many earlier hours on, the oddest is left out on either side."""


def usual_band(cost_nanos: Ints, hours: int) -> tuple[Ints, Ints]:
    """Returns the low and the high of a usual hour, in nano-dollars, for each of the last `hours` hours: a chart's band.

    Made of the same hour (± 1) of four weeks, or of four days where no week is known; from three on the oddest is left out on
    either side. An hour without an earlier day has itself for its band.
    """
    spent = np.maximum(cost_nanos, 0)
    end = len(spent)
    at = np.arange(max(0, end - hours), end)
    back = at[:, None] - np.where(at >= WEEK, WEEK, DAY)[:, None] * _TIMES
    is_known = back >= 0
    back = np.maximum(back, 0)
    near = np.stack([np.maximum(back - 1, 0), back, np.minimum(back + 1, max(end - 1, 0))])
    known = is_known.sum(axis=1)
    odd = (known >= _MIN_TO_TRIM).astype(np.int64)[:, None]
    lows = np.sort(np.where(is_known, spent[near].min(axis=0), np.iinfo(np.int64).max), axis=1)
    highs = np.sort(np.where(is_known, spent[near].max(axis=0), -1), axis=1)
    low = np.take_along_axis(lows, odd, axis=1)[:, 0]
    high = np.take_along_axis(highs, len(_TIMES) - 1 - odd, axis=1)[:, 0]
    return np.where(known > 0, low, spent[at]), np.where(known > 0, high, spent[at])


def onset(cost_nanos: Ints, usual_high: Ints) -> int:
    """Returns how many of the last hours a spike spans: from the first that holds a twentieth of the excess over the band.

    At least one hour, at most the band's length.
    """
    window = np.maximum(cost_nanos[len(cost_nanos) - len(usual_high) :], 0)
    above = np.maximum(window - usual_high, 0)
    if not above.any():
        return len(usual_high)
    return len(usual_high) - int(np.argmax(above * 20 >= above.sum()))
