"""Usual days: what each weekday usually costs a team, and how far days differ from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

ENOUGH_DAYS = 7
"""The complete days since the first usage that a forecast needs, so that it covers each weekday."""
HISTORY_DAYS = 28
HALF_LIFE_DAYS = 7
_CLASS_DAYS = 2
"""The weight, in days, of the mean of working days or weekends against a weekday's own mean."""
_OUTLIER = 3
_MIN_NOISE = 0.15
_KEPT = 4_096
"""Usual days that a process remembers: those of so many teams."""


@dataclass(frozen=True, kw_only=True)
class UsualDays:
    """The usual nano-dollars of each weekday, Monday first, from the last four weeks.

    `days` is the number of complete days since `first_day`, the first one with usage among them. `noise` is the relative
    variance of one day, `excess` the cost of outliers beyond the usual, as a share of it, and `weight` the number of days
    that the level rests on.
    """

    weekdays: tuple[float, ...]
    noise: float
    excess: float
    weight: float
    days: int
    first_day: int | None

    @property
    def is_known(self) -> bool:
        """Returns whether there are enough days for a forecast."""
        return self.days >= ENOUGH_DAYS

    @property
    def nanos_per_day(self) -> float:
        """Returns the mean day of a usual week."""
        return sum(self.weekdays) / 7

    def of(self, day: int) -> float:
        """Returns the usual cost of a day by its weekday."""
        return self.weekdays[weekday(day)]


def weekday(day: int) -> int:
    """Returns 0 for a Monday to 6 for a Sunday. 1970-01-01 was a Thursday."""
    return (day + 3) % 7


def usual_days(spent_by_day: Mapping[int, int], *, today: int) -> UsualDays:
    """Returns the usual days of a team from its complete days before `today`.

    Recent weeks weigh more, and outliers are capped at three times the median. With less than a week known, every day
    counts as the mean of those days; on the first day of all, as what is spent so far.
    """
    first = min((day for day, nanos in spent_by_day.items() if nanos > 0 and day <= today), default=None)
    if first is None:
        return UsualDays(weekdays=(0.0,) * 7, noise=_MIN_NOISE**2, excess=0.0, weight=1.0, days=0, first_day=None)
    days = range(max(first, today - HISTORY_DAYS), today)
    complete = tuple([max(0, spent_by_day.get(day, 0)) for day in days])
    if len(days) < ENOUGH_DAYS:
        known = complete or (max(0, spent_by_day.get(today, 0)),)
        mean = sum(known) / len(known)
        return UsualDays(
            weekdays=(mean,) * 7, noise=1.0, excess=0.0, weight=float(len(known)), days=len(days), first_day=first
        )
    return _of_complete_days(complete, today=today, first=first)


@lru_cache(maxsize=_KEPT)
def _of_complete_days(complete: tuple[int, ...], *, today: int, first: int) -> UsualDays:
    """Returns the usual days of the last complete days up to `today`. They change once a day, and pages show many teams."""
    days = range(today - len(complete), today)
    raw = {day: float(nanos) for day, nanos in zip(days, complete, strict=True)}
    spent = _without_outliers(raw)
    weights = {day: 0.5 ** ((today - day) / HALF_LIFE_DAYS) for day in days}
    profile = _profile(spent)
    usual = sum(weights[day] * profile[weekday(day)] for day in days)
    level = sum(weights[day] * spent[day] for day in days) / usual if usual > 0 else 0.0
    expected = tuple(level * share for share in profile)
    errors = sum(weights[day] * (spent[day] - expected[weekday(day)]) ** 2 for day in days)
    squares = sum(weights[day] * expected[weekday(day)] ** 2 for day in days)
    return UsualDays(
        weekdays=expected,
        noise=max(_MIN_NOISE**2, errors / squares) if squares > 0 else _MIN_NOISE**2,
        excess=sum(raw.values()) / sum(spent.values()) - 1 if any(spent.values()) else 0.0,
        weight=sum(weights.values()) ** 2 / sum(weight**2 for weight in weights.values()),
        days=len(days),
        first_day=first,
    )


def _is_weekend(of: int) -> bool:
    return of >= 5


def _without_outliers(spent: Mapping[int, float]) -> dict[int, float]:
    """Caps days at three times the median of their class. If most of the last five days are as high, their level counts
    instead.
    """
    kept = dict(spent)
    for is_weekend in (False, True):
        like = [day for day in spent if _is_weekend(weekday(day)) == is_weekend]
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
    for of in range(7):
        like = [nanos for day, nanos in spent.items() if _is_weekend(weekday(day)) == _is_weekend(of)]
        own = [nanos for day, nanos in spent.items() if weekday(day) == of]
        of_class = sum(like) / len(like)
        shown.append((sum(own) + _CLASS_DAYS * of_class) / (len(own) + _CLASS_DAYS))
    return shown
