"""What follows from spend so far: burn rate, run-out, and where the period will end."""

from dataclasses import dataclass

from bot.ledger import Balance
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
