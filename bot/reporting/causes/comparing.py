"""A week beside its usual self: each part's cost now, in a usual week, and how much it varies."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from bot.reporting.causes.levels import Level
from bot.reporting.causes.weeks import Weeks, Weigh

_PRIOR_VARIATION, _PRIOR_WEEKS = 0.2, 3
"""The relative spread that is assumed of any part, as if it had been seen over some weeks."""


class Effect(NamedTuple):
    """An amount in nano-dollars by which something changed the week, and how much that amount varies by chance."""

    nanos: float
    noise: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A week and the weeks before it. `scale` raises past amounts to the level that is usual for this week."""

    weeks: Weeks
    level: Level
    totals: tuple[float, ...]
    scale: float
    weigh: Weigh

    @property
    def now(self) -> float:
        return self.totals[0]

    @property
    def change(self) -> float:
        """Returns the difference to a usual week in nano-dollars."""
        return self.now - self.level.usual

    def usual(self, sums: Sequence[float]) -> float:
        """Returns the usual weekly amount of something, given its sums by week, the explained one first."""
        return self.scale * self.past(sums)

    def past(self, sums: Sequence[float]) -> float:
        """Returns the mean over the weeks before, without the continued growth."""
        return sum(weight * amount for weight, amount in zip(self.level.weights, sums[1:], strict=True))

    def noise(self, sums: Sequence[float]) -> float:
        """Returns how much an amount varies from week to week by chance."""
        usual = self.past(sums)
        kept = [amount for weight, amount in zip(self.level.weights, sums[1:], strict=True) if weight > 0]
        errors = sum((amount - usual) ** 2 for amount in kept)
        assumed = _PRIOR_WEEKS * (_PRIOR_VARIATION * usual) ** 2
        return self.scale * sqrt((assumed + errors) / (_PRIOR_WEEKS + max(0, len(kept) - 1)))

    def seen(self, sums: Sequence[float]) -> int:
        """Returns in how many of the weeks before something was used."""
        return sum(1 for amount in sums[1:] if amount > 0)


def comparison_of(weeks: Weeks, level: Level, weigh: Weigh) -> Comparison:
    """Returns the comparison of a week with its usual self."""
    totals = tuple(weeks.totals())
    past = sum(weight * total for weight, total in zip(level.weights, totals[1:], strict=True))
    return Comparison(
        weeks=weeks,
        level=level,
        totals=totals,
        scale=level.usual / past if past > 0 else 1.0,
        weigh=weigh,
    )
