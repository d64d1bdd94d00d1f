"""What a channel would have been told: the spike rule run over past cost, each hour with only what was known then."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from bot.detection.incidents import Incident, update_incident
from bot.detection.spike_hours import Ints
from bot.detection.spikes import SpikeJudgement, find_spikes


@dataclass(frozen=True, kw_only=True)
class BacktestAlert:
    """A message that a channel gets of a team `at` the end of the judged hour, in hours since 1970."""

    team: str
    at: int
    judgement: SpikeJudgement


def backtest(series: Iterable[tuple[str, int, Ints]], *, bar: float = 1.0) -> Iterator[BacktestAlert]:
    """The messages of many teams, team by team as they come, each team's in order of time.

    A series is (team, first hour since 1970, nano-dollars per UTC hour from the team's first cost, zero-filled). `at`
    is never before what the judgement needs has happened. `bar` is the score from which an hour is a spike.
    """
    for team, first_hour, cost_nanos in series:
        incident: Incident | None = None
        known_hours = np.array([len(cost_nanos)])
        for _, hour, judgement in find_spikes(
            cost_nanos[None, :], known_hours=known_hours, first_hour=first_hour, bar=bar
        ):
            at = first_hour + hour + 1
            incident, speak = update_incident(incident, excess_dollars=judgement.excess_dollars, at=at)
            if speak:
                yield BacktestAlert(team=team, at=at, judgement=judgement)
