"""Periods of the books: open, closing or closed, which of them are due to close, and which one takes a day's charges."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.periods import Period

PeriodState = Literal["open", "closing", "closed"]
NextPeriod = Callable[[int], Period]
"""Returns the period of a day, by the organisation's calendar."""


@dataclass(frozen=True, kw_only=True)
class BudgetPeriod:
    """A period that the books have opened. `close_after_days` is set where it was kept open, else the organisation's holds.

    A period of an earlier version is closed without a close: `closed_at` is None.
    """

    name: str
    first_day: int
    end_day: int
    state: PeriodState = "open"
    closed_at: int | None = None
    closed_by: int | None = None
    close_after_days: int | None = None

    @property
    def period(self) -> Period:
        return Period(name=self.name, first_day=self.first_day, end_day=self.end_day)


Known = Mapping[str, BudgetPeriod]


def takes_charges(known: Known, period: Period) -> bool:
    """Returns whether a period takes charges: it is open, or the books never opened it, as history before the first one."""
    return period.name not in known or known[period.name].state == "open"


def charged_period(known: Known, day: int, period_of: NextPeriod) -> Period:
    """Returns the period that takes the charges of a day: its own, or once that is closed the next one that is open."""
    period = period_of(day)
    while not takes_charges(known, period):
        period = period_of(max(period.end_day, known[period.name].end_day))
    return period


def periods_to_open(known: Known, current: Iterable[Period], period_of: NextPeriod) -> list[Period]:
    """Returns the periods that have begun and are not opened, oldest first: also those that passed while nobody ran."""
    begun = {period.name: period for period in current}
    if known and begun:
        latest = max(one.first_day for one in begun.values())
        following = period_of(max(one.end_day for one in known.values()))
        while following.first_day <= latest:
            begun.setdefault(following.name, following)
            following = period_of(following.end_day)
    return sorted((one for name, one in begun.items() if name not in known), key=lambda one: (one.first_day, one.name))


def periods_to_close(known: Known, *, earliest_today: int, close_after_days: int) -> list[BudgetPeriod]:
    """Returns the periods whose close is due, oldest first; a period never closes before an older one.

    `earliest_today` is the day of the team whose day is the earliest.
    """
    due = []
    for one in sorted(known.values(), key=lambda one: (one.end_day, one.name)):
        if one.state == "closed":
            continue
        waits = close_after_days if one.close_after_days is None else one.close_after_days
        if one.state == "open" and one.end_day + waits > earliest_today:
            break
        due.append(one)
    return due
