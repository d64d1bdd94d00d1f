"""What a report of many teams reads beside their days: tools by week, and the parts of a few teams."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, literal_column, select

from bot.periods import week_of
from storage.queries.sums import nano_sums, whole
from storage.reporting.company_days import MANY_TEAMS, CompanyDays
from storage.reporting.day_columns import costs_by_code_and_week
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.intake import usage_days, usage_series
from storage.transaction import OpenTransaction

_WEEK = 7
_EPOCH_MONDAY = week_of(0)[0]


class SeriesSum(NamedTuple):
    """A team's spend and tokens of one tool, model and workflow."""

    team_id: int
    tool: str
    model: str
    workflow: str
    tokens: int
    cost_nanos: int


class SubtreeReports:
    """The reads of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._is_snapshot = transaction.is_snapshot
        self._company = CompanyDays(transaction)

    async def tools_by_week(
        self, team_ids: Collection[int], *, first_day: int, end_day: int
    ) -> dict[tuple[str, int], int]:
        """Returns nano-dollars by (tool, the week's Monday) over [first_day, end_day), of many teams from memory."""
        if self._is_snapshot and len(team_ids) >= MANY_TEAMS:
            return await self._from_memory(team_ids, first_day=first_day, end_day=end_day)
        week = ((usage_days.c.local_day - _EPOCH_MONDAY) // _WEEK).label("week")
        rows = await self._connection.execute(
            select(usage_series.c.tool, week, *nano_sums(usage_days.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id.in_(list(team_ids)))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(usage_series.c.tool, literal_column("week"))
        )
        return {(str(tool), _EPOCH_MONDAY + _WEEK * int(at)): whole(dollars, rest) for tool, at, dollars, rest in rows}

    async def _from_memory(
        self, team_ids: Collection[int], *, first_day: int, end_day: int
    ) -> dict[tuple[str, int], int]:
        teams = await self._company.of_teams(team_ids, first_day=first_day, end_day=end_day)
        coded = self._company.names.coded(("tool",))
        monday = week_of(first_day)[0]
        sums = costs_by_code_and_week(teams.values(), coded.codes, first_day=first_day, end_day=end_day, monday=monday)
        return {(coded.names[code][0], at): nanos for (code, at), nanos in sums.items()}

    async def series_of(self, team_ids: Collection[int], *, first_day: int, end_day: int) -> list[SeriesSum]:
        """Returns the spend of a few teams by tool, model and workflow over [first_day, end_day)."""
        tokens = sum((usage_days.c[name] for name in COUNTER_COLUMNS[1:5]), usage_days.c[COUNTER_COLUMNS[0]])
        parts = (usage_days.c.team_id, usage_series.c.tool, usage_series.c.model, usage_series.c.workflow)
        rows = await self._connection.execute(
            select(*parts, func.sum(tokens), *nano_sums(usage_days.c.cost_nanos))
            .join(usage_series, usage_series.c.id == usage_days.c.series_id)
            .where(usage_days.c.team_id.in_(list(team_ids)))
            .where(usage_days.c.local_day >= first_day, usage_days.c.local_day < end_day)
            .group_by(*parts)
        )
        return [SeriesSum(int(i), t, m, w, int(n), whole(usd, rest)) for i, t, m, w, n, usd, rest in rows]
