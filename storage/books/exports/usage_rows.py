"""The rows of `export usage`: every event as it was booked, in order of time, then the adjusting rows beside them.

An event's rows add up to what it counts now, and all rows to the totals.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, tuple_

from bot.books.exports.columns import USAGE_COLUMNS, ExportRow
from bot.periods import DAY_MICROS
from storage.books.exports.pages import ExportScope, Page, Position
from storage.books.exports.snapshots import existed
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.intake import sources, usage_adjustments, usage_days, usage_events, usage_series
from storage.tables.org import people, teams
from storage.transaction import OpenTransaction

UNKNOWN_COST = ("unpriced", "unmetered")
"""Bases of calls whose cost nobody knows: it is not zero."""
_EVENT, _ADJUSTED, _SERIES = usage_events.c, usage_adjustments.c, usage_series.c
_PLACE = (_EVENT.occurred_at, _EVENT.source_id, _EVENT.key_hash)
_BEFORE_ADJUSTMENTS: Position = (0,)
"""A position has the number of an adjusting row, or the three parts of an event's place."""
_CURRENT = people.alias("current")
_USER_RULE = "user:"


class UsageRows:
    """The events and adjusting rows of a scope within one transaction."""

    columns = USAGE_COLUMNS

    def __init__(self, tx: OpenTransaction, scope: ExportScope) -> None:
        self._connection = tx.connection
        self._scope = scope
        self._events = self._conditions(tx, usage_events)
        self._adjustments = self._conditions(tx, usage_adjustments)

    def _conditions(self, tx: OpenTransaction, table: Any) -> list[ColumnElement[bool]]:
        scope, conditions = self._scope, [existed(tx, table, self._scope.snapshot)]
        if scope.team_id is not None:
            conditions.append(table.c.team_id == scope.team_id)
        if scope.period is not None:
            first, end = scope.period.first_day, scope.period.end_day
            conditions += [table.c.local_day >= first, table.c.local_day < end]
            # A local day begins at most 14 hours from UTC's: these bounds have an index, and choose partitions.
            conditions += [
                table.c.occurred_at >= (first - 1) * DAY_MICROS,
                table.c.occurred_at < (end + 1) * DAY_MICROS,
            ]
        return conditions

    async def page(self, after: Position, limit: int) -> Page:
        rows: list[ExportRow] = []
        if len(after) != 1:
            rows, ended_at = await self._events_after(after, limit)
            if len(rows) == limit:
                return Page(rows, ended_at)
            after, limit = _BEFORE_ADJUSTMENTS, limit - len(rows)
        adjusting, ended_at = await self._adjustments_after(after, limit)
        return Page([*rows, *adjusting], ended_at if len(adjusting) == limit else None)

    async def skip(self, after: Position, rows: int) -> Position | None:
        if len(after) != 1:
            query = _after(select(*_PLACE).where(*self._events), after)
            found = (await self._connection.execute(query.offset(rows - 1).limit(1))).one_or_none()
            if found is not None:
                return _place(found)
            passed = select(func.count()).select_from(_after(select(*_PLACE).where(*self._events), after).subquery())
            rows -= int((await self._connection.execute(passed)).scalar_one())
            after = _BEFORE_ADJUSTMENTS
        if rows == 0:
            return after
        query = select(_ADJUSTED.id).where(*self._adjustments, _ADJUSTED.id > after[0]).order_by(_ADJUSTED.id)
        number = (await self._connection.execute(query.offset(rows - 1).limit(1))).scalar()
        return None if number is None else (int(number),)

    async def count(self) -> int:
        """Returns about how many rows there are: calls whose totals wait are missing, and rows that move a call add up
        to none."""
        days = usage_days.c
        calls = select(func.coalesce(func.sum(days.calls), 0))
        if self._scope.period is not None:
            period = self._scope.period
            calls = calls.where(days.local_day >= period.first_day, days.local_day < period.end_day)
        if self._scope.team_id is not None:
            calls = calls.where(days.team_id == self._scope.team_id)
        adjusting = select(func.count()).select_from(usage_adjustments).where(*self._adjustments)
        found = [(await self._connection.execute(query)).scalar_one() for query in (calls, adjusting)]
        return sum(map(int, found))

    async def _events_after(self, after: Position, limit: int) -> tuple[list[ExportRow], Position]:
        shared = self._shared(_EVENT)
        query = _joined(select(_EVENT.key_hash, _EVENT.source_id, _EVENT.event_id, *shared), usage_events)
        query = _after(query.where(*self._events), after).limit(limit)
        found = (await self._connection.execute(query)).all()
        rows = [self._row(row, event_id=row.event_id, adjusts="") for row in found]
        return rows, _place(found[-1]) if found else after

    async def _adjustments_after(self, after: Position, limit: int) -> tuple[list[ExportRow], Position]:
        is_its_event = and_(
            _EVENT.occurred_at == _ADJUSTED.occurred_at,
            _EVENT.source_id == _ADJUSTED.source_id,
            _EVENT.key_hash == _ADJUSTED.key_hash,
        )
        shared = self._shared(_ADJUSTED)
        query = _joined(select(_ADJUSTED.id, _ADJUSTED.key_hash, _EVENT.event_id, *shared), usage_adjustments)
        query = query.outerjoin(usage_events, is_its_event).where(*self._adjustments, _ADJUSTED.id > after[0])
        found = (await self._connection.execute(query.order_by(_ADJUSTED.id).limit(limit))).all()
        rows = [self._row(row, event_id=f"adjustment:{row.id}", adjusts=_event_named(row)) for row in found]
        return rows, (int(found[-1].id),) if found else after

    def _shared(self, at: Any) -> list[Any]:
        """Returns the columns that events and adjusting rows have in common."""
        return [
            at.occurred_at,
            sources.c.name.label("source"),
            teams.c.slug.label("team"),
            *(_SERIES[name] for name in ("tool", "provider", "model", "workflow", "credential", "basis", "person_id")),
            _CURRENT.c.email,
            _CURRENT.c.name.label("spelled"),
            *(at[name] for name in COUNTER_COLUMNS),
            at.cost_nanos,
            at.rule,
        ]

    def _row(self, row: Any, *, event_id: str, adjusts: str) -> ExportRow:
        is_shown = self._scope.shows_people
        return (
            *(row.occurred_at, row.source or "", event_id, row.team),
            (row.email or row.spelled or "") if is_shown else "",
            *(row.tool, row.provider, row.model, row.workflow, row.credential),
            *(getattr(row, name) for name in COUNTER_COLUMNS),
            None if row.basis in UNKNOWN_COST else row.cost_nanos,
            row.basis,
            row.rule if is_shown or not row.rule.startswith(_USER_RULE) else _USER_RULE.rstrip(":"),
            adjusts,
        )


def _joined(query: Select[Any], table: Any) -> Select[Any]:
    return (
        query.select_from(table)
        .join(usage_series, _SERIES.id == table.c.series_id)
        .join(teams, teams.c.id == table.c.team_id)
        .outerjoin(sources, sources.c.id == table.c.source_id)
        .outerjoin(people, people.c.id == _SERIES.person_id)
        .outerjoin(_CURRENT, _CURRENT.c.id == func.coalesce(people.c.merged_into, people.c.id))
    )


def _after(query: Select[Any], after: Position) -> Select[Any]:
    """Adds the order of events, and the place they begin after."""
    if after:
        place = tuple_(*(literal(value, column.type) for value, column in zip(after, _PLACE, strict=True)))
        query = query.where(_EVENT.occurred_at >= after[0], tuple_(*_PLACE) > place)
    return query.order_by(*_PLACE)


def _place(row: Any) -> Position:
    return int(row.occurred_at), int(row.source_id), bytes(row.key_hash)


def _event_named(row: Any) -> str:
    """Returns the event's id, or its key once old events are removed."""
    return row.event_id if row.event_id is not None else f"key:{bytes(row.key_hash).hex()}"
