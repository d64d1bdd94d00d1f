"""What a team's week usually costs, how much that varies, and whether a week is unusual."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import median

_FADING = 0.8
"""The weight of a week against that of the week after it."""
_PRIOR_NOISE, _PRIOR_WEEKS = 0.08, 3
"""The spread of weeks that is assumed of a team, as if it had been seen over some weeks."""
_OUTLIER_SPREADS, _OUTLIER_LEAST = 3.5, 0.3
_MOST_AWAY = 0.3
"""How far an unusual week counts towards the spread, as a difference of logarithms."""
_TREND_WEEKS, _TREND_CERTAINTY = 6, 4.0
_UNUSUAL_SPREADS, _UNUSUAL_LEAST = 3.6, 0.10
"""An unusual week is so many spreads and at least this share away from the usual."""
_SPREAD_FLOOR = 0.02


@dataclass(frozen=True, kw_only=True)
class Level:
    """The usual cost of a week in nano-dollars, its relative spread, and the weight of each week before in it: 0 for one
    that was unusual itself.
    """

    usual: float
    spread: float
    weights: tuple[float, ...]

    def is_unusual(self, total: float) -> bool:
        """Returns whether a week's total is more than chance."""
        if self.usual <= 0 or total <= 0:
            return total > 0 or self.usual > 0
        away = abs(log(total / self.usual))
        return away > _UNUSUAL_SPREADS * self.spread and abs(total - self.usual) >= _UNUSUAL_LEAST * self.usual


def level_of(before: Sequence[float]) -> Level:
    """Returns the level that whole weeks suggest for the next one; `before` has the latest of them first.

    Weeks far from the others are left out. A steady growth is continued.
    """
    positive = [(at, log(total)) for at, total in enumerate(before) if total > 0]
    if not positive:
        return Level(usual=0.0, spread=_PRIOR_NOISE, weights=tuple(1.0 for _ in before))
    slope = _slope(positive)
    flat = {at: value + slope * (at + 1) for at, value in positive}
    kept = _without_outliers(flat)
    fading = {at: _FADING**at for at in kept}
    share = sum(fading.values())
    middle = sum(fading[at] * flat[at] for at in kept) / share
    known = share**2 / sum(weight**2 for weight in fading.values())
    errors = sum(min(abs(value - middle), _MOST_AWAY) ** 2 for value in flat.values())
    freedom = max(0, len(flat) - (2 if slope else 1))
    spread = sqrt((_PRIOR_WEEKS * _PRIOR_NOISE**2 + errors) / (_PRIOR_WEEKS + freedom))
    weights = tuple(fading.get(at, 0.0) / share for at in range(len(before)))
    return Level(usual=exp(middle), spread=max(_SPREAD_FLOOR, spread * sqrt(1 + 1 / known)), weights=weights)


def _slope(points: Sequence[tuple[int, float]]) -> float:
    """Returns the growth per week, as a difference of logarithms; 0 unless the weeks clearly show one."""
    if len(points) < _TREND_WEEKS:
        return 0.0
    pairs = [(b - a) / (y - x) for i, (x, a) in enumerate(points) for y, b in points[i + 1 :]]
    back = median(pairs)  # per week back in time
    base = median(value - back * at for at, value in points)
    away = [min(abs(value - back * at - base), _MOST_AWAY) for at, value in points]
    noise = max(0.03, sqrt(sum(one * one for one in away) / (len(points) - 2)))
    middle = sum(at for at, _ in points) / len(points)
    error = noise / sqrt(sum((at - middle) ** 2 for at, _ in points))
    return -back if abs(back) > _TREND_CERTAINTY * error else 0.0


def _without_outliers(values: dict[int, float]) -> list[int]:
    """Returns the weeks that are near the others; with two or fewer, all of them."""
    if len(values) <= 2:
        return list(values)
    middle = median(values.values())
    spread = 1.48 * median(abs(value - middle) for value in values.values())
    most = max(_OUTLIER_LEAST, _OUTLIER_SPREADS * spread)
    return [at for at, value in values.items() if abs(value - middle) <= most]
