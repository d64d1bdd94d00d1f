"""Rises that most teams share: a provider or gateway that catches up, and no team's spike."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from bot.alerting.facts import AlertFacts
from bot.detection.histories import Histories, Ints
from bot.detection.sweeps import SpikingHour, SweepView, active_teams, judged_costs
from bot.money import NANOS

MIN_TEAMS = 4
"""Of three teams, two may well spike together by chance."""
MAX_HOURS = 6
"""The hours of a day that are held back: a rise that lasts longer is no catching up."""
_DAY, _WEEK = 24, 168
_RISE_FACTOR = 2


class SharedRise(AlertFacts, frozen=True, kw_only=True):
    """The hours, since 1970, in which most teams rose; how many teams began to spike, and by how much they rose in a week."""

    hours: tuple[int, ...]
    teams: int
    rise_nanos: int

    def with_more(self, more: "SharedRise") -> "SharedRise":
        """Returns this rise with the hours of another one. Hours that are known add nothing."""
        hours = tuple(sorted({*self.hours, *more.hours}))
        added = more.rise_nanos if hours != self.hours else 0
        return SharedRise(hours=hours, teams=max(self.teams, more.teams), rise_nanos=self.rise_nanos + added)


def find_shared_rise(
    histories: Histories, found: Mapping[int, Sequence[SpikingHour]], view: SweepView, *, running: Collection[int]
) -> SharedRise | None:
    """Returns the rise that most active teams share in the last hours; None if there is none, or its day's hours are used up.

    `found` are the spiking hours by team. Teams with a `running` incident do not begin to spike.
    """
    new = sorted(
        team_id
        for team_id, hours in found.items()
        if team_id not in running and any(f.part is None and f.hour >= view.this_hour - 1 for f in hours)
    )
    if not is_shared(new=len(new), active=active_teams(histories, view)):
        return None
    nanos = judged_costs(histories, new, view)
    held = sum(hour > view.this_hour - _DAY for hour in view.shared)
    columns = rising_hours(nanos)[: MAX_HOURS - held]
    if not columns:
        return None
    rise = sum(int(nanos[:, column].sum() - nanos[:, column - _WEEK].sum()) for column in columns)
    return SharedRise(hours=tuple(view.first_hour + column for column in columns), teams=len(new), rise_nanos=rise)


def is_shared(*, new: int, active: int) -> bool:
    """Whether teams that begin to spike at once are at least half of the active ones, and four."""
    return new >= MIN_TEAMS and new * 2 >= active


def rising_hours(nanos: Ints) -> list[int]:
    """Returns the columns of the last day in which at least half of the teams cost over twice a day and a week before.

    `nanos` are nano-dollars of (teams, hours). A team rises from a dollar an hour on.
    """
    columns = np.arange(max(_WEEK, nanos.shape[1] - _DAY), nanos.shape[1])
    before = np.maximum(nanos[:, columns - _DAY], nanos[:, columns - _WEEK])
    rises = (nanos[:, columns] > _RISE_FACTOR * before) & (nanos[:, columns] >= NANOS)
    return [int(column) for column in columns[rises.sum(axis=0) * 2 >= len(nanos)]]
