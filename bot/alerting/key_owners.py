"""Whose key it is that runs away: the one who hears of it in private."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bot.org.teams import Team

NOBODY = 0


@dataclass(frozen=True, kw_only=True)
class RunawayKey:
    """A key that drives a spike: what it cost over so many hours, and what it usually costs in as many."""

    team: Team
    credential: str
    cost_nanos: int
    usual_nanos: int
    hours: int
    from_hour: int


def majority_user(cost_nanos: Mapping[int, int]) -> int | None:
    """The person who makes more than half of what a key cost; None where nobody does, as with a service's key. Usage that
    names nobody is of person 0."""
    spent = {person: max(0, nanos) for person, nanos in cost_nanos.items()}
    first = max(spent, key=lambda person: spent[person], default=NOBODY)
    is_most = spent.get(first, 0) * 2 > sum(spent.values())
    return first if first != NOBODY and is_most else None


def median_of_same_hours(same_hours_nanos: Sequence[int]) -> int:
    """What is usual: the middle of the same hours of the weeks before."""
    return int(median(max(0, nanos) for nanos in same_hours_nanos)) if same_hours_nanos else 0
