"""Budgets that are released over time: slices by the hour, day or week of the period, and a limit for each day."""

import calendar
from dataclasses import dataclass
from typing import NamedTuple

from bot.money import usd, usd_round
from bot.org.budget_terms import BudgetTerms, Release
from bot.periods import HOUR_MICROS, date_of, day_start, local_day, micros, week_of


@dataclass(frozen=True, kw_only=True)
class Released:
    """How much of a budget is released by now, and the next slice; `next_at` is None once all is.

    `day_left_nanos` is what the day's limit leaves of today, None without a limit.
    """

    budget_nanos: int
    released_nanos: int
    next_nanos: int = 0
    next_at: int | None = None
    kind: Release = ""
    day_max_nanos: int | None = None
    day_left_nanos: int | None = None

    @property
    def withheld_nanos(self) -> int:
        return self.budget_nanos - self.released_nanos


class _Progress(NamedTuple):
    """The parts of a budget that are released, after the next slice, and in all; the moment of that slice."""

    done: int
    following: int
    total: int
    next_at: int


def released_by(
    terms: BudgetTerms,
    *,
    budget_nanos: int,
    first_day: int,
    end_day: int,
    at: int,
    zone: str,
    used_today_nanos: int = 0,
) -> Released | None:
    """Returns what is released at a moment of a budget that runs over the days [first_day, end_day); None if its terms hold
    nothing back.

    A slice is available from its first moment on. What is released is rounded down, and the last slice releases the rest.
    """
    if not terms.release and terms.per_day_max_nanos is None:
        return None
    limit = terms.per_day_max_nanos
    left = None if limit is None else max(0, limit - max(0, used_today_nanos))
    whole = Released(
        budget_nanos=budget_nanos,
        released_nanos=budget_nanos,
        kind=terms.release,
        day_max_nanos=limit,
        day_left_nanos=left,
    )
    if not terms.release or budget_nanos <= 0 or first_day >= end_day:
        return whole
    done, following, total, next_at = _progress(terms.release, first_day, end_day, at, zone)
    if done >= total:
        return whole
    released = budget_nanos * done // total
    return Released(
        budget_nanos=budget_nanos,
        released_nanos=released,
        next_nanos=budget_nanos * following // total - released,
        next_at=next_at,
        kind=terms.release,
        day_max_nanos=limit,
        day_left_nanos=left,
    )


def _progress(kind: Release, first_day: int, end_day: int, at: int, zone: str) -> _Progress:
    """Counts hours or days. A week begins on Monday, so the first and the last may be shorter, and release less."""
    if kind == "even":
        start, end = (micros(day_start(day, zone)) for day in (first_day, end_day))
        total = -((start - end) // HOUR_MICROS)
        done = min(max((at - start) // HOUR_MICROS + 1, 0), total)
        return _Progress(done, min(done + 1, total), total, start + done * HOUR_MICROS)
    today, total = local_day(at, zone), end_day - first_day
    if kind == "daily":
        next_day, after = today + 1, today + 2
    else:
        next_day = week_of(today)[1]
        after = next_day + 7
    if today < first_day:
        next_day = first_day
        after = first_day + 1 if kind == "daily" else week_of(first_day)[1]
    done, following = (min(day, end_day) - first_day for day in (next_day, after))
    return _Progress(done, following, total, micros(day_start(next_day, zone)))


def release_words(released: Released, zone: str) -> str:
    """Returns what is released and what comes next, such as `$300 of $1,200 released; the next $300 on Monday.`"""
    words = ""
    if released.next_at is not None:
        next_day = date_of(local_day(released.next_at, zone))
        when = {"even": "within the hour", "daily": "tomorrow"}.get(
            released.kind, f"on {calendar.day_name[next_day.weekday()]}"
        )
        words = (
            f"{usd_round(released.released_nanos)} of {usd_round(released.budget_nanos)} released; "
            f"the next {_short(released.next_nanos)} {when}."
        )
    if released.day_max_nanos is not None and released.day_left_nanos is not None:
        limit = f"Today's limit is {_short(released.day_max_nanos)}: {usd(released.day_left_nanos)} left."
        words = f"{words} {limit}".strip()
    return words


def _short(nanos: int) -> str:
    """Formats whole dollars without cents."""
    return usd(nanos).removesuffix(".00")
