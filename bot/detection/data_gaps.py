"""Hours in which a source that usually sends did not, and the usage that it sends afterwards as if it were of now."""

from collections.abc import Collection, Iterable

import numpy as np

from bot.detection.histories import Ints

_DAY, _WEEK = 24, 168
_MIN_HOURS = 2
_DAYS, _MIN_DAYS = 7, 3
_CATCH_UP_HOURS = 6
BEFORE_HOURS = 14 * _DAY
"""So long before the first hour that is asked for it has to be known when a source had usage."""


def find_gaps(used: Collection[int], *, from_hour: int, this_hour: int) -> list[tuple[int, int | None]]:
    """(from, end) of the silences since an hour, in hours since 1970; the end is None while the source is still silent.

    `used` are the hours in which it had usage; this one is still open. It is silent when it misses two hours on end or more, in
    each of which it had usage a week before, and as well on the days between or two weeks before.
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
    """Days that were silent around that hour as well say nothing: an outage goes on."""
    if hour - _WEEK not in used:
        return False
    days = [hour - _DAY * back for back in range(1, _DAYS + 1)]
    spoke = [at for at in days if at - 1 in used or at in used or at + 1 in used]
    every_day = len(spoke) >= _MIN_DAYS and all(at in used for at in spoke)
    return every_day or hour - 2 * _WEEK in used


def spread_catch_up(nanos: Ints, first_hour: int, silent: Iterable[tuple[int, int]]) -> Ints:
    """(series, hours) with what was sent after a silence, as if it were of then, put back as far as it was missing there.

    What a source held back while it could not send is no spike: what is above the usual in the hours after a silence (the same
    hours a week before) fills what is below it in the silence.
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
    """Of each row's amounts, one after the other, so much in all."""
    before = np.cumsum(amounts, axis=1) - amounts
    return np.clip(most[:, None] - before, 0, amounts)
