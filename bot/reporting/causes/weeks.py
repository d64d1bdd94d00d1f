"""A team's usage by week and series, and what is summed from it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

K = TypeVar("K")
HISTORY_WEEKS = 8
"""The weeks before a week that it is compared with."""

Dimension = Literal["tool", "model", "workflow", "credential"]
Weigh = Callable[[str, str], Sequence[float]]
"""Returns the relative prices of a model's five token counters, by provider and model."""
USUAL_WEIGHTS = (1.0, 0.1, 1.25, 2.0, 5.0)
"""Relative prices of tokens that most sellers have: uncached input, cache reads, both cache writes, and output."""


class WeekUse(NamedTuple):
    """The use of one series in one week. `week` counts back: 0 is the week that is explained, 1 the one before it."""

    week: int
    tool: str
    provider: str
    model: str
    workflow: str
    credential: str
    person_id: int
    basis: str
    calls: int
    uncached_input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    cost_nanos: int

    @property
    def input(self) -> int:
        return self.uncached_input + self.cache_read + self.cache_write_5m + self.cache_write_1h

    @property
    def tokens(self) -> int:
        return self.input + self.output


def usual_weights(_provider: str, _model: str) -> Sequence[float]:
    """Returns the usual relative prices for any model."""
    return USUAL_WEIGHTS


@dataclass(frozen=True, kw_only=True)
class Weeks:
    """A team's uses over the week that is explained and `full` whole weeks before it. Older weeks hold no usage, or
    the first days of it.
    """

    uses: tuple[WeekUse, ...]
    full: int

    def totals(self) -> list[float]:
        """Returns nano-dollars by week, the explained one first."""
        return self.sums(lambda _use: None, lambda use: use.cost_nanos).get(None, [0.0] * (self.full + 1))

    def sums(
        self, key: Callable[[WeekUse], K], amount: Callable[[WeekUse], float], *, of: Iterable[WeekUse] | None = None
    ) -> dict[K, list[float]]:
        """Returns sums by week for each key, the explained week first."""
        found: dict[K, list[float]] = {}
        for use in self.uses if of is None else of:
            if use.week > self.full:
                continue
            kept = found.get(named := key(use))
            if kept is None:
                kept = found[named] = [0.0] * (self.full + 1)
            kept[use.week] += amount(use)
        return found
