"""Teams' use by week and series, from which a digest takes all its figures and the cause of the week."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, literal_column, select

from bot.reporting.causes.weeks import WeekUse
from storage.queries.sums import nano_sums, whole
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.intake import usage_days, usage_series
from storage.tables.org import people
from storage.transaction import OpenTransaction


class WeekUses:
    """The reads of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def by_week(self, team_ids: Sequence[int], *, first_day: int, end_day: int) -> list[WeekUse]:
        """Returns the use of each series by week, counted back from `end_day`. Merged people count as one."""
        week: ColumnElement[int] = literal_column(f"({end_day - 1} - usage_days.local_day) / 7")
        person = func.coalesce(people.c.merged_into, usage_series.c.person_id)
        counters = (func.sum(usage_days.c[name]) for name in COUNTER_COLUMNS[:5])  # reasoning is part of the output
        names = (usage_series.c[name] for name in ("tool", "provider", "model", "workflow", "credential"))
        rows = await self._connection.execute(
            select(
                *(week.label("week"), *names, person, usage_series.c.basis),
                *(func.sum(usage_days.c.calls), *counters, *nano_sums(usage_days.c.cost_nanos)),
            )
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .outerjoin(people, people.c.id == usage_series.c.person_id)
            .where(usage_days.c.team_id.in_(list(team_ids)))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(literal_column("week"), usage_series.c.id, people.c.id)
        )
        return [
            WeekUse._make((int(row[0]), *row[1:6], int(row[6]), row[7], *map(int, row[8:14]), whole(row[14], row[15])))
            for row in rows
        ]
