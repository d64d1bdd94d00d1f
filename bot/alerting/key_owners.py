"""The owner of a runaway key, who gets a private message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


USUAL_WEEKS = 4
"""The usual cost of a part is the mean of so many weeks, in a message as in its details."""


def usual_of_same_hours(part_nanos: Sequence[int], team_nanos: Sequence[int]) -> int:
    """Returns the mean cost of a part in the same hours of earlier weeks, the nearest first, as far back as its team spent
    anything then; 0 if it did not."""
    known = max((at + 1 for at, nanos in enumerate(team_nanos) if nanos > 0), default=0)
    return max(0, sum(part_nanos[:known]) // known) if known else 0
