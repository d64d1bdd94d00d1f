"""The forecast of a team's period: its usual day, when the budget runs out, and what the period comes to, with a range."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import erfc, exp, log, log1p, sqrt

from bot.books.ledger import Balance
from bot.books.usual_days import HALF_LIFE_DAYS, HISTORY_DAYS, UsualDays, usual_days, weekday
from bot.periods import HOUR_MICROS, Period, day_start, micros

_DRIFT_A_WEEK = 0.18
"""The relative change of a team's level per week."""
_FALL, _RISE = 1.05, 1.8
"""The deviations below and above the usual pace that a tenth of cases exceed. With the drift they are fitted to series of
real clients, so that 80% of totals lie between them (`python -m tests.bench.forecasts`)."""
_YOUNG_FALL, _YOUNG_RISE = 1.3, 0.5
"""The same, in logarithms, of what is added for a team whose usage has just begun."""
_TENTH = 1.2815515655446004
"""The standard normal deviate that a tenth of cases exceed."""
_FAR_ABOVE = 4
"""A pace is far above the usual from this multiple of the usual mean hour on."""
_DEAR_TODAY, _DEAR_YESTERDAY = 1.5, 2.0
"""A team may be racing if today costs this multiple of a usual day already, or yesterday did."""


@dataclass(frozen=True, kw_only=True)
class SpendRate:
    """What a team spent in the last hours per hour, in nano-dollars, as of a moment in microseconds and in its zone."""

    nanos_per_hour: int
    at: int
    zone: str


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What a team spends per hour just now, while that is far above its usual, and the moment in microseconds at which its
    budget runs out at that rate; None if it lasts, or is used up."""

    nanos_per_hour: int
    run_out_at: int | None


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The rest of a period, from the weekdays of the last four weeks.

    Amounts are in nano-dollars. `end_nanos` is the total expected at the period's end; it lies between `low_nanos` and
    `high_nanos` in 80% of cases. `chance` is the probability that the budget runs out within the period, `run_out_day`
    the day on which it does at the usual pace, and `early_day` and `late_day` bound 80% of cases; None lies after the
    period. With too few days `is_known` is False: the amounts are estimates without a verdict.
    """

    usual_nanos_per_day: int
    weekday_nanos: tuple[int, ...]
    """The usual day by weekday, Monday first."""
    run_out_day: int | None
    end_nanos: int
    low_nanos: int
    high_nanos: int
    chance: float = 0.0
    early_day: int | None = None
    late_day: int | None = None
    is_known: bool = True
    known_days: int = 0
    """The complete days with usage, or since the first of them, that the forecast rests on."""
    first_day: int | None = None
    """The first day with usage, where that is recent."""
    pace: Pace | None = None
    """Today's pace, where it is far above the usual."""

    @property
    def is_expected_to_run_out(self) -> bool:
        return self.is_known and self.run_out_day is not None


def share_of_day_left(at_micros: int, *, today: int, zone: str) -> float:
    """Returns the part of a local day that lies ahead, between 0 and 1. A day at a clock change has 23 or 25 hours."""
    start, end = micros(day_start(today, zone)), micros(day_start(today + 1, zone))
    return min(1.0, max(0.0, (end - at_micros) / (end - start)))


def forecast(
    balance: Balance,
    *,
    spent_by_day: Mapping[int, int],
    today: int,
    period: Period,
    day_left: float = 1.0,
    rate: SpendRate | None = None,
    usual: UsualDays | None = None,
) -> Forecast:
    """Returns the forecast of the rest of a period, of which the part `day_left` of today lies ahead.

    The sum of the coming days varies around the usual pace like a log-normal one, farther up than down; its variance
    combines daily noise, uncertainty of the level, and drift. Without enough days there is no chance and no range. `rate`
    is that of the last hours, if it is known, and `usual` the usual days of `spent_by_day`, if they were made before.
    """
    usual = usual or usual_days(spent_by_day, today=today)
    sums = _coming_days(usual, today=today, end_day=period.end_day, day_left=day_left)
    total, (fall, rise) = (sums[-1][1], sums[-1][2]) if sums else (0.0, (0.0, 0.0))
    charged, left = balance.charged_nanos, balance.left_nanos
    run_out = early = late = None
    chance = 0.0
    if balance.budget == "set" and left <= 0:
        run_out = today
    elif balance.budget == "set":
        run_out = next((day for day, mean, _ in sums if mean > 0 and mean >= left), None)
        if usual.is_known:
            chances = _rising([(day, _chance_of_reaching(left, usual=mean, bounds=b)) for day, mean, b in sums])
            chance = chances[-1][1] if chances else 0.0
            early, late = (next((d for d, reached in chances if reached >= share), None) for share in (0.1, 0.9))
    low, high = (total * exp(-fall), total * exp(rise)) if usual.is_known else (total, total)
    return Forecast(
        usual_nanos_per_day=round(usual.nanos_per_day),
        weekday_nanos=tuple(round(nanos) for nanos in usual.weekdays),
        run_out_day=run_out,
        end_nanos=charged + round(total),
        low_nanos=charged + round(low),
        high_nanos=charged + round(high),
        chance=chance,
        early_day=early,
        late_day=late,
        is_known=usual.is_known,
        known_days=usual.days,
        first_day=usual.first_day,
        pace=_pace(rate, usual, balance, run_out=run_out, period=period),
    )


def together(parts: Sequence[Forecast], whole: Forecast, *, uncounted_nanos: int = 0) -> Forecast:
    """Returns the forecast of several teams: the sums of their own usual days and ends, with the run-out and the range of
    their days as a `whole`. `uncounted_nanos` is what they spent before their budgets' first days."""
    more = sum(part.end_nanos for part in parts) + uncounted_nanos - whole.end_nanos
    return replace(
        whole,
        usual_nanos_per_day=sum(part.usual_nanos_per_day for part in parts),
        weekday_nanos=tuple(sum(part.weekday_nanos[at] for part in parts) for at in range(7)),
        end_nanos=whole.end_nanos + more,
        low_nanos=whole.low_nanos + more,
        high_nanos=whole.high_nanos + more,
    )


def ahead_of_pace(balance: Balance, *, today: int, period: Period, weekday_nanos: Sequence[int] = ()) -> bool:
    """Returns whether the share of the allocation that is used exceeds the share of the plan that has passed, today
    included.
    """
    plan = planned_by_day(balance, period=period, weekday_nanos=weekday_nanos)
    return balance.charged_nanos > sum(nanos for day, nanos in plan.items() if day <= today)


def planned_by_day(balance: Balance, *, period: Period, weekday_nanos: Sequence[int] = ()) -> dict[int, int]:
    """Returns the budget by the days of its time, in proportion to what each weekday usually costs.

    So a team on plan is neither above it on working days nor below it on weekends. Without usual days all are equal. The
    days add up to the allocation.
    """
    days = range(balance.since_day or period.first_day, period.end_day)
    weights = [weekday_nanos[weekday(day)] if any(weekday_nanos) else 1 for day in days]
    allocated, total = max(0, balance.allocated_nanos), sum(weights)
    if total <= 0:
        weights, total = [1] * len(days), len(days)
    sums = [0, *accumulate(weights)]
    return {day: allocated * sums[at + 1] // total - allocated * sums[at] // total for at, day in enumerate(days)}


def may_be_racing(usual: UsualDays, spent_by_day: Mapping[int, int], *, today: int) -> bool:
    """Returns whether the last hours are worth a look: today costs far more than a usual day already, or yesterday did."""
    is_dear = spent_by_day.get(today, 0) > _DEAR_TODAY * usual.of(today)
    return usual.is_known and (is_dear or spent_by_day.get(today - 1, 0) > _DEAR_YESTERDAY * usual.of(today - 1))


def _coming_days(
    usual: UsualDays, *, today: int, end_day: int, day_left: float
) -> list[tuple[int, float, tuple[float, float]]]:
    """Returns for each day ahead the sum up to its end at the usual pace, and how far that may fall and rise."""
    found = []
    total = squares = 0.0
    for ahead, day in enumerate(range(today, end_day)):
        share = day_left if ahead == 0 else 1.0
        total += usual.of(day) * share
        squares += usual.of(day) ** 2 * share
        drift = _DRIFT_A_WEEK**2 * (ahead + HALF_LIFE_DAYS) / (2 * HALF_LIFE_DAYS)
        spread = usual.noise * squares / total**2 + usual.noise / usual.weight + drift if total > 0 else 0.0
        found.append((day, total, _bounds(spread, usual)))
    return found


def _pace(
    rate: SpendRate | None, usual: UsualDays, balance: Balance, *, run_out: int | None, period: Period
) -> Pace | None:
    """Returns the pace of today if it is far above the usual one. A run-out later than at the usual pace is left out."""
    if rate is None or not usual.is_known or rate.nanos_per_hour <= 0:
        return None
    if rate.nanos_per_hour * 24 < _FAR_ABOVE * usual.nanos_per_day:
        return None
    end_day = period.end_day if run_out is None else min(run_out + 1, period.end_day)
    at: int | None = None
    if balance.budget == "set" and balance.left_nanos > 0:
        at = rate.at + balance.left_nanos * HOUR_MICROS // rate.nanos_per_hour
        if at >= micros(day_start(end_day, rate.zone)):
            at = None
    return Pace(nanos_per_hour=rate.nanos_per_hour, run_out_at=at)


def _rising(chances: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Returns chances that never fall from one day to the next: what has run out stays so."""
    return [(day, top) for (day, _), top in zip(chances, accumulate((c for _, c in chances), max), strict=True)]


def _bounds(spread: float, usual: UsualDays) -> tuple[float, float]:
    """Returns how far the sum falls below and rises above the usual pace in a tenth of cases each, as logarithms. Teams
    with outliers rise farther, and those with less than four weeks may do anything."""
    sigma, young = sqrt(log1p(spread)), 1 - usual.days / HISTORY_DAYS
    return _FALL * sigma + _YOUNG_FALL * young, _RISE * sigma + _YOUNG_RISE * young + log1p(usual.excess)


def _chance_of_reaching(left: int, *, usual: float, bounds: tuple[float, float]) -> float:
    """Returns the probability that the sum reaches `left`; it is one half at the usual pace."""
    if usual <= 0:
        return 0.0
    ahead = log(left / usual)
    bound = bounds[1] if ahead > 0 else bounds[0]
    if bound <= 0:
        return 1.0 if ahead <= 0 else 0.0
    return erfc(ahead / bound * _TENTH / sqrt(2)) / 2
