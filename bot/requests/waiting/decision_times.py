"""Decision times: how long people wait for decisions, in working time of those who decide. Never a ranking of people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bot.periods import MICROS

DECISION_DAYS = 30
QUICK_MICROS = 15 * 60 * MICROS
LEAST_DECISIONS = 5
"""A team with fewer decisions is not shown alone: its figures would be one person's."""


@dataclass(frozen=True, kw_only=True)
class DecidedRequest:
    """A decision by a person: the team that asked, and the working microseconds of the decider that it took."""

    team_id: int
    worked_micros: int


@dataclass(frozen=True, kw_only=True)
class DecisionTimes:
    """The times of decisions: their number, median, share within 15 working minutes; approvals by policy, which took no
    time; what expired; and how many wait, the oldest since a moment."""

    decided: int
    median_micros: int | None
    quick_share: float | None
    automatic: int
    expired: int
    waiting: int
    oldest_at: int | None


def decision_times(
    decided: Sequence[DecidedRequest], *, automatic: int, expired: int, waiting_since: Sequence[int]
) -> DecisionTimes:
    """Returns the times of some decisions, and of what waits since these moments."""
    worked = [one.worked_micros for one in decided]
    return DecisionTimes(
        decided=len(worked),
        median_micros=round(median(worked)) if worked else None,
        quick_share=sum(micros <= QUICK_MICROS for micros in worked) / len(worked) if worked else None,
        automatic=automatic,
        expired=expired,
        waiting=len(waiting_since),
        oldest_at=min(waiting_since, default=None),
    )


def by_team(decided: Iterable[DecidedRequest]) -> Mapping[int, list[DecidedRequest]]:
    """Returns the decisions of each team that has enough to be shown alone."""
    found: dict[int, list[DecidedRequest]] = {}
    for one in decided:
        found.setdefault(one.team_id, []).append(one)
    return {team: own for team, own in found.items() if len(own) >= LEAST_DECISIONS}
