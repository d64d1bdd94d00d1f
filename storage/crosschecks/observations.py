"""Sums of what observing sources saw, by day and model, to compare with the books; never part of them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import case, func, select

from bot.crosschecks.observations import CallTotals
from bot.periods import DAY_MICROS, HOUR_MICROS
from bot.usage import UsageEvent
from storage import bulk
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.crosschecks import observed_days
from storage.tables.intake import source_activity, sources, usage_events, usage_hours, usage_series
from storage.transaction import OpenTransaction

_KEY = ("source_id", "day", "provider", "model")
_AMOUNTS = ("calls", "tokens", "reported_nanos")
_HOURS_PER_DAY = DAY_MICROS // HOUR_MICROS


class CallCounts(NamedTuple):
    """A source's calls since midnight UTC and in the last seven days."""

    today: int
    week: int


class Observations:
    """The observations within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(self, source_id: int, events: Iterable[UsageEvent]) -> None:
        """Adds new events to the sums of their UTC days."""
        sums: dict[tuple[int, int, str, str], list[int]] = {}
        for event in events:
            at = (source_id, event.occurred_at // DAY_MICROS, event.labels.provider, event.labels.model)
            there = sums.setdefault(at, [0, 0, 0])
            there[0] += 1
            there[1] += event.tokens
            there[2] += event.reported_nanos or 0
        rows = [(*at, *sums[at]) for at in sorted(sums)]
        await bulk.add(self._connection, "observed_days", _KEY, _AMOUNTS, rows)

    async def of_days(self, *, first_day: int, end_day: int) -> list[tuple[int, int, str, CallTotals]]:
        """Returns observed amounts as (source, UTC day, model, amount)."""
        at = (observed_days.c.source_id, observed_days.c.day, observed_days.c.model)
        rows = await self._connection.execute(
            select(*at, func.sum(observed_days.c.calls), func.sum(observed_days.c.tokens))
            .where(
                observed_days.c.source_id.in_(select(sources.c.id))
            )  # so that each source's days are found by the key
            .where(observed_days.c.day >= first_day, observed_days.c.day < end_day)
            .group_by(*at)
            .order_by(*at)
        )
        return [(int(s), int(d), str(m), CallTotals(calls=int(c), tokens=int(t))) for s, d, m, c, t in rows]

    async def booked(self, team_ids: Sequence[int], *, day: int) -> list[tuple[str, CallTotals]]:
        """Returns what all metering sources booked on a UTC day, by model. `teams` are all teams: their hours are found
        by them.
        """
        tokens = sum((usage_hours.c[name] for name in COUNTER_COLUMNS[1:5]), usage_hours.c[COUNTER_COLUMNS[0]])
        rows = await self._connection.execute(
            select(usage_series.c.model, func.sum(usage_hours.c.calls), func.sum(tokens))
            .join(usage_series, usage_series.c.id == usage_hours.c.series_id)
            .where(usage_hours.c.team_id.in_(list(team_ids)))
            .where(usage_hours.c.hour >= day * _HOURS_PER_DAY, usage_hours.c.hour < (day + 1) * _HOURS_PER_DAY)
            .group_by(usage_series.c.model)
        )
        return [(str(model), CallTotals(calls=int(calls), tokens=int(count))) for model, calls, count in rows]

    async def traffic(self, *, now: int) -> dict[int, CallCounts]:
        """Returns calls by source, booked or observed. It reads a week of events."""
        today = now // DAY_MICROS
        events = usage_events.c
        booked = await self._connection.execute(
            select(
                events.source_id,
                func.sum(case((events.occurred_at >= today * DAY_MICROS, 1), else_=0)),
                func.count(),
            )
            .where(events.occurred_at >= (today - 6) * DAY_MICROS)
            .group_by(events.source_id)
        )
        found = {int(s): CallCounts(int(day), int(week)) for s, day, week in booked}
        for source_id, day, _, amount in await self.of_days(first_day=today - 6, end_day=today + 2):
            before = found.get(source_id, CallCounts(0, 0))
            found[source_id] = CallCounts(
                before.today + (amount.calls if day >= today else 0), before.week + amount.calls
            )
        return found

    async def last_received(self) -> dict[int, int]:
        """Returns when each source last sent something, in microseconds since 1970."""
        rows = await self._connection.execute(select(source_activity.c.source_id, source_activity.c.last_received_at))
        return {int(source): int(at) for source, at in rows}
