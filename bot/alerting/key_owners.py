"""The owner of a runaway key, who gets a private message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bot.org.teams import Team

NOBODY = 0


@dataclass(frozen=True, kw_only=True)
class RunawayKey:
    """A key that drives a spike: its cost over `hours`, and its usual cost over as many."""

    team: Team
    credential: str
    cost_nanos: int
    usual_nanos: int
    hours: int
    from_hour: int


def majority_user(cost_nanos: Mapping[int, int]) -> int | None:
    """Returns the person with more than half of a key's cost; None for a shared key. Person 0 stands for usage
    without a person."""
    spent = {person: max(0, nanos) for person, nanos in cost_nanos.items()}
    first = max(spent, key=lambda person: spent[person], default=NOBODY)
    is_most = spent.get(first, 0) * 2 > sum(spent.values())
    return first if first != NOBODY and is_most else None


def median_of_same_hours(same_hours_nanos: Sequence[int]) -> int:
    """Returns the median of the same hours of earlier weeks; 0 without any."""
    return int(median(max(0, nanos) for nanos in same_hours_nanos)) if same_hours_nanos else 0
