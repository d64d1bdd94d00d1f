"""The check of the newest usage alone: events, adjusting rows and their totals since a day."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select

from bot.periods import DAY_MICROS, HOUR_MICROS
from storage.books.marks import PRIME, marks_by
from storage.books.rollups import ROLLUPS, Rollup
from storage.intake.pending import pending_events
from storage.tables.books import removals
from storage.tables.intake import usage_adjustments, usage_events
from storage.transaction import OpenTransaction

_EASTERNMOST_HOURS = 15
"""A local day begins at most so long before the same day in UTC."""
_ONE: ColumnElement[int] = literal_column("1")


async def tail_faults(
    tx: OpenTransaction, since_day: int, watch: Callable[[str, int, int], None]
) -> AsyncIterator[str]:
    """Yields each team and hour or day whose totals differ from its events. Removed events are left out."""
    removed_before = (await tx.connection.execute(select(func.max(removals.c.before_at)))).scalar() or 0
    first_at = since_day * DAY_MICROS - _EASTERNMOST_HOURS * HOUR_MICROS
    if first_at < removed_before:  # the days around its edge may have lost some of their events
        first_at, since_day = int(removed_before), int(removed_before) // DAY_MICROS + 2
    for at, rollup in enumerate(ROLLUPS):
        watch("Reading totals", at, len(ROLLUPS))
        first = first_at // HOUR_MICROS if rollup.bucket == "hour" else since_day
        for (team, bucket), mark in sorted((await _marks(tx, rollup, first_at, first)).items()):
            if mark % PRIME:
                yield f"usage {rollup.name}: team {team}, {rollup.name[:-1]} {bucket}: events and rollup differ"
    watch("Reading totals", len(ROLLUPS), len(ROLLUPS))


async def _marks(tx: OpenTransaction, rollup: Rollup, first_at: int, first: int) -> dict[tuple[int, int], int]:
    """Returns what events and adjusting rows have more than the totals, as marks by team and bucket."""
    waits = pending_events(tx.connection.dialect.name)
    found: dict[tuple[int, int], int] = {}
    since: ColumnElement[int] = literal_column(str(first_at))
    bound: ColumnElement[int] = literal_column(str(first))
    for source, sign in ((usage_events, 1), (usage_adjustments, 1), (waits, -1), (rollup.table, -1)):
        columns: Any = source.c
        is_rollup = source is rollup.table
        bucket = columns[rollup.bucket] if is_rollup else rollup.of(columns)
        conditions = [bucket >= bound] if is_rollup else [columns.occurred_at >= since, bucket >= bound]
        calls = _ONE if source in (usage_events, waits) else None
        query = marks_by([columns.team_id, bucket], source, [bucket], *conditions, calls=calls)
        for team, place, _, mark in await tx.connection.execute(query):
            at = (int(team), int(place))
            found[at] = found.get(at, 0) + sign * int(mark)
    return found
