"""The usual ways to call an hour of cost a spike, each as a score for every hour: from 1 on it is one."""

from collections.abc import Callable

import numpy as np

from bot.detection.detector.spike_hours import DAY, WEEK, Floats

Method = Callable[[Floats], Floats]
MIN_HOURS = 4 * DAY
MIN_DOLLARS = 1.0


def static_threshold(dollars: Floats) -> Floats:
    """$50 in an hour."""
    return dollars / 50


def three_times_the_mean_hour(dollars: Floats) -> Floats:
    """An hour over three times the mean hour of the last seven days, and over a dollar."""
    return _ratio(dollars, 3 * _before(dollars, WEEK)[0])


def three_times_the_mean_day(dollars: Floats) -> Floats:
    """24 hours over three times the mean day of the four weeks before, and five dollars over it."""
    mean = DAY * _before(dollars, 4 * WEEK)[0]
    return _sums(dollars, DAY) / np.maximum(3 * mean, mean + 5)


def z_score(dollars: Floats) -> Floats:
    """An hour four standard deviations over the mean of the last four weeks."""
    mean, deviation = _before(dollars, 4 * WEEK)
    return _ratio(dollars, mean + 4 * deviation)


def ewma(dollars: Floats) -> Floats:
    """An hour four deviations over a mean that forgets with a half-life of a week."""
    keep = 0.5 ** (1 / WEEK)
    usual, square, bars = 0.0, 0.0, np.zeros_like(dollars)
    for hour, spent in enumerate(dollars.tolist()):
        weight = 1 - keep**hour
        mean = usual / weight if weight else 0.0
        variance = max(0.0, square / weight - mean * mean) if weight else 0.0
        bars[hour] = mean + 4 * variance**0.5
        usual, square = keep * usual + (1 - keep) * spent, keep * square + (1 - keep) * spent * spent
    return _ratio(dollars, bars)


def hour_of_week_median(dollars: Floats) -> Floats:
    """An hour five MAD (times 1.4826) over the median of this hour of the week, one more or less, of four weeks."""
    hours = np.arange(len(dollars))
    back = hours[:, None, None] - WEEK * np.arange(1, 5)[None, :, None] + np.arange(-1, 2)
    like = np.where(back >= 0, dollars[np.maximum(back, 0)], np.nan).reshape(len(dollars), -1)
    like[:WEEK] = 0.0
    median = np.nanmedian(like, axis=1)
    spread = 1.4826 * np.nanmedian(np.abs(like - median[:, None]), axis=1)
    return np.where(hours >= 2 * WEEK, _ratio(dollars, median + 5 * spread), 0.0)


METHODS: dict[str, Method] = {
    "static threshold, $50 an hour": static_threshold,
    "3 × the mean hour of 7 days": three_times_the_mean_hour,
    "3 × the mean day, $5 over it": three_times_the_mean_day,
    "z-score, 4 sd": z_score,
    "EWMA, 4 sd": ewma,
    "hour-of-week median, 5 MAD": hour_of_week_median,
}


def scores(method: Method, dollars: Floats) -> Floats:
    """A method's score of every hour, none in a team's first four days."""
    found = method(dollars)
    found[:MIN_HOURS] = 0.0
    return found


def _ratio(dollars: Floats, bars: Floats) -> Floats:
    return dollars / np.maximum(bars, MIN_DOLLARS)


def _sums(values: Floats, width: int) -> Floats:
    totals = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    return np.asarray(totals[ends] - totals[np.maximum(ends - width, 0)])


def _before(dollars: Floats, width: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the hours before each, at most `width`."""
    count = np.clip(np.arange(len(dollars)), 1, width)
    earlier = np.concatenate([[0.0], dollars[:-1]])
    mean = _sums(earlier, width) / count
    return mean, np.sqrt(np.maximum(_sums(earlier**2, width) / count - mean**2, 0.0))
