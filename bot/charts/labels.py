"""Labels beside a plot: moved apart so that none lies on another."""

from collections.abc import Sequence


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Returns a height for each label, as near to the wanted one as the others allow, `gap` apart and in their order.

    If there is no room between `low` and `high`, they stand evenly below `high`.
    """
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    placed: list[float] = []
    for at in order:
        floor = placed[-1] + gap if placed else low
        placed.append(max(wanted[at], floor))
    ceiling = high
    for at in range(len(placed) - 1, -1, -1):
        placed[at] = min(placed[at], ceiling)
        ceiling = placed[at] - gap
    found = [0.0] * len(wanted)
    for at, y in zip(order, placed, strict=True):
        found[at] = y
    return found
