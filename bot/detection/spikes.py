"""Spikes: hours that cost a team far more than its own past."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bot.alerting.severities import Severity
from bot.detection.detector.spike_hours import Bools, Cells, Hours, Ints
from bot.detection.detector.spike_rule import (
    FLOOR_DOLLARS,
    MIN_TIMES,
    RULES,
    WIDTHS,
    RuleName,
    severity_of,
    window_bars,
)
from bot.money import NANOS

LOWER_BAR = 0.85
"""A score at which most incidents are found, with more false alerts than a channel stands; the bench reports it."""
PART_BAR = 1.25
"""The score from which a credential, model or workflow spikes by itself; higher than a team's, as a team has many."""
_NEARLY = 1 - 1e-9
"""The share of the least bar that makes a candidate: rounding takes away less."""


@dataclass(frozen=True, kw_only=True)
class SpikeJudgement:
    """The judgement of one hour against the team's own past.

    Its window is the one that spikes with the largest excess, or else the one nearest to its bar. `usual_nanos` is a usual
    peak of such a window, `bar_nanos` its bar by `rule` (None for a team too young to be judged), `times_usual` None where
    nothing is usual. `score` is observed ÷ bar. The severity matters for spikes alone.
    """

    spike: bool
    score: float
    severity: Severity
    rule: RuleName
    window_hours: int
    observed_nanos: int
    usual_nanos: int
    bar_nanos: int | None
    excess_nanos: int
    times_usual: float | None

    @property
    def excess_dollars(self) -> float:
        """The excess over the usual peak in dollars."""
        return self.excess_nanos / NANOS


def judge(cost_nanos: Ints, *, first_hour: int, bar: float = 1.0) -> SpikeJudgement:
    """Judges the last hour of a team's cost: nano-dollars per UTC hour of use, oldest first.

    The series is zero-filled from the team's first cost; `first_hour` is its first element in hours since 1970. The last hour
    may still be open: cost only grows, so a spike in it stays one. Raises ValueError for an empty series.
    """
    known_hours = np.array([len(cost_nanos)])
    return judge_many(cost_nanos[None, :], known_hours=known_hours, first_hour=first_hour, bar=bar)[0]


def judge_many(cost_nanos: Ints, *, known_hours: Ints, first_hour: int, bar: float = 1.0) -> list[SpikeJudgement]:
    """Judges the last hour of many teams at once: (teams, hours) in nano-dollars, all rows of the same hours.

    `known_hours` has each team's hours since its first cost, the judged one included; earlier columns are zero. It may exceed
    the columns, of which HISTORY_HOURS are enough. `bar` is the score from which an hour is a spike.
    """
    teams, count = cost_nanos.shape
    if count == 0:
        raise ValueError("a judgement needs at least one hour")
    hours = Hours(cost_nanos, known_hours=known_hours, first_hour=first_hour)
    last = Cells(np.arange(teams), np.full(teams, count - 1))
    return [judgement for _, _, judgement in _judged(hours, last, bar=bar)]


def find_spikes(
    cost_nanos: Ints, *, known_hours: Ints, first_hour: int, bar: float = 1.0
) -> Iterator[tuple[int, int, SpikeJudgement]]:
    """Yields every spike in (teams, hours) nano-dollars as (row, column, judgement), by team and time.

    Each hour is judged from itself and earlier ones, as by judge_many.
    """
    count = cost_nanos.shape[1]
    return find_recent(cost_nanos, known_hours=known_hours, first_hour=first_hour, last=count, bar=bar)


def find_recent(
    cost_nanos: Ints, *, known_hours: Ints, first_hour: int, last: int, bar: float = 1.0
) -> Iterator[tuple[int, int, SpikeJudgement]]:
    """Yields the spikes of the `last` hours alone, quickly for many teams of which few are near a record."""
    count = cost_nanos.shape[1]
    last = min(last, count)
    if last < 1:
        return iter(())
    hours = Hours(cost_nanos, known_hours=known_hours, first_hour=first_hour)
    near = _candidates(hours, last, bar=bar)
    rows = np.flatnonzero(near.any(axis=1))
    if len(rows) < len(near):
        hours = Hours(cost_nanos[rows], known_hours=known_hours[rows], first_hour=first_hour)
    at, columns = np.nonzero(near[rows])
    found = _judged(hours, Cells(at, columns + count - last), bar=bar, spikes_only=True)
    return ((int(rows[row]), column, judgement) for row, column, judgement in found)


def _candidates(hours: Hours, last: int, *, bar: float) -> Bools:
    """Returns which of the last hours end a window that can be a spike: (teams, last). Only these are judged."""
    near = np.zeros((hours.shape[0], last), dtype=np.bool_)
    for width in WIDTHS:
        dollars, records = hours.recent(width, last)
        near |= dollars >= _NEARLY * bar * np.maximum(MIN_TIMES * records, FLOOR_DOLLARS)
    return near


def _judged(
    hours: Hours, cells: Cells, *, bar: float, spikes_only: bool = False
) -> Iterator[tuple[int, int, SpikeJudgement]]:
    widths = np.array(list(WIDTHS))
    spent, usual, bars, rule = (np.array(p) for p in zip(*(window_bars(hours, w, cells) for w in WIDTHS), strict=True))
    score = spent / bars
    spikes = score >= bar
    chosen_width = np.where(spikes.any(axis=0), np.where(spikes, spent - usual, -np.inf), score).argmax(axis=0)
    kept = np.flatnonzero(spikes.any(axis=0)) if spikes_only else np.arange(len(cells.rows))
    chosen_width, cells = chosen_width[kept], cells.only(kept)
    chosen = (values[chosen_width, kept] for values in (score, usual, bars, rule))
    nanos = np.array([hours.nanos(width, cells) for width in WIDTHS])[chosen_width, np.arange(len(kept))]
    each = (cells.rows, cells.columns, widths[chosen_width], nanos, *chosen)
    for row, column, window, observed_nanos, share, usually, needed, number in zip(
        *(values.tolist() for values in each), strict=True
    ):
        usual_nanos = round(usually * NANOS)
        excess_nanos = observed_nanos - usual_nanos
        yield (
            row,
            column,
            SpikeJudgement(
                spike=share >= bar,
                score=share,
                severity=severity_of(excess_nanos / NANOS),
                rule=RULES[number],
                window_hours=window,
                observed_nanos=observed_nanos,
                usual_nanos=usual_nanos,
                bar_nanos=round(needed * bar * NANOS) if np.isfinite(needed) else None,
                excess_nanos=excess_nanos,
                times_usual=observed_nanos / usual_nanos if usual_nanos > 0 else None,
            ),
        )
