"""When a team's cost is a spike: held against the team's own record, no distribution assumed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.money import NANOS

Severity = Literal["low", "medium", "high", "critical"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
TIERS_DOLLARS = (100.0, 500.0, 2500.0)  # the excess from which a spike is medium, high and critical
HISTORY_HOURS = 35 * 24  # no older hour changes a judgement, so longer series may be cut to this

_DAY, _WEEK, _RECORD_DAYS = 24, 168, 28
_WINDOWS = ((1, 2.0, 4), (6, 2.0, 4), (24, 1.5, 5))  # hours, times the record, days of age before it is judged
_WIDTHS = np.array([1, 6, 24, 72])  # the last is a sustained spike's three days


@dataclass(frozen=True, kw_only=True)
class SpikeJudgement:
    """What one hour looks like against the team's own past.

    It names the window furthest above its usual, among those that spike if any do; `usual_nanos` is a usual peak of
    such a window, `times_usual` None where nothing is usual. The severity means something only for a spike.
    """

    spike: bool
    severity: Severity
    window_hours: int
    observed_nanos: int
    usual_nanos: int
    excess_nanos: int
    times_usual: float | None


def judge(cost_nanos: Ints, *, first_hour: int) -> SpikeJudgement:
    """Judge the last hour of a team's cost: nano-dollars per UTC hour by time of use, oldest first.

    The series is zero-filled from the team's first cost, and `first_hour` counts its first element's hours since 1970.
    The last hour may still be open: cost only grows, so a spike in it is one already. An empty series is a ValueError.
    """
    return judge_many(cost_nanos[None, :], known_hours=np.array([len(cost_nanos)]), first_hour=first_hour)[0]


def judge_many(cost_nanos: Ints, *, known_hours: Ints, first_hour: int) -> list[SpikeJudgement]:
    """Judge the last hour of many teams at once: (teams, hours) in nano-dollars, all rows of the same hours.

    `known_hours` has for each team the hours since its first cost, the judged one included; columns before that are
    zero. It may exceed the columns, of which HISTORY_HOURS are enough.
    """
    if cost_nanos.shape[1] == 0:
        raise ValueError("a judgement needs at least one hour")
    spent = np.maximum(cost_nanos, 0)  # a correction must not make what follows look dear
    last = np.array([cost_nanos.shape[1] - 1])
    parts = judge_hours(spent / NANOS, known_hours=known_hours, first_hour=first_hour, at=last)
    found = []
    for row, spike, window, usual, excess in zip(spent, *(part[:, 0].tolist() for part in parts), strict=True):
        observed_nanos = sum(row[-window:].tolist())  # Python's integers: exact, and they never overflow
        usual_nanos = round(usual * NANOS)
        found.append(
            SpikeJudgement(
                spike=spike,
                severity=severity_of(excess),
                window_hours=window,
                observed_nanos=observed_nanos,
                usual_nanos=usual_nanos,
                excess_nanos=observed_nanos - usual_nanos,
                times_usual=observed_nanos / usual_nanos if usual_nanos > 0 else None,
            )
        )
    return found


def usual_band(cost_nanos: Ints, hours: int) -> tuple[Ints, Ints]:
    """The low and high of a usual hour, in nano-dollars, for each of the last `hours` hours: the band of a chart.

    Made of the same hour (± 1) of four weeks, or of four days where no week is known; from three on the oddest is left
    out on either side. An hour without an earlier day has itself for its band.
    """
    spent = np.maximum(cost_nanos, 0)
    band = [_usual_at(spent, hour) for hour in range(max(0, len(spent) - hours), len(spent))]
    return np.array([low for low, _ in band], dtype=np.int64), np.array([high for _, high in band], dtype=np.int64)


def onset(cost_nanos: Ints, usual_high: Ints) -> int:
    """How many of the last hours a spike spans: from the first hour that holds a twentieth of all that lies above the
    usual band. At least one hour, at most the band's length."""
    window = np.maximum(cost_nanos[len(cost_nanos) - len(usual_high) :], 0)
    above = np.maximum(window - usual_high, 0)
    if not above.any():
        return len(usual_high)
    return len(usual_high) - int(np.argmax(above * 20 >= above.sum()))


def _usual_at(spent: Ints, hour: int) -> tuple[int, int]:
    step = _WEEK if hour >= _WEEK else _DAY
    like = [spent[max(0, at - 1) : at + 2] for at in range(hour - step, -1, -step)][:4] or [spent[hour : hour + 1]]
    odd = 1 if len(like) >= 3 else 0
    return sorted(int(near.min()) for near in like)[odd], sorted(int(near.max()) for near in like)[-1 - odd]


def severity_of(excess_dollars: float) -> Severity:
    """The tier of an excess in dollars."""
    return SEVERITIES[sum(excess_dollars >= bar for bar in TIERS_DOLLARS)]


def judge_hours(
    dollars: Floats, *, known_hours: Ints, first_hour: int, at: Ints, bar: float = 1.0
) -> tuple[NDArray[np.bool_], Ints, Floats, Floats]:
    """Judge the columns `at` of (teams, hours) dollars, each from itself and what lies before it.

    `known_hours` is each team's age at the last column. Returns (teams, len(at)) arrays: whether it is a spike, the
    hours of the window that speaks, and its usual and excess in dollars. A `bar` above one asks for more in every rule.

    1. rate: the mean hour of the last 28 days; floor: $5, or a fifth of the last week's mean day if that is more.
    2. caution: 3 at four days of age, falling to 1 at fourteen.
    3. each window w: over caution × the larger of f × record and 3 w × rate, over 2.5 × season, floor over normal.
    4. sustained, from 17 days of age: three days each over 1.6 × the same day of both earlier weeks (six hours of rate
       added to both sides, so that idle days do not count), today's over all before the three, the excess worth two floors.
    5. of the windows that spike, the one with the largest excess over normal speaks.
    """
    sums = _Sums(dollars)
    age = known_hours[:, None] - (dollars.shape[1] - 1 - at)[None, :]
    rate = sums.of(_RECORD_DAYS * _DAY, at) / np.clip(age, 1, _RECORD_DAYS * _DAY)
    floor = np.maximum(5.0, 0.2 * _DAY * sums.of(_WEEK, at) / np.clip(age, 1, _WEEK))
    caution = np.interp(age, (4 * _DAY, 14 * _DAY), (3.0, 1.0))
    month_end = at - _hours_to_last_month_end(first_hour + at)
    found, usuals = [], []
    for width, factor, from_days in _WINDOWS:
        now, peaks = sums.of(width, at), sums.daily_peaks(width, at)
        record, normal = _record_and_normal(peaks, age)
        last_weeks = sums.highest_around(width, np.stack([at - _WEEK, at - 2 * _WEEK]), 2)
        season = np.maximum(last_weeks, sums.highest_around(width, month_end[None, :], 6))
        over = now > bar * caution * np.maximum(factor * record, 3 * width * rate)
        found.append(over & (now > bar * 2.5 * season) & (now - normal >= bar * floor) & (age >= from_days * _DAY))
        usuals.append(normal)
    usuals.append(np.zeros_like(rate))
    lasting = (age >= 17 * _DAY) & (now > peaks[..., 2:].max(axis=-1))  # both are the last window's: of 24 hours
    for ends in (at, at - _DAY, at - 2 * _DAY):
        earlier = np.maximum(sums.of(_DAY, ends - _WEEK), sums.of(_DAY, ends - 2 * _WEEK))
        lasting &= sums.of(_DAY, ends) + 6 * rate > bar * 1.6 * (earlier + 6 * rate)
        usuals[-1] += earlier
    found.append(lasting & (sums.of(3 * _DAY, at) - usuals[-1] >= bar * 2 * floor))
    spikes, usual = np.array(found), np.array(usuals)
    excess = np.array([sums.of(width, at) for width in _WIDTHS.tolist()]) - usual
    # Where nothing spikes the three days do not speak: for a young team they mean nothing.
    eligible = np.where(spikes.any(axis=0), spikes, (_WIDTHS <= _DAY)[:, None, None])
    speaks = np.where(eligible, excess, -np.inf).argmax(axis=0)[None]
    chosen = (np.take_along_axis(part, speaks, 0)[0] for part in (usual, excess))
    return np.asarray(spikes.any(axis=0)), _WIDTHS[speaks[0]], *chosen


class _Sums:
    """Rolling sums over (teams, hours) dollars; hours before the first column count as zero."""

    def __init__(self, dollars: Floats) -> None:
        self._totals = np.pad(np.cumsum(dollars, axis=1), ((0, 0), (1, 0)))
        self._hours = dollars.shape[1]

    def of(self, width: int, ends: Ints) -> Floats:
        """Dollars of the `width` hours that end with each hour of `ends`."""
        return self._totals[:, np.maximum(ends + 1, 0)] - self._totals[:, np.maximum(ends + 1 - width, 0)]

    def daily_peaks(self, width: int, at: Ints) -> Floats:
        """The highest window of each of the 28 days before, (teams, len(at), 28), the latest first.

        A day is 24 hours that end a whole number of days before: the last 24, where a spike may be under way, are out.
        """
        starts = at[:, None] - _DAY * np.arange(1, _RECORD_DAYS + 1)[None, :] - (_DAY - 1)
        peaks = self.of(width, np.arange(self._hours))
        for step in (1, 2, 4, 8, 8):  # doubling makes the maximum of the next 24 hours in five passes
            peaks[:, :-step] = np.maximum(peaks[:, :-step], peaks[:, step:])
        return np.where(starts >= 0, peaks[:, np.maximum(starts, 0)], 0.0)

    def highest_around(self, width: int, ends: Ints, slack: int) -> Floats:
        """The highest window that ends within `slack` hours of any of `ends`, an array (choices, len(at))."""
        around = ends[:, None, :] + np.arange(-slack, slack + 1)[None, :, None]
        return np.asarray(self.of(width, around).max(axis=(1, 2)))


def _record_and_normal(peaks: Floats, age: Ints) -> tuple[Floats, Floats]:
    """The second highest of the known days' peaks, and the largest of three medians: all, last 7, same weekday."""
    days = np.arange(1, _RECORD_DAYS + 1)
    known = np.where(age[..., None] >= _DAY * (days + 1), peaks, np.nan)
    ordered = np.sort(known, axis=-1)  # the unknown sort last
    count = np.isfinite(ordered).sum(axis=-1, keepdims=True)
    record = np.take_along_axis(ordered, np.maximum(count - 2, 0), -1)[..., 0]
    medians = [_median(ordered), _median(np.sort(known[..., :7], axis=-1)), _median(np.sort(known[..., 6::7], axis=-1))]
    return np.nan_to_num(record), np.maximum.reduce(medians)


def _median(ordered: Floats) -> Floats:
    """The median of what is known along the last axis of sorted values; zero where nothing is."""
    count = np.isfinite(ordered).sum(axis=-1, keepdims=True)
    below = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, -1)
    above = np.take_along_axis(ordered, np.minimum(count // 2, ordered.shape[-1] - 1), -1)
    return np.nan_to_num((below + above)[..., 0] / 2)


def _hours_to_last_month_end(hours: Ints) -> Ints:
    """Hours back from each hour (since 1970, UTC) to the same place by the last month's end; far back if none is near."""
    months = hours.astype("datetime64[h]").astype("datetime64[M]")
    before, start, end = ((months + step).astype("datetime64[h]").astype(np.int64) for step in (-1, 0, 1))
    back = np.where(end - hours <= 2 * _DAY, end - start, np.where(hours - start < _DAY, start - before, 10**9))
    return np.asarray(back, dtype=np.int64)
