"""The rows of `export focus`: sums of events, and of adjusting rows, by team, day and series."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, case, func, literal_column, select

from bot.books.exports.columns import ExportRow
from bot.books.exports.focus import FOCUS_COLUMNS, Payer, UsageSum, focus_row
from bot.periods import DAY_MICROS, Period
from storage.books.exports.pages import ExportScope, Page, Position
from storage.books.exports.snapshots import existed
from storage.books.exports.usage_rows import UNKNOWN_COST
from storage.queries.sums import nano_sums, whole
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.intake import usage_adjustments, usage_days, usage_events, usage_series
from storage.tables.org import people, teams
from storage.transaction import OpenTransaction

_WITH_LIST_PRICE = ("contract", "reported")
"""Bases whose cost is not the list price, which is kept beside it."""
_SERIES = usage_series.c
_CURRENT = people.alias("current")


def _list_nanos(table: Any, calls: Any) -> Any:
    """Returns the cost by list price of a row; an adjusting row that only changes the cost has none of its own."""
    is_listed = and_(_SERIES.basis.in_(_WITH_LIST_PRICE), table.c.book_nanos.is_not(None))
    return case((is_listed, table.c.book_nanos * calls), else_=table.c.cost_nanos)


_CALLS: dict[Any, Any] = {usage_events: literal_column("1"), usage_adjustments: usage_adjustments.c.calls}
_LISTED = {table: _list_nanos(table, calls) for table, calls in _CALLS.items()}


class DayCache:
    """The rows of the newest day that was read: its pages are cut from them."""

    def __init__(self) -> None:
        self.day: int | None = None
        self.rows: list[ExportRow] = []


class FocusRows:
    """The charges of a period within one transaction, day by day. A position is a day and a number of its rows."""

    columns = FOCUS_COLUMNS

    def __init__(
        self, tx: OpenTransaction, scope: ExportScope, period: Period, *, payer: Payer, cache: DayCache
    ) -> None:
        self._tx = tx
        self._scope = scope
        self._period = period
        self._payer = payer
        self._cache = cache

    async def page(self, after: Position, limit: int) -> Page:
        day, passed = (int(after[0]), int(after[1])) if after else (self._period.first_day, 0)
        rows: list[ExportRow] = []
        while day < self._period.end_day:
            taken = (await self._rows_of(day))[passed : passed + limit - len(rows)]
            rows += taken
            passed += len(taken)
            if len(rows) == limit:
                return Page(rows, (day, passed, b""))
            day, passed = day + 1, 0
        return Page(rows, None)

    async def skip(self, after: Position, rows: int) -> Position | None:
        return (await self.page(after, rows)).after

    async def count(self) -> int:
        """Returns about how many rows there are: series by day."""
        days, period = usage_days.c, self._period
        counted = select(func.count()).where(days.local_day >= period.first_day, days.local_day < period.end_day)
        if self._scope.team_id is not None:
            counted = counted.where(days.team_id == self._scope.team_id)
        return int((await self._tx.connection.execute(counted)).scalar_one())

    async def _rows_of(self, day: int) -> Sequence[ExportRow]:
        if self._cache.day != day:
            found = [used for table in _CALLS for used in await self._sums(table, day) if not used.is_nothing]
            self._cache.rows = [focus_row(used, payer=self._payer, period=self._period) for used in found]
            self._cache.day = day
        return self._cache.rows

    async def _sums(self, table: Any, day: int) -> list[UsageSum]:
        found = []
        for row in await self._tx.connection.execute(self._query(table, day)):
            found.append(
                UsageSum(
                    day=day,
                    is_adjusting=table is usage_adjustments,
                    team=row.slug,
                    team_name=row.team_name,
                    cost_center=row.cost_center,
                    **{name: getattr(row, name) for name in ("tool", "provider", "model", "workflow", "credential")},
                    basis=row.basis,
                    user=(row.email or row.spelled or "") if self._scope.shows_people else "",
                    calls=int(row.calls),
                    counters=tuple(int(getattr(row, name)) for name in COUNTER_COLUMNS),
                    cost_nanos=whole(row.cost_dollars, row.cost_rest),
                    list_nanos=whole(row.list_dollars, row.list_rest),
                    is_unknown=row.basis in UNKNOWN_COST,
                )
            )
        return found

    def _query(self, table: Any, day: int) -> Select[Any]:
        c = table.c
        (cost_dollars, cost_rest), (list_dollars, list_rest) = nano_sums(c.cost_nanos), nano_sums(_LISTED[table])
        sums = (
            select(
                *(c.team_id, c.series_id, func.sum(_CALLS[table]).label("calls")),
                *(func.sum(c[name]).label(name) for name in COUNTER_COLUMNS),
                *(cost_dollars.label("cost_dollars"), cost_rest.label("cost_rest")),
                *(list_dollars.label("list_dollars"), list_rest.label("list_rest")),
            )
            .join(usage_series, _SERIES.id == c.series_id)
            .where(existed(self._tx, table, self._scope.snapshot), c.local_day == day)
            .where(c.occurred_at >= (day - 1) * DAY_MICROS, c.occurred_at < (day + 2) * DAY_MICROS)
            .group_by(c.team_id, c.series_id)
        )
        if self._scope.team_id is not None:
            sums = sums.where(c.team_id == self._scope.team_id)
        summed = sums.subquery()
        parts = (_SERIES[name] for name in ("tool", "provider", "model", "workflow", "credential", "basis"))
        return (
            select(summed, teams.c.slug, teams.c.name.label("team_name"), teams.c.cost_center, *parts)
            .add_columns(_CURRENT.c.email, _CURRENT.c.name.label("spelled"))
            .join(usage_series, _SERIES.id == summed.c.series_id)
            .join(teams, teams.c.id == summed.c.team_id)
            .outerjoin(people, people.c.id == _SERIES.person_id)
            .outerjoin(_CURRENT, _CURRENT.c.id == func.coalesce(people.c.merged_into, people.c.id))
            .order_by(summed.c.team_id, summed.c.series_id)
        )
