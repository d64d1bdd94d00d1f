"""Backtests: the messages that channels would have got for past cost, each hour judged with what was known when it ended."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.alerting.severities import Severity
from bot.detection.detector.spike_hours import HISTORY_HOURS, Ints
from bot.detection.histories import PART_KINDS, Histories, History
from bot.detection.incident_measures import SweepContext, costs_since_first, measure_end, measure_incident
from bot.detection.incidents import (
    Incident,
    belongs_to,
    goes_on,
    group_incidents,
    has_grown,
    is_over,
    opens_incident,
)
from bot.detection.shared_rises import MIN_TEAMS, find_shared_rise
from bot.detection.spikes import SpikeJudgement, find_spikes, judge
from bot.detection.sweeps import SpikingHour, SweepView, find_spiking_hours

_JUDGED_HOURS = 2
"""A sweep judges the hour that ended and the one before it."""


@dataclass(frozen=True, kw_only=True)
class BacktestAlert:
    """A message that a channel gets for a team `at` the end of an hour, in hours since 1970.

    It is an incident's first, or (`is_edit`) the same with a higher severity. `severity` is the incident's as the message shows
    it, `judgement` that of the hour.
    """

    team: str
    at: int
    severity: Severity
    is_edit: bool
    judgement: SpikeJudgement


@dataclass(frozen=True, kw_only=True)
class _Step:
    """A step of an incident that its channel sees, by the last hour that spiked."""

    hour: int
    severity: Severity
    is_edit: bool


def backtest(series: Iterable[tuple[str, int, Ints]], *, bar: float = 1.0) -> list[BacktestAlert]:
    """Returns the messages for many teams, by team as they come, then by time.

    A series is (team, first hour since 1970, nano-dollars per UTC hour from the team's first cost, zero-filled). `bar` is the
    score from which an hour is a spike. Incidents are found and followed as by the sweeps of production, at the end of each
    hour. The shipped alert settings post every spike at once, and edit its message while it grows: an edit is returned only if
    it raises the severity.
    """
    teams: list[str] = []
    histories = Histories()
    spiking: dict[int, set[int]] = {}
    for team_id, (name, first_hour, nanos) in enumerate(series):
        teams.append(name)
        histories.teams[team_id] = _history(histories, team_id, nanos, first_hour=first_hour)
        known = np.array([len(nanos)])
        for _, hour, _ in find_spikes(nanos[None, :], known_hours=known, first_hour=first_hour, bar=bar):
            spiking.setdefault(first_hour + hour, set()).add(team_id)
    company = _Company(histories, bar=bar)
    alerts = [
        (
            team_id,
            BacktestAlert(
                team=teams[team_id], at=hour + 1, severity=step.severity, is_edit=step.is_edit, judgement=judgement
            ),
        )
        for hour in range(min(spiking, default=0), max(spiking, default=-1) + 2)
        for team_id, step, judgement in company.sweep(hour, spiking)
    ]
    return [alert for _, alert in sorted(alerts, key=lambda row: (row[0], row[1].at))]


def _history(histories: Histories, team_id: int, nanos: Ints, *, first_hour: int) -> History:
    """Returns a team's hours with cost as one series, which has no parts."""
    histories.add_series(team_id, dict.fromkeys(PART_KINDS, ""), team_id=team_id)
    columns = np.flatnonzero(nanos)
    return History(
        first_hour=first_hour,
        version=1,
        newest_hour=first_hour + len(nanos) - 1,
        rewrites=0,
        hours=first_hour + columns,
        series=histories.places(np.full(len(columns), team_id)),
        nanos=nanos[columns],
    )


class _Company:
    """All teams with their newest incidents, swept hour by hour; nothing of a later hour is read."""

    def __init__(self, histories: Histories, *, bar: float) -> None:
        self._histories = histories
        self._bar = bar
        self._newest: dict[int, Incident] = {}
        self._running: set[int] = set()
        self._shared: frozenset[int] = frozenset()

    def sweep(self, hour: int, spiking: Mapping[int, Collection[int]]) -> Iterator[tuple[int, _Step, SpikeJudgement]]:
        """Judges an hour that has ended; yields (team, step, judgement) of the incidents that open or get more severe.

        `spiking` has the teams by the hours that spike by themselves. They alone are swept, unless hours in which most teams
        rose together are set aside: then the past of every team differs.
        """
        self._shared = frozenset(at for at in self._shared if at > hour - HISTORY_HOURS)
        due = {*spiking.get(hour, ()), *spiking.get(hour - 1, ())}
        if self._shared:
            due = set(self._histories.teams)
        over = {team_id for team_id in self._running if is_over(self._newest[team_id], this_hour=hour)}
        if not due and not over:
            return
        view = SweepView(this_hour=hour, excluded_spend={}, shared=self._shared, silent=(), expected={})
        known = self._known_at(hour, due | over)
        found = self._find(known, due, view)
        if len(found.keys() - self._running) >= MIN_TEAMS:
            known = self._known_at(hour, self._histories.teams)
            rise = find_shared_rise(known, found, view, running=self._running)
            if rise is not None:
                self._shared |= frozenset(rise.hours)
                view = replace(view, shared=self._shared)
                found = self._find(known, found, view)
        sweep = SweepContext(histories=known, view=view, silences=())
        for team_id in sorted(found.keys() | over | (self._running & due)):
            for step in self._follow(team_id, found.get(team_id, ()), sweep):
                costs, first_hour = costs_since_first(team_id, None, sweep)
                judged = judge(costs[: step.hour - first_hour + 1], first_hour=first_hour, bar=self._bar)
                yield team_id, step, judged

    def _known_at(self, hour: int, team_ids: Iterable[int]) -> Histories:
        """Returns the teams' histories up to an hour."""
        cut = {}
        for team_id in team_ids:
            history = self._histories.teams[team_id]
            end = int(np.searchsorted(history.hours, hour, side="right"))
            begin = int(np.searchsorted(history.hours, hour - HISTORY_HOURS, side="right"))
            some = slice(begin, end)
            cut[team_id] = replace(
                history, hours=history.hours[some], series=history.series[some], nanos=history.nanos[some]
            )
        return replace(self._histories, teams=cut)

    def _find(self, known: Histories, team_ids: Iterable[int], view: SweepView) -> dict[int, list[SpikingHour]]:
        return find_spiking_hours(known, dict.fromkeys(team_ids, _JUDGED_HOURS), view, bar=self._bar)

    def _follow(self, team_id: int, found: Sequence[SpikingHour], sweep: SweepContext) -> Iterator[_Step]:
        """Follows a team's incident, as handlers.alerting.spikes does."""
        newest = self._newest.get(team_id)
        for hours in group_incidents(found):
            if newest is None or opens_incident(newest, hours):
                newest = measure_incident(team_id, hours, sweep, before=None)
                self._running.add(team_id)
                yield _Step(hour=hours[-1].hour, severity=newest.severity, is_edit=False)
            elif belongs_to(newest, hours):
                before = newest
                newest = self._extend(team_id, before, measure_incident(team_id, hours, sweep, before=before))
                if newest.severity != before.severity:
                    yield _Step(hour=hours[-1].hour, severity=newest.severity, is_edit=True)
        if newest is None:
            return
        is_shared = not found and newest.from_hour in sweep.view.shared
        if team_id in self._running and (is_shared or is_over(newest, this_hour=sweep.view.this_hour)):
            newest = measure_end(team_id, newest, sweep)
            self._running.discard(team_id)
        self._newest[team_id] = newest

    def _extend(self, team_id: int, before: Incident, after: Incident) -> Incident:
        is_running = goes_on(before, after, is_closed=team_id not in self._running)
        if not has_grown(before, after):
            return replace(before, last_hour=max(before.last_hour, after.last_hour)) if is_running else before
        if is_running:
            self._running.add(team_id)
        return after
