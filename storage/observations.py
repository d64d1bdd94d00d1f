"""What observing sources saw: sums by day and model to hold against the books, never in them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from bot.periods import DAY_MICROS, HOUR_MICROS
from bot.usage import UsageEvent
from storage import bulk
from storage.tables import COUNTER_COLUMNS, observed_days, usage_hours, usage_series

if TYPE_CHECKING:
    from storage.store import Transaction

_KEY = ("source_id", "day", "provider", "model")
_AMOUNTS = ("calls", "tokens", "reported_nanos")
_HOURS_PER_DAY = DAY_MICROS // HOUR_MICROS


class Observed(NamedTuple):
    """What one observing source saw of a model on a UTC day."""

    source_id: int
    day: int
    model: str
    calls: int
    tokens: int


class Observations:
    """The observations of one transaction."""

    def __init__(self, transaction: "Transaction") -> None:
        self._connection = transaction.connection

    async def add(self, source_id: int, events: Iterable[UsageEvent]) -> None:
        """Adds events, whose keys are new, to the sums of their UTC days."""
        sums: dict[tuple[int, int, str, str], list[int]] = {}
        for event in events:
            at = (source_id, event.occurred_at // DAY_MICROS, event.provider, event.model)
            there = sums.setdefault(at, [0, 0, 0])
            there[0] += 1
            there[1] += event.tokens
            there[2] += event.reported_nanos or 0
        rows = [(*at, *sums[at]) for at in sorted(sums)]
        await bulk.add(self._connection, "observed_days", _KEY, _AMOUNTS, rows)

    async def of_days(self, *, first_day: int, end_day: int) -> list[Observed]:
        """What was observed, by source, UTC day and model."""
        at = (observed_days.c.source_id, observed_days.c.day, observed_days.c.model)
        rows = await self._connection.execute(
            select(*at, func.sum(observed_days.c.calls), func.sum(observed_days.c.tokens))
            .where(observed_days.c.day >= first_day, observed_days.c.day < end_day)
            .group_by(*at)
            .order_by(*at)
        )
        return [Observed(int(s), int(d), str(m), int(c), int(t)) for s, d, m, c, t in rows]

    async def booked(self, models: Sequence[str], *, day: int) -> dict[str, tuple[int, int]]:
        """(calls, tokens) that all metering sources booked of models on a UTC day."""
        tokens = sum((usage_hours.c[name] for name in COUNTER_COLUMNS[1:5]), usage_hours.c[COUNTER_COLUMNS[0]])
        rows = await self._connection.execute(
            select(usage_series.c.model, func.sum(usage_hours.c.calls), func.sum(tokens))
            .join(usage_series, usage_series.c.id == usage_hours.c.series_id)
            .where(usage_hours.c.hour >= day * _HOURS_PER_DAY, usage_hours.c.hour < (day + 1) * _HOURS_PER_DAY)
            .where(usage_series.c.model.in_(list(models)))
            .group_by(usage_series.c.model)
        )
        return {str(model): (int(calls), int(count)) for model, calls, count in rows}
