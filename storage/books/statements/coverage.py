"""What others confirm of teams' usage: their days by provider, model and basis, and the bills and sightings beside them."""

from collections.abc import Sequence

from sqlalchemy import func, select

from bot.books.statements.coverage import BillDay, SeenModel, UsagePart
from storage.queries.sums import nano_sums, whole
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.crosschecks import observed_days, statement_days
from storage.tables.intake import sources, usage_days, usage_series
from storage.transaction import OpenTransaction


class StatementCoverage:
    """The queries of a statement's error bar within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def usage(self, team_ids: Sequence[int], *, first_day: int, end_day: int) -> list[UsagePart]:
        """Returns teams' usage of days [first, end)."""
        series = usage_series.c
        at = (usage_days.c.local_day, series.provider, series.model, series.basis)
        tokens = sum((usage_days.c[name] for name in COUNTER_COLUMNS[1:5]), usage_days.c[COUNTER_COLUMNS[0]])
        rows = await self._connection.execute(
            select(*at, func.sum(usage_days.c.calls), func.sum(tokens), *nano_sums(usage_days.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id.in_(list(team_ids)))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(*at)
            .order_by(*at)
        )
        return [
            UsagePart(
                day=int(day),
                provider=str(provider),
                model=str(model),
                basis=str(basis),
                calls=int(calls),
                tokens=int(count),
                cost_nanos=whole(dollars, rest),
            )
            for day, provider, model, basis, calls, count, dollars, rest in rows
        ]

    async def bills(self, *, first_day: int, end_day: int) -> list[BillDay]:
        """Returns the bills of days [first, end) that were compared with the books."""
        rows = await self._connection.execute(
            select(statement_days)
            .where(statement_days.c.day >= first_day, statement_days.c.day < end_day)
            .order_by(statement_days.c.provider, statement_days.c.day)
        )
        return [
            BillDay(provider=row.provider, day=row.day, billed_nanos=row.statement_nanos, booked_nanos=row.booked_nanos)
            for row in rows
        ]

    async def seen(self, *, first_day: int, end_day: int) -> list[SeenModel]:
        """Returns what observing sources saw of days [first, end), by model."""
        at = (observed_days.c.day, observed_days.c.model)
        observing = select(sources.c.id).where(sources.c.role == "observe")
        rows = await self._connection.execute(
            select(*at, func.sum(observed_days.c.tokens))
            .where(observed_days.c.source_id.in_(observing))
            .where(observed_days.c.day >= first_day, observed_days.c.day < end_day)
            .group_by(*at)
            .order_by(*at)
        )
        return [SeenModel(day=int(day), model=str(model), tokens=int(count)) for day, model, count in rows]
