"""When most teams rise together: that is a provider or gateway catching up, and no team's spike."""

import numpy as np

from bot.detection.histories import Ints
from bot.money import NANOS

MIN_TEAMS = 4
MAX_HOURS = 6
"""So many hours of a day are held: what goes on longer is no catching up."""
_DAY, _WEEK = 24, 168
_RISE_FACTOR = 2


def is_shared(*, new: int, active: int) -> bool:
    """Whether so many of the active teams that spike at once are most of them. Of three teams two may well do by chance."""
    return new >= MIN_TEAMS and new * 2 >= active


def rising_hours(nanos: Ints) -> list[int]:
    """The columns of the last day in which at least half of the teams are over twice what they were a day and a week before."""
    columns = np.arange(max(_WEEK, nanos.shape[1] - _DAY), nanos.shape[1])
    before = np.maximum(nanos[:, columns - _DAY], nanos[:, columns - _WEEK])
    rises = (nanos[:, columns] > _RISE_FACTOR * before) & (nanos[:, columns] >= NANOS)
    return [int(column) for column in columns[rises.sum(axis=0) * 2 >= len(nanos)]]
