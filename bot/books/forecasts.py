"""What follows from spend so far: burn rate, run-out, and where the period will end."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import erfc, log, log1p, sqrt
from statistics import median

from bot.books.ledger import Balance
from bot.periods import Period

WINDOW_DAYS = 7
"""A burn rate looks at a whole week, so that weekends weigh in as they should."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Burn rate in nano-dollars a day, the day `available` reaches zero (None: not within the period), the period's end."""

    burn_nanos_per_day: int
    run_out_day: int | None
    end_nanos: int


def burn_rate(spent_by_day: dict[int, int], *, today: int, first_day: int | None) -> int:
    """Nano-dollars a day: the mean of the last seven complete days, or of as many as there are since the first usage.

    On the first day of all, today so far.
    """
    if first_day is None:
        return 0
    known = min(WINDOW_DAYS, today - first_day)
    if known <= 0:
        return spent_by_day.get(today, 0)
    return sum(spent_by_day.get(day, 0) for day in range(today - known, today)) // known


def forecast(
    balance: Balance, *, spent_by_day: dict[int, int], today: int, period: Period, first_day: int | None
) -> Forecast:
    """Carries the burn rate on to the end of the period. What is left of today counts as its missing part."""
    burn = max(0, burn_rate(spent_by_day, today=today, first_day=first_day))
    rest_of_today = max(0, burn - spent_by_day.get(today, 0))
    days_after_today = period.end_day - today - 1
    end = balance.charged_nanos + rest_of_today + burn * max(0, days_after_today)
    run_out: int | None = None
    if balance.available_nanos <= 0:
        run_out = today
    elif burn > 0:
        left = balance.available_nanos - rest_of_today
        run_out = today if left <= 0 else today + 1 + left // burn
        if run_out >= period.end_day:
            run_out = None
    return Forecast(burn_nanos_per_day=burn, run_out_day=run_out, end_nanos=end)


def ahead_of_pace(balance: Balance, *, today: int, period: Period) -> bool:
    """Whether a larger share of the allocation is used than of the period, today counted as whole."""
    gone = today - period.first_day + 1
    return balance.charged_nanos * period.days > balance.allocated_nanos * gone


ENOUGH_DAYS = 7
"""So many complete days since the first usage, every day of the week once, before a run-out is foretold."""
HISTORY_DAYS = 28
_HALF_LIFE_DAYS = 7
_CLASS_DAYS = 2
"""A weekday's own mean counts against this many days of the mean of its class, working days or weekends."""
_OUTLIER = 3
_MIN_NOISE = 0.15
_DRIFT_A_WEEK = 0.18
"""How far a team's level moves in a week, as a share: from series of real clients, so that 80 % intervals hold 80 %."""


@dataclass(frozen=True, kw_only=True)
class RunOutForecast:
    """When the budget runs out, if it does: `chance` that it does before the period ends, the middle of its dates, and
    the days between which it does in 80 % of cases. A day of None lies beyond the period. Figures in nano-dollars."""

    chance: float
    early_day: int | None
    middle_day: int | None
    late_day: int | None
    end_nanos: int


def forecast_run_out(
    balance: Balance, *, spent_by_day: Mapping[int, int], today: int, period: Period
) -> RunOutForecast | None:
    """What the weekdays of the last four weeks say of the rest of the period; None before there are enough days, and
    where nothing is left already.

    Recent weeks weigh more, single days far above their like weigh as three of these, and the sum of the coming days is
    taken as log-normal: noise of days, what is not known of the level, and how far it moves meanwhile.
    """
    first = min((day for day, nanos in spent_by_day.items() if nanos > 0), default=today)
    days = range(max(first, today - HISTORY_DAYS), today)
    left = balance.available_nanos
    if len(days) < ENOUGH_DAYS or left <= 0 or today >= period.end_day:
        return None
    spent = _without_outliers({day: float(max(0, spent_by_day.get(day, 0))) for day in days})
    weights = {day: 0.5 ** ((today - day) / _HALF_LIFE_DAYS) for day in days}
    profile = _profile(spent)
    usual = sum(weights[day] * profile[_weekday(day)] for day in days)
    if usual <= 0:
        return RunOutForecast(
            chance=0.0, early_day=None, middle_day=None, late_day=None, end_nanos=balance.charged_nanos
        )
    level = sum(weights[day] * spent[day] for day in days) / usual
    expected = [level * share for share in profile]
    errors = sum(weights[day] * (spent[day] - expected[_weekday(day)]) ** 2 for day in days)
    noise = max(_MIN_NOISE**2, errors / max(1.0, sum(weights[day] * expected[_weekday(day)] ** 2 for day in days)))
    known_days = sum(weights.values()) ** 2 / sum(weight**2 for weight in weights.values())
    total = max(0.0, expected[_weekday(today)] - max(0, spent_by_day.get(today, 0)))
    squares = total**2
    chances: list[tuple[int, float]] = []
    for ahead, day in enumerate(range(today, period.end_day)):
        if ahead:
            total += expected[_weekday(day)]
            squares += expected[_weekday(day)] ** 2
        drift = _DRIFT_A_WEEK**2 * (ahead + _HALF_LIFE_DAYS) / (2 * _HALF_LIFE_DAYS)
        spread = noise * squares / total**2 + noise / known_days + drift if total > 0 else 0.0
        before = chances[-1][1] if chances else 0.0
        chances.append((day, max(before, _chance_of_reaching(left, mean=total, spread=spread))))

    def reached(share: float) -> int | None:
        return next((day for day, chance in chances if chance >= share), None)

    return RunOutForecast(
        chance=chances[-1][1],
        early_day=reached(0.1),
        middle_day=reached(0.5),
        late_day=reached(0.9),
        end_nanos=balance.charged_nanos + round(total),
    )


def _weekday(day: int) -> int:
    return (day + 3) % 7


def _is_weekend(weekday: int) -> bool:
    return weekday >= 5


def _without_outliers(spent: Mapping[int, float]) -> dict[int, float]:
    """Days far above their like count as three of these; once most of the last five are as high, it is the new level."""
    kept = dict(spent)
    for is_weekend in (False, True):
        like = [day for day in spent if _is_weekend(_weekday(day)) == is_weekend]
        if len(like) <= _OUTLIER:
            continue
        usual = max(median(spent[day] for day in like), median(spent[day] for day in like[-5:]))
        if usual > 0:
            kept |= {day: min(spent[day], _OUTLIER * usual) for day in like}
    return kept


def _profile(spent: Mapping[int, float]) -> list[float]:
    """The usual spend of each weekday, Monday first: its own mean, drawn towards that of its class while days are few."""
    shown = []
    for weekday in range(7):
        like = [nanos for day, nanos in spent.items() if _is_weekend(_weekday(day)) == _is_weekend(weekday)]
        own = [nanos for day, nanos in spent.items() if _weekday(day) == weekday]
        of_class = sum(like) / len(like)
        shown.append((sum(own) + _CLASS_DAYS * of_class) / (len(own) + _CLASS_DAYS))
    return shown


def _chance_of_reaching(left: int, *, mean: float, spread: float) -> float:
    """The chance that a log-normal sum of this mean and relative variance comes to so much."""
    if mean <= 0:
        return 0.0
    if spread <= 0:
        return 1.0 if mean >= left else 0.0
    sigma = sqrt(log1p(spread))
    middle = log(mean) - sigma * sigma / 2
    return erfc((log(left) - middle) / (sigma * sqrt(2))) / 2
