"""Made-up teams and their hours, for tests of the spike rule."""

from datetime import UTC, datetime

import numpy as np

from bot.detection.backtests import backtest
from bot.detection.detector.spike_hours import Ints
from bot.money import NANOS

MONDAY = int(datetime(2026, 8, 3, tzinfo=UTC).timestamp()) // 3600

DAY, WEEK = 24, 168


def office(*, weeks: int, dollars_a_day: float = 40.0, weekend: float = 0.1, seed: int = 1) -> Ints:
    """A team that works from nine to six on weekdays, with noise, in nano-dollars per hour from a Monday."""
    hours = np.arange(weeks * WEEK)
    working = np.where((hours % DAY >= 9) & (hours % DAY < 18), 1.0, 0.05)
    working *= np.where(hours // DAY % 7 >= 5, weekend, 1.0)
    noise = np.random.default_rng(seed).gamma(25, 1 / 25, size=len(hours))
    return np.asarray(working * noise * dollars_a_day / 9.75 * NANOS, dtype=np.int64)


def messages(cost: Ints, *, first_hour: int = MONDAY) -> list[tuple[int, str]]:
    """What Search's channel is told: (hours from the series' start, severity)."""
    return [(told.at - first_hour, told.severity) for told in backtest([("search", first_hour, cost)])]


def with_dollars(cost: Ints, start: int, hours: int, dollars: float) -> Ints:
    changed = cost.copy()
    changed[start : start + hours] += round(dollars * NANOS)
    return changed
