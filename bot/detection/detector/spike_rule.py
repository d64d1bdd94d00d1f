"""The rule of spikes: the bar of a window, and the reason that sets it."""

from typing import Literal, NamedTuple

import numpy as np

from bot.alerting.severities import SEVERITIES, Severity
from bot.detection.detector.spike_hours import DAY, Bools, Cells, Floats, Hours, Ints
from bot.money import NANOS

RuleName = Literal["record", "unlike this team", "unlike this time of day", "unlike this time of the week"]

TIERS_DOLLARS = (100.0, 500.0, 2500.0)  # the excess from which a spike is medium, high and critical
RULES: tuple[RuleName, ...] = ("record", "unlike this team", "unlike this time of day", "unlike this time of the week")
WIDTHS = {1: 1.85, 4: 2.2, 8: 2.0, 24: 1.7, 72: 2.0}
"""The hours of each judged window, and the factor on the blend of its records from which it is unlike the team."""
FLOOR_DOLLARS = 5.0
MIN_TIMES = 0.95
"""The share of the highest window of three weeks that every spike needs."""

_RECORD_WIDTHS, _RECORD_TIMES, _UNLIKE_TIMES = (1, 24, 72), 1.5, 1.25
_CAUTION, _CAUTION_HOURS = (4.0, 1.0), (4 * DAY, 16 * DAY)
_OF_DAY, _OF_DAY_BY_TIME = 0.15, 0.3
_STAKES_DOLLARS, _STAKES_EASE = (400.0, 10_000.0), 0.8
_MEAN_TIMES, _MONTH_END_TIMES = 2.5, 2.5
_LONE_TIMES, _LONE_AGE = 2.0, 22 * DAY
_BY_DAY, _BY_DAY_TIMES, _BY_DAY_AGE = 4, 2.5, 22 * DAY
_BY_WEEK, _BY_WEEK_TIMES, _BY_WEEK_AGE = 24, 4.0, 29 * DAY


class WindowBars(NamedTuple):
    """One width's windows at some cells: cost, its usual and its bar in dollars, and the number of the rule."""

    spent: Floats
    usual: Floats
    bar: Floats
    rule: Ints


def window_bars(hours: Hours, width: int, cells: Cells) -> WindowBars:
    """Returns the bars of the windows that end with each cell, all from the team's own past.

    1. Record: 1.5 times the highest such window of three weeks, for an hour, a day or three days. A lone peak counts as at
       most twice the second highest day's, or the highest at this time of the week, so that it can alert again.
    2. Unlike this team: 1.25 records, and WIDTHS times the geometric mean of the record, the second highest day's (twice) and
       the highest at this time of day. Thus one odd day does not hide the next. The factor falls as the excess grows.
    3. Caution: both are multiplied by four for a team of four days, falling to one at sixteen.
    4. Both need 2.5 times the mean hours of four weeks, 2.5 times the last month's end near a month's end, $5 over the record,
       and $5 (or 15% of a mean day, if that is more) over the usual daily peak. Three days need half of a day's share in
       the last day, so that an old burst no longer spikes.
    5. Unlike this time of day or of the week: 95% of the record, and for four hours 2.5 times the highest at this time of
       day, for a day 4 times the highest at this time of the week, each of four weeks.
    """
    windows, age = hours.windows(width), hours.age(cells)
    spent, highest = windows.dollars[cells.rows, cells.columns], windows.record(cells)
    peaks = windows.daily_peaks(cells)
    second, usual = _second_and_median(peaks)
    lone = (second > 0) & (age >= _LONE_AGE)
    by_week = windows.highest_at_this_time_of_the_week(cells)
    record = np.where(lone, np.minimum(highest, np.maximum(_LONE_TIMES * second, by_week)), highest)
    by_day = windows.highest_at_this_time(cells)
    day = DAY * hours.mean_hour(7, cells)
    month_end = _MONTH_END_TIMES * windows.highest_at_month_end(cells)

    ease = _STAKES_EASE * _between(np.log(np.maximum(spent - usual, 1.0)), *np.log(_STAKES_DOLLARS))
    blend = np.sqrt(np.maximum(second, 0.02 * record) * np.sqrt(record * np.maximum(by_day, 0.1 * record)))
    bar = np.maximum((1 + (WIDTHS[width] - 1) * (1 - ease)) * blend, _UNLIKE_TIMES * record)
    rule = np.full(len(bar), RULES.index("unlike this team"))
    if width in _RECORD_WIDTHS:
        beaten = np.maximum(_RECORD_TIMES * record, record + FLOOR_DOLLARS)
        bar, rule = np.minimum(bar, beaten), np.where(beaten <= bar, RULES.index("record"), rule)
    bar = bar * np.interp(age - width, _CAUTION_HOURS, _CAUTION)
    least = [month_end, MIN_TIMES * highest, record + FLOOR_DOLLARS, usual + np.maximum(FLOOR_DOLLARS, _OF_DAY * day)]
    if width <= DAY:
        least.append(_MEAN_TIMES * width * hours.mean_hour(28, cells))
    bar = np.maximum.reduce([bar, *least])
    bar = np.where(age < max(4 * DAY, 2 * width), np.inf, bar)
    if width > DAY:  # the burst is over
        bar = np.where(hours.nanos(DAY, cells) / NANOS < spent * DAY / width / 2, np.inf, bar)

    floor = np.maximum(FLOOR_DOLLARS, _OF_DAY_BY_TIME * day)
    other = None
    if width == _BY_DAY:
        times = _BY_DAY_TIMES * np.maximum(by_day, 0.1 * record)
        other = by_day, times, age >= _BY_DAY_AGE, RULES.index("unlike this time of day")
    elif width == _BY_WEEK:
        other = by_week, _BY_WEEK_TIMES * by_week, age >= _BY_WEEK_AGE, RULES.index("unlike this time of the week")
    if other is not None:
        base, times, old_enough, number = other
        enough = np.maximum.reduce([times, MIN_TIMES * highest, base + floor, month_end])
        speaks: Bools = old_enough & (enough < bar)
        bar, usual, rule = np.where(speaks, enough, bar), np.where(speaks, base, usual), np.where(speaks, number, rule)
    return WindowBars(spent, usual, bar, rule)


def severity_of(excess_dollars: float) -> Severity:
    """Returns the severity of an excess in dollars."""
    return SEVERITIES[sum(excess_dollars >= bar for bar in TIERS_DOLLARS)]


def _second_and_median(peaks: Floats) -> tuple[Floats, Floats]:
    """Returns the second highest and the median of each row's known values; zero where there is none."""
    ordered = np.sort(peaks, axis=1)  # the unknown sort last
    count = np.isfinite(ordered).sum(axis=1)[:, None]
    places = np.concatenate(
        [count - 2, np.maximum(count - 1, 0) // 2, np.minimum(count // 2, peaks.shape[1] - 1)], axis=1
    )
    second, below, above = np.take_along_axis(ordered, np.maximum(places, 0), axis=1).T
    return np.where(count[:, 0] >= 2, second, 0.0), np.nan_to_num((below + above) / 2)


def _between(value: Floats, low: float, high: float) -> Floats:
    """Returns the position of a value between low and high, from 0 to 1."""
    return np.clip((value - low) / (high - low), 0.0, 1.0)
