"""Data gaps: hours in which a source that usually sends did not; and usage that it sends late, dated as of now."""

from collections.abc import Collection, Iterable

import numpy as np

from bot.detection.histories import Ints

_DAY, _WEEK = 24, 168
_MIN_HOURS = 2
_DAYS, _MIN_DAYS = 7, 3
_CATCH_UP_HOURS = 6
BEFORE_HOURS = 14 * _DAY
"""The hours before the first judged one for which a source's usage must be known."""


def find_gaps(used: Collection[int], *, from_hour: int, this_hour: int) -> list[tuple[int, int | None]]:
    """Returns (from, end) of a source's gaps since `from_hour`, in hours since 1970; the end is None while it is still silent.

    `used` are its hours with usage; `this_hour` is still open. A gap is two missed hours in a row or more, in each of which it
    had usage a week before, and also on the days between or two weeks before.
    """
    if not used:
        return []
    missed = [hour for hour in range(from_hour, this_hour) if hour not in used and _is_usual(hour, used)]
    runs: list[list[int]] = []
    for hour in missed:
        if runs and hour == runs[-1][-1] + 1:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    lasting = max(used) < this_hour
    return [
        (run[0], None if lasting and run[-1] == this_hour - 1 else run[-1] + 1)
        for run in runs
        if len(run) >= _MIN_HOURS
    ]


def _is_usual(hour: int, used: Collection[int]) -> bool:
    """Whether a source usually sends in this hour. Days that were silent around it do not count: an outage goes on."""
    if hour - _WEEK not in used:
        return False
    days = [hour - _DAY * back for back in range(1, _DAYS + 1)]
    spoke = [at for at in days if at - 1 in used or at in used or at + 1 in used]
    every_day = len(spoke) >= _MIN_DAYS and all(at in used for at in spoke)
    return every_day or hour - 2 * _WEEK in used


def spread_catch_up(nanos: Ints, first_hour: int, silent: Iterable[tuple[int, int]]) -> Ints:
    """Moves late usage of (series, hours), in nano-dollars, back into the gaps before it, as far as it is missing there.

    Usage that a source held back is no spike: the excess over a week before in the six hours after a gap fills the gap.
    """
    mended = nanos.copy()
    for from_hour, end_hour in silent:
        start, end = from_hour - first_hour, end_hour - first_hour
        stop = min(end + _CATCH_UP_HOURS, mended.shape[1])
        if start < _WEEK or end >= stop:
            continue
        usual = mended[:, start - _WEEK : stop - _WEEK]
        gap = end - start
        missing = np.maximum(usual[:, :gap] - mended[:, start:end], 0)
        above = np.maximum(mended[:, end:stop] - usual[:, gap:], 0)
        moved = np.minimum(missing.sum(axis=1), above.sum(axis=1))
        mended[:, start:end] += _take_up_to(missing, moved)
        mended[:, end:stop] -= _take_up_to(above, moved)
    return mended


def _take_up_to(amounts: Ints, most: Ints) -> Ints:
    """Takes each row's amounts in order, up to `most` in all."""
    before = np.cumsum(amounts, axis=1) - amounts
    return np.clip(most[:, None] - before, 0, amounts)
