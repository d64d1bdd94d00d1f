"""What a watcher keeps of many teams' hours, so that each hour is judged as it closes and none is told twice."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from bot.detection.backtests import BacktestAlert
from bot.detection.incidents import Incident, update_incident
from bot.detection.spike_hours import HISTORY_HOURS, Ints
from bot.detection.spikes import judge_many


class SpikeWatches:
    """The last five weeks of each team's hours, the age of each team, and its incident if one runs.

    Fed hour by hour it tells exactly what `backtest` tells of the same series. `next_hour` is the first hour, counted
    since 1970, that has not been closed.
    """

    def __init__(self, *, next_hour: int) -> None:
        self.next_hour = next_hour
        self._teams: dict[str, int] = {}
        self._cost = np.zeros((0, HISTORY_HOURS), dtype=np.int64)
        self._known = np.zeros(0, dtype=np.int64)
        self._incidents: dict[str, Incident] = {}

    def incident_of(self, team: str) -> Incident | None:
        return self._incidents.get(team)

    def remember(self, team: str, cost_nanos: Ints) -> None:
        """A team's past, from its first cost to the last closed hour: nothing is told of it."""
        self._make_room({team: 0})
        row, kept = self._teams[team], cost_nanos[-HISTORY_HOURS:]
        self._cost[row] = 0
        self._cost[row, HISTORY_HOURS - len(kept) :] = kept
        self._known[row] = len(cost_nanos)

    def close_hour(self, cost_nanos: Mapping[str, int]) -> list[BacktestAlert]:
        """The hour `next_hour` is over: its cost by team (none is zero) joins the past, and its spikes are told."""
        self._make_room(cost_nanos)
        self._cost[:, :-1] = self._cost[:, 1:]
        self._cost[:, -1] = self._newest(cost_nanos)
        self._known += (self._known > 0) | (self._cost[:, -1] > 0)
        self.next_hour += 1
        return self._tell(self._cost, self._known)

    def open_hour(self, cost_nanos: Mapping[str, int]) -> list[BacktestAlert]:
        """The hour `next_hour` so far: what it holds is a spike already, and closing it says nothing again.

        It is judged as if nothing more were to come, and `at` is its end. Nothing but the incidents is kept.
        """
        self._make_room(cost_nanos)
        newest = self._newest(cost_nanos)
        cost = np.concatenate([self._cost[:, 1:], newest[:, None]], axis=1)
        known = self._known + ((self._known > 0) | (newest > 0))
        self.next_hour += 1
        try:
            return self._tell(cost, known)
        finally:
            self.next_hour -= 1

    def revise(self, team: str, *, hour: int, cost_nanos: int) -> None:
        """Late usage or a correction changed an hour that was closed: the past is put right, and nothing is told."""
        back = self.next_hour - hour
        if back < 1:
            raise ValueError(f"hour {hour} has not been closed")
        self._make_room({team: cost_nanos})
        row = self._teams[team]
        if back <= HISTORY_HOURS:
            self._cost[row, -back] = cost_nanos
        if cost_nanos > 0:
            self._known[row] = max(int(self._known[row]), back)

    def state(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return {
            "next_hour": self.next_hour,
            "teams": {
                team: {
                    "known_hours": int(self._known[row]),
                    "cost_nanos": self._cost[row, HISTORY_HOURS - min(int(self._known[row]), HISTORY_HOURS) :].tolist(),
                    "incident": asdict(incident) if (incident := self._incidents.get(team)) else None,
                }
                for team, row in self._teams.items()
            },
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "SpikeWatches":
        made = cls(next_hour=state["next_hour"])
        made._make_room(state["teams"])
        for team, kept in state["teams"].items():
            row, hours = made._teams[team], kept["cost_nanos"]
            made._known[row] = kept["known_hours"]
            made._cost[row, HISTORY_HOURS - len(hours) :] = hours
            if kept["incident"] is not None:
                made._incidents[team] = Incident(**kept["incident"])
        return made

    def _make_room(self, teams: Mapping[str, object]) -> None:
        new = [team for team in teams if team not in self._teams]
        self._teams.update({team: len(self._teams) + n for n, team in enumerate(new)})
        self._cost = np.concatenate([self._cost, np.zeros((len(new), HISTORY_HOURS), dtype=np.int64)])
        self._known = np.concatenate([self._known, np.zeros(len(new), dtype=np.int64)])

    def _newest(self, cost_nanos: Mapping[str, int]) -> Ints:
        return np.array([cost_nanos.get(team, 0) for team in self._teams], dtype=np.int64)

    def _tell(self, cost: Ints, known: Ints) -> list[BacktestAlert]:
        if not self._teams:
            return []
        judged = judge_many(cost, known_hours=known, first_hour=self.next_hour - HISTORY_HOURS)
        told = []
        for team, judgement in zip(self._teams, judged, strict=True):
            if not judgement.spike:
                continue
            self._incidents[team], speak = update_incident(
                self._incidents.get(team), excess_dollars=judgement.excess_dollars, at=self.next_hour
            )
            if speak:
                told.append(BacktestAlert(team=team, at=self.next_hour, judgement=judgement))
        return told
