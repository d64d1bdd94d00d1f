"""Hourly cost of many teams as sums over windows, and the highest windows of past days, weeks and month ends."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.money import NANOS

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY, WEEK = 24, 168
RECORD_HOURS = 21 * DAY
PEAK_DAYS = 28
HISTORY_HOURS = 35 * DAY
"""No older hour changes a judgement, so longer series may be cut to this."""

MAX_NANOS = 9 * 10**15
"""Nine million dollars: an hour is capped here, so that sums of whole numbers stay exact."""


class Cells(NamedTuple):
    """Hours of teams: a row and a column each."""

    rows: Ints
    columns: Ints

    def only(self, chosen: Ints) -> "Cells":
        """Returns the chosen cells, by index."""
        return Cells(self.rows[chosen], self.columns[chosen])


class Hours:
    """Cost in nano-dollars, (teams, hours). Negative hours count as zero, and so do hours before the first column.

    `known_hours` is each team's age at the last column, `first_hour` the first column's hours since 1970. Sums are of whole
    numbers, so that a longer or shorter past gives equal figures.
    """

    def __init__(self, cost_nanos: Ints, *, known_hours: Ints, first_hour: int) -> None:
        spent = np.clip(cost_nanos, 0, MAX_NANOS)
        self.shape = spent.shape
        self._totals = np.pad(np.cumsum(spent, axis=1), ((0, 0), (1, 0)))
        self._known = known_hours
        self._first_hour = first_hour
        self._windows: dict[int, Windows] = {}

    def age(self, cells: Cells) -> Ints:
        """Returns the hours since the team's first cost, the cell's own included."""
        return np.asarray(self._known[cells.rows] - (self.shape[1] - 1 - cells.columns))

    def nanos(self, width: int, cells: Cells) -> Ints:
        """Returns the cost of the `width` hours that end with each cell's."""
        end = np.maximum(cells.columns + 1, 0)
        return np.asarray(self._totals[cells.rows, end] - self._totals[cells.rows, np.maximum(end - width, 0)])

    def mean_hour(self, days: int, cells: Cells) -> Floats:
        """Returns the dollars of a mean hour of the last `days`, or of the hours known."""
        return self.nanos(days * DAY, cells) / np.clip(self.age(cells), 1, days * DAY) / NANOS

    def hours_to_last_month_end(self, width: int, cells: Cells) -> Ints:
        """Returns the hours back to the same place at the last month's end; 10**9 for a window that is not near one.

        Near are the last two days of a month and the first of the next.
        """
        hours = self._first_hour + cells.columns
        months = hours.astype("datetime64[h]").astype("datetime64[M]")
        before, start, end = ((months + step).astype("datetime64[h]").astype(np.int64) for step in (-1, 0, 1))
        back = np.where(
            end - hours <= 2 * DAY, end - start, np.where(hours - start < DAY + width - 1, start - before, 10**9)
        )
        return np.asarray(back, dtype=np.int64)

    def recent(self, width: int, last: int) -> tuple[Floats, Floats]:
        """Returns the dollars of the windows that end in the `last` hours, and their records, (teams, last) each.

        Equal to those of `windows`, and quicker for few hours.
        """
        windows = RECORD_HOURS - width + 1  # of a record
        if last > windows:
            return self.windows(width).dollars[:, -last:], self.windows(width).records()[:, -last:]
        totals = self._totals[:, -(RECORD_HOURS + width + last) :]
        missing = RECORD_HOURS + width + last - totals.shape[1]
        if missing > 0:
            totals = np.pad(totals, ((0, 0), (missing, 0)))
        spent = totals[:, width:] - totals[:, :-width]
        records = np.repeat(spent[:, last - 1 : windows].max(axis=1, keepdims=True), last, axis=1)  # in common
        if last > 1:
            first, then = records[:, :-1], records[:, 1:]
            np.maximum(first, np.maximum.accumulate(spent[:, last - 2 :: -1], axis=1)[:, ::-1], out=first)
            np.maximum(then, np.maximum.accumulate(spent[:, windows : windows + last - 1], axis=1), out=then)
        return spent[:, -last:] / NANOS, records / NANOS

    def windows(self, width: int) -> "Windows":
        """Returns all windows of a width, made once."""
        if width not in self._windows:
            self._windows[width] = Windows(self, self._totals, width)
        return self._windows[width]


class Windows:
    """All windows of one width, in dollars by the hour they end with. The past of a window ends before it begins."""

    def __init__(self, hours: Hours, totals: Ints, width: int) -> None:
        ends = np.arange(1, totals.shape[1])
        self.width = width
        self.dollars: Floats = (totals[:, ends] - totals[:, np.maximum(ends - width, 0)]) / NANOS
        self._hours = hours
        self._highest: dict[int, Floats] = {1: self.dollars}

    def records(self) -> Floats:
        """Returns for every hour the highest window of three weeks that ended before its own began."""
        return _later(self._last_highest(RECORD_HOURS - self.width + 1), self.width)

    def record(self, cells: Cells) -> Floats:
        """Returns the records of some cells; quicker where all are of one hour."""
        if len(cells.columns) == 0 or (cells.columns != cells.columns[0]).any():
            return np.asarray(self.records()[cells.rows, cells.columns])
        end = int(cells.columns[0]) + 1
        before = self.dollars[:, max(0, end - 1 - RECORD_HOURS) : max(0, end - self.width)]
        return np.asarray(before.max(axis=1, initial=0.0)[cells.rows])

    def daily_peaks(self, cells: Cells) -> Floats:
        """Returns the highest window of each of the 28 days before, (cells, days), the latest first; NaN where not known.

        A day is 24 hours that end a whole number of days before. None touches the last day of a cell's own window.
        """
        back = DAY * np.arange(max(1, self.width // DAY), PEAK_DAYS + 1)
        peaks = self._at(self._last_highest(DAY), cells, back)
        return np.where(self._hours.age(cells)[:, None] >= back + DAY, peaks, np.nan)

    def highest_at_this_time(self, cells: Cells) -> Floats:
        """Returns the highest window that ended at this time of day, ± 1 hour, in the 28 days before."""
        back = DAY * np.arange(max(1, self.width // DAY), PEAK_DAYS + 1)
        return np.asarray(self._at(self._last_highest(3), cells, back - 1).max(axis=1))

    def highest_at_this_time_of_the_week(self, cells: Cells) -> Floats:
        """Returns the highest window that ended at this time of the week, ± 2 hours, in the four weeks before."""
        return np.asarray(self._at(self._last_highest(5), cells, WEEK * np.arange(1, 5) - 2).max(axis=1))

    def highest_at_month_end(self, cells: Cells) -> Floats:
        """Returns the highest window at this place of the last month's end, ± 6 hours; zero away from one."""
        back = self._hours.hours_to_last_month_end(self.width, cells)
        return self._at(self._last_highest(13), cells, (back - 6)[:, None])[:, 0]

    def _last_highest(self, count: int) -> Floats:
        """Returns for every hour the highest of the last `count` windows, by doubling in a few passes."""
        have = max(known for known in self._highest if known <= count)
        highest = self._highest[have]
        while have < count:
            step = min(have, count - have)
            wider = highest.copy()  # no window is negative, so the first columns stay as they are
            np.maximum(highest[:, step:], highest[:, :-step], out=wider[:, step:])
            highest = wider
            have += step
        self._highest[count] = highest
        return highest

    def _at(self, values: Floats, cells: Cells, back: Ints) -> Floats:
        columns = cells.columns[:, None] - back
        return np.where(columns >= 0, values[cells.rows[:, None], np.maximum(columns, 0)], 0.0)


def _later(values: Floats, hours: int) -> Floats:
    """Returns the values moved `hours` columns later, zero before."""
    moved = np.zeros_like(values)
    if hours < values.shape[1]:
        moved[:, hours:] = values[:, : values.shape[1] - hours]
    return moved
