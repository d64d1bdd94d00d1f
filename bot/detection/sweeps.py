"""The search for spikes in many teams' hours at once: each team's total, and its credentials, models and workflows.

A part spikes by itself where the team's total hides it: at bars a quarter higher, and only if the team's cost rose with it, so
that a model which replaces another is no spike.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bot.detection.data_gaps import spread_catch_up
from bot.detection.detector.spike_hours import HISTORY_HOURS
from bot.detection.histories import Histories, Ints, SpendPart, costs_of_same_hours
from bot.detection.spikes import PART_BAR, find_recent
from bot.money import NANOS

FLOOR_DOLLARS = 5.0
"""Parts below this in the recent hours are not judged."""
RECENT_WINDOW_HOURS = 72
"""The longest window that is judged."""
MAX_HOURS = 168
"""The oldest hours that a late sweep still judges."""
_DAY, _WEEK = 24, 168
_YOUNG_HOURS = 4 * _DAY
_SIZES = (2, 8, 49, MAX_HOURS)
_ROWS, _TEAMS = 512, 50
"""The series judged at once, and the teams whose parts are: memory stays small."""


@dataclass(frozen=True, kw_only=True)
class SpikingHour:
    """An hour in which a team spikes, or a part of it (None for the team's total)."""

    hour: int
    part: SpendPart | None
    window_hours: int
    excess_dollars: float


@dataclass(frozen=True, kw_only=True)
class SweepView:
    """The hours that a sweep judges, up to the open one, and the cost that it sets aside first.

    `excluded_spend` is a team's nano-dollars by hour that need no alert, such as usage moved from another team. In the `shared`
    hours most teams rose together, so each counts as a week before, if that is less. `silent` are (from, end) of hours in
    which a source sent nothing. Parts that are `expected` to cost more are not judged by themselves, and their calls count for
    no other part. `set_aside` are nano-dollars by hour of parts that were expected to cost more, until a while ago.
    """

    this_hour: int
    excluded_spend: Mapping[int, Mapping[int, int]]
    shared: Collection[int]
    silent: Collection[tuple[int, int]]
    expected: Mapping[int, frozenset[SpendPart]]
    set_aside: Mapping[SpendPart, Mapping[int, int]] = field(default_factory=dict)

    @cached_property
    def planning_teams(self) -> frozenset[int]:
        """The teams with a part that is, or was, expected to cost more."""
        return frozenset(self.expected) | {part.team_id for part in self.set_aside}

    @property
    def first_hour(self) -> int:
        """The oldest hour that can change a judgement."""
        return self.this_hour - HISTORY_HOURS + 1


def find_spiking_hours(
    histories: Histories, last_hours: Mapping[int, int], view: SweepView, *, bar: float = 1.0
) -> dict[int, list[SpikingHour]]:
    """Returns the spiking hours by team, in order, a team's total before its parts; teams without one are left out.

    `last_hours` is the number of last hours to judge by team. `bar` is the score from which a total spikes.
    """
    found: dict[int, list[SpikingHour]] = {}
    for team_ids, last in _group_by_hours(last_hours):
        totals = judged_costs(histories, team_ids, view)
        known = known_hours(totals)
        for row, hour, window, excess in _judged(totals, known, view, last, bar=bar):
            found.setdefault(team_ids[row], []).append(
                SpikingHour(hour=hour, part=None, window_hours=window, excess_dollars=excess)
            )
        for team_id, more in _in_parts(histories, team_ids, totals, known=known, view=view, last=last, bar=bar):
            found.setdefault(team_id, []).append(more)
    return {team_id: sorted(hours, key=lambda f: (f.hour, f.part is not None)) for team_id, hours in found.items()}


def judged_part_costs(histories: Histories, part: SpendPart, view: SweepView) -> Ints:
    """Returns a part's nano-dollars by hour as they are judged, without those of parts that are expected to cost more."""
    return np.asarray(_clean_costs(_unplanned_costs(histories, part, view)[None, :], view)[0])


def _unplanned_costs(histories: Histories, part: SpendPart, view: SweepView) -> Ints:
    """Returns a part's nano-dollars by hour without what is, or was, expected of it or of another part."""
    planned = view.expected.get(part.team_id, frozenset()) - {part}
    nanos = histories.part_costs(part, first_hour=view.first_hour, count=HISTORY_HOURS, without=planned)
    for hour, aside in view.set_aside.get(part, {}).items():
        if 0 <= hour - view.first_hour < HISTORY_HOURS:
            nanos[hour - view.first_hour] -= aside
    return nanos


def judged_costs(histories: Histories, team_ids: Sequence[int], view: SweepView) -> Ints:
    """Returns the nano-dollars of (teams, hours) as they are judged."""
    nanos = histories.totals(team_ids, first_hour=view.first_hour, count=HISTORY_HOURS)
    for row, team_id in enumerate(team_ids):
        for hour, aside in view.excluded_spend.get(team_id, {}).items():
            if 0 <= hour - view.first_hour < HISTORY_HOURS and aside > 0:
                nanos[row, hour - view.first_hour] -= aside
    return _clean_costs(nanos, view)


def _clean_costs(nanos: Ints, view: SweepView) -> Ints:
    """Removes corrections, late usage after data gaps, and shared rises from (series, hours) before they are judged."""
    nanos = spread_catch_up(np.maximum(nanos, 0), view.first_hour, view.silent)
    for hour in sorted(view.shared):
        column = hour - view.first_hour
        if _WEEK <= column < HISTORY_HOURS:
            nanos[:, column] = np.minimum(nanos[:, column], nanos[:, column - _WEEK])
    return nanos


def known_hours(nanos: Ints) -> Ints:
    """Returns the hours since each series' first cost, the last one included; zero where there is none."""
    any_cost = nanos > 0
    return np.where(any_cost.any(axis=1), nanos.shape[1] - any_cost.argmax(axis=1), 0)


def _group_by_hours(last_hours: Mapping[int, int]) -> Iterable[tuple[list[int], int]]:
    """Yields teams with about as many hours to judge: two for most, more for those whose past changed."""
    groups: dict[int, list[int]] = {}
    for team_id, hours in last_hours.items():
        groups.setdefault(next((size for size in _SIZES if hours <= size), _SIZES[-1]), []).append(team_id)
    for last, team_ids in groups.items():
        yield sorted(team_ids), last


def _judged(
    nanos: Ints, known: Ints, view: SweepView, last: int, *, bar: float
) -> Iterable[tuple[int, int, int, float]]:
    """Yields (row, hour, window, excess in dollars) of the spikes in the last hours."""
    for start in range(0, len(nanos), _ROWS):
        some = slice(start, start + _ROWS)
        for row, column, judgement in find_recent(
            nanos[some], known_hours=known[some], first_hour=view.first_hour, last=last, bar=bar
        ):
            yield start + row, view.first_hour + column, judgement.window_hours, judgement.excess_dollars


def _in_parts(
    histories: Histories, team_ids: Sequence[int], totals: Ints, *, known: Ints, view: SweepView, last: int, bar: float
) -> Iterable[tuple[int, SpikingHour]]:
    recent = min(HISTORY_HOURS, RECENT_WINDOW_HOURS + last)
    enough = np.flatnonzero(totals[:, -recent:].sum(axis=1) >= FLOOR_DOLLARS * NANOS).tolist()
    for start in range(0, len(enough), _TEAMS):
        row_of = {team_ids[row]: row for row in enough[start : start + _TEAMS]}
        parts, nanos = histories.parts(
            list(row_of),
            first_hour=view.first_hour,
            count=HISTORY_HOURS,
            recent=recent,
            floor_dollars=FLOOR_DOLLARS,
        )
        for at, part in enumerate(parts):
            if part.team_id in view.planning_teams:
                nanos[at] = _unplanned_costs(histories, part, view)
        if parts:
            rows = np.array([row_of[part.team_id] for part in parts])
            yield from _of_parts(parts, nanos, totals[rows], known=known[rows], view=view, last=last, bar=bar)


def _of_parts(
    parts: Sequence[SpendPart], nanos: Ints, totals: Ints, *, known: Ints, view: SweepView, last: int, bar: float
) -> Iterable[tuple[int, SpikingHour]]:
    """Yields the spikes of parts, each judged beside its team's total and age."""
    nanos = np.minimum(_clean_costs(nanos, view), totals)
    news = np.array([part not in view.expected.get(part.team_id, ()) for part in parts])
    some = np.flatnonzero(news & (nanos != totals).any(axis=1))  # a part that is all of its team is judged as the team
    nanos, totals, known = nanos[some], totals[some], known[some]
    own = known_hours(nanos)
    young = own < _YOUNG_HOURS  # a new part is compared with its team's past, and must matter to the team
    least = np.where(young, 0.2 * _DAY * totals[:, -_WEEK:].sum(axis=1) / np.clip(known, 1, _WEEK) / NANOS, 0)
    for at, hour, window, excess in _judged(nanos, np.where(young, known, own), view, last, bar=bar * PART_BAR):
        rise = _rise(totals[at], hour - view.first_hour, window, int(known[at]))
        if excess >= least[at] and rise * 2 >= excess:
            part = parts[int(some[at])]
            yield part.team_id, SpikingHour(hour=hour, part=part, window_hours=window, excess_dollars=excess)


def _rise(total: Ints, column: int, window: int, known: int) -> float:
    """Returns the dollars of a team's window above the highest at the same time in four weeks."""
    start, end = max(0, column + 1 - window), column + 1
    highest = max(costs_of_same_hours(total, start, end, known=len(total) - known), default=0)
    return (int(total[start:end].sum()) - highest) / NANOS


def active_teams(histories: Histories, view: SweepView) -> int:
    """Returns the number of teams that cost something in the last week."""
    since = view.this_hour - _WEEK
    return sum(bool((history.nanos[history.hours > since] > 0).any()) for history in histories.teams.values())
