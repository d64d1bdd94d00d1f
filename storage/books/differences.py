"""The rows at fault where totals and their events differ: read only then, and of the teams at fault alone."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, literal_column, select, union_all

from bot.periods import moment
from storage.books.marks import AMOUNTS, PRIME, marks_by
from storage.books.rollups import Rollup
from storage.intake.pending import pending_events
from storage.queries.sums import nano_sums
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.books import removals, removed_usage
from storage.tables.intake import usage_adjustments, usage_events
from storage.transaction import OpenTransaction

_ONE: ColumnElement[int] = literal_column("1")


async def differences(tx: OpenTransaction, rollup: Rollup) -> AsyncIterator[str]:
    """Yields each row of a rollup that differs from its events; of removed events, the day or team."""
    horizon = (await tx.connection.execute(select(func.max(removals.c.before_at)))).scalar()
    marks = await _marks(tx, rollup, by_day=False)
    wrong = sorted(team for (team,), mark in marks.items() if mark % PRIME)
    for first in range(0, len(wrong), 100):
        teams = wrong[first : first + 100]
        if horizon is not None:
            async for fault in _removed_differences(tx, rollup, teams, int(horizon)):
                yield fault
        async with tx.connection.stream(
            _different_rows(rollup, pending_events(tx.connection.dialect.name), teams, horizon)
        ) as rows:
            async for team, bucket, series in rows:
                place = f"team {team}, {rollup.name[:-1]} {bucket}, series {series}"
                yield f"usage {rollup.name}: {place}: events and rollup differ"


async def _removed_differences(
    tx: OpenTransaction, rollup: Rollup, teams: Sequence[int], horizon: int
) -> AsyncIterator[str]:
    """Yields the days, or for hours the teams, whose totals differ from the sums that were kept of removed events."""
    by_day = rollup.bucket == "local_day"
    marks = await _marks(tx, rollup, by_day=by_day, teams=teams, before=horizon)
    for at, mark in sorted(marks.items()):
        if mark % PRIME:
            where = f"team {at[0]}, day {at[1]}" if by_day else f"team {at[0]}, before {moment(horizon):%Y-%m-%d}"
            yield f"usage {rollup.name}: {where}: the sums of removed events and the rollup differ"


async def _marks(
    tx: OpenTransaction, rollup: Rollup, *, by_day: bool, teams: Sequence[int] = (), before: int | None = None
) -> dict[tuple[int, ...], int]:
    """Returns what events, adjusting and removed ones have more than the totals, as marks by team, and by day if asked."""
    found: dict[tuple[int, ...], int] = {}
    waits = pending_events(tx.connection.dialect.name)
    for source, sign in ((usage_events, 1), (usage_adjustments, 1), (waits, -1), (rollup.table, -1)):
        columns: Any = source.c
        bucket = columns[rollup.bucket] if source is rollup.table else rollup.of(columns)
        conditions = [columns.team_id.in_(teams)] if teams else []
        if before is not None:
            conditions.append(rollup.is_removed(bucket, columns.team_id, before))
        group = [columns.team_id, bucket] if by_day else [columns.team_id]
        calls = _ONE if source in (usage_events, waits) else None
        rows = await tx.connection.execute(marks_by(group, source, [bucket], *conditions, calls=calls))
        for *at, _, mark in rows:
            found[tuple(map(int, at))] = found.get(tuple(map(int, at)), 0) + sign * int(mark)
    place: list[Any] = [removed_usage.c.team_id, removed_usage.c.local_day][: 1 + by_day]
    kept: Select[Any] = select(*place, func.sum(rollup.kept)).group_by(*place)
    for *at, mark in await tx.connection.execute(kept.where(removed_usage.c.team_id.in_(teams)) if teams else kept):
        found[tuple(map(int, at))] = found.get(tuple(map(int, at)), 0) + int(mark)
    return found


def _different_rows(rollup: Rollup, waits: Any, teams: Sequence[int], horizon: int | None) -> Select[Any]:
    def part(source: Any, sign: int, calls: Any) -> Select[Any]:
        columns = source.c
        bucket = columns[rollup.bucket] if source is rollup.table else rollup.of(columns)
        amounts = [(literal_column(str(sign)) * columns[name]).label(name) for name in AMOUNTS[1:]]
        rows = select(columns.team_id, bucket.label("bucket"), columns.series_id, calls.label("calls"), *amounts)
        rows = rows.where(columns.team_id.in_(teams))
        return rows if horizon is None else rows.where(~rollup.is_removed(bucket, columns.team_id, horizon))

    rows = union_all(
        part(usage_events, 1, _ONE),
        part(usage_adjustments, 1, usage_adjustments.c.calls),
        part(waits, -1, literal_column("-1")),
        part(rollup.table, -1, literal_column("-1") * rollup.table.c.calls),
    ).subquery()
    place = (rows.c.team_id, rows.c.bucket, rows.c.series_id)
    amounts: list[Any] = [func.sum(rows.c[name]) for name in ("calls", *COUNTER_COLUMNS)]
    for name in AMOUNTS[-2:]:
        dollars, rest = nano_sums(rows.c[name])
        amounts.append(dollars * literal_column("1000000000") + rest)
    differs: Any = false()
    for amount in amounts:
        differs = differs | (amount != literal_column("0"))
    return select(*place).group_by(*place).having(differs).order_by(*place)
