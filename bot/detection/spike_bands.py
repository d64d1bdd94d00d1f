"""The band of usual hours that a chart shows, and where above it a spike began."""

import numpy as np

from bot.detection.spike_hours import DAY, WEEK, Ints


def usual_band(cost_nanos: Ints, hours: int) -> tuple[Ints, Ints]:
    """The low and high of a usual hour, in nano-dollars, for each of the last `hours` hours: the band of a chart.

    Made of the same hour (± 1) of four weeks, or of four days where no week is known; from three on the oddest is left
    out on either side. An hour without an earlier day has itself for its band.
    """
    spent = np.maximum(cost_nanos, 0)
    band = [_usual_at(spent, hour) for hour in range(max(0, len(spent) - hours), len(spent))]
    return np.array([low for low, _ in band], dtype=np.int64), np.array([high for _, high in band], dtype=np.int64)


def onset(cost_nanos: Ints, usual_high: Ints) -> int:
    """How many of the last hours a spike spans: from the first hour that holds a twentieth of all that lies above the
    usual band. At least one hour, at most the band's length."""
    window = np.maximum(cost_nanos[len(cost_nanos) - len(usual_high) :], 0)
    above = np.maximum(window - usual_high, 0)
    if not above.any():
        return len(usual_high)
    return len(usual_high) - int(np.argmax(above * 20 >= above.sum()))


def _usual_at(spent: Ints, hour: int) -> tuple[int, int]:
    step = WEEK if hour >= WEEK else DAY
    like = [spent[max(0, at - 1) : at + 2] for at in range(hour - step, -1, -step)][:4] or [spent[hour : hour + 1]]
    odd = 1 if len(like) >= 3 else 0
    return sorted(int(near.min()) for near in like)[odd], sorted(int(near.max()) for near in like)[-1 - odd]
