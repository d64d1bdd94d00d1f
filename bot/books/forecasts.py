"""Forecasts from past spend: burn rate, run-out day, and the total at the period's end."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import erfc, log, log1p, sqrt
from statistics import median

from bot.books.ledger import Balance
from bot.periods import Period

WINDOW_DAYS = 7
"""The burn rate covers a whole week, so that weekends count in proportion."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Burn rate in nano-dollars per day, the day nothing is left of the budget (None: after the period), and the total at the
    period's end.
    """

    burn_nanos_per_day: int
    run_out_day: int | None
    end_nanos: int


def burn_rate(spent_by_day: dict[int, int], *, today: int, first_day: int | None) -> int:
    """Returns nano-dollars per day: the mean of the last seven complete days, or of all complete days since the first
    usage.

    On the first day of usage it returns today's spend so far.
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
    """Extrapolates the burn rate to the end of the period. The rest of today counts as a full day less what is spent."""
    burn = max(0, burn_rate(spent_by_day, today=today, first_day=first_day))
    rest_of_today = max(0, burn - spent_by_day.get(today, 0))
    days_after_today = period.end_day - today - 1
    end = balance.charged_nanos + rest_of_today + burn * max(0, days_after_today)
    run_out: int | None = None
    if balance.budget != "set":
        run_out = None
    elif balance.left_nanos <= 0:
        run_out = today
    elif burn > 0:
        left = balance.left_nanos - rest_of_today
        run_out = today if left <= 0 else today + 1 + left // burn
        if run_out >= period.end_day:
            run_out = None
    return Forecast(burn_nanos_per_day=burn, run_out_day=run_out, end_nanos=end)


def ahead_of_pace(balance: Balance, *, today: int, period: Period) -> bool:
    """Returns whether the share of the allocation that is used exceeds the share of the budget's days that have passed,
    today included.
    """
    first_day = balance.since_day or period.first_day
    gone = today - first_day + 1
    return balance.charged_nanos * (period.end_day - first_day) > balance.allocated_nanos * gone


ENOUGH_DAYS = 7
"""The complete days since the first usage that a run-out forecast needs, so that it covers each weekday."""
HISTORY_DAYS = 28
_HALF_LIFE_DAYS = 7
_CLASS_DAYS = 2
"""The weight, in days, of the mean of working days or weekends against a weekday's own mean."""
_OUTLIER = 3
_MIN_NOISE = 0.15
_DRIFT_A_WEEK = 0.18
"""The relative change of a team's level per week, fitted to series of real clients so that 80% intervals cover 80%."""


@dataclass(frozen=True, kw_only=True)
class RunOutForecast:
    """The forecast of when the budget runs out.

    `chance` is the probability that it runs out within the period. `middle_day` is the median, `early_day` and `late_day`
    bound 80% of cases; None lies after the period. Amounts are in nano-dollars.
    """

    chance: float
    early_day: int | None
    middle_day: int | None
    late_day: int | None
    end_nanos: int


def forecast_run_out(
    balance: Balance, *, spent_by_day: Mapping[int, int], today: int, period: Period
) -> RunOutForecast | None:
    """Forecasts the rest of the period from the weekdays of the last four weeks. Returns None with too few days, or with
    nothing left.

    Recent weeks weigh more, and outliers are capped at three times the median. The sum of the coming days is taken as
    log-normal; its variance combines daily noise, uncertainty of the level, and drift.
    """
    first = min((day for day, nanos in spent_by_day.items() if nanos > 0), default=today)
    days = range(max(first, today - HISTORY_DAYS), today)
    left = balance.left_nanos
    if balance.budget != "set" or len(days) < ENOUGH_DAYS or left <= 0 or today >= period.end_day:
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
    """Caps days at three times the median of their class. If most of the last five days are as high, their level counts
    instead.
    """
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
    """Returns the usual spend of each weekday, Monday first: its own mean, pulled towards its class's mean while days are
    few.
    """
    shown = []
    for weekday in range(7):
        like = [nanos for day, nanos in spent.items() if _is_weekend(_weekday(day)) == _is_weekend(weekday)]
        own = [nanos for day, nanos in spent.items() if _weekday(day) == weekday]
        of_class = sum(like) / len(like)
        shown.append((sum(own) + _CLASS_DAYS * of_class) / (len(own) + _CLASS_DAYS))
    return shown


def _chance_of_reaching(left: int, *, mean: float, spread: float) -> float:
    """Returns the probability that a log-normal sum with this mean and relative variance reaches `left`."""
    if mean <= 0:
        return 0.0
    if spread <= 0:
        return 1.0 if mean >= left else 0.0
    sigma = sqrt(log1p(spread))
    middle = log(mean) - sigma * sigma / 2
    return erfc((log(left) - middle) / (sigma * sqrt(2))) / 2
