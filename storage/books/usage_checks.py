"""Checks of usage: events with their keys and totals, and adjusting rows with their events.

Healthy books are proven by marks in one pass over each table, with flat memory. Where marks differ the rows are compared
one by one, of the teams at fault alone.
"""

from collections.abc import AsyncIterator, Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal_column, select, text

from bot.periods import HOUR_MICROS
from storage.books.differences import differences
from storage.books.marks import PRIME, marks
from storage.books.rollups import ROLLUPS, Rollup
from storage.intake.pending import pending_events
from storage.tables.books import removed_calls
from storage.tables.crosschecks import observed_days
from storage.tables.intake import (
    call_records,
    event_keys,
    run_keys,
    usage_adjustments,
    usage_days,
    usage_events,
    usage_series,
)
from storage.transaction import OpenTransaction

Watch = Callable[[str, int, int], None]
"""Takes what is being read, how much of it is done, and how much there is."""
_ROWS = 500_000
"""Events of one statement on SQLite: about half a second."""
_ONE: ColumnElement[int] = literal_column("1")
_HOUR: ColumnElement[int] = literal_column(str(HOUR_MICROS))

_KEPT_QUERIES = 100


class _Part(NamedTuple):
    """Events that one statement reads: those whose column is at least `first` and below `end`."""

    column: str
    first: int
    end: int

    @property
    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        at: ColumnElement[int] = literal_column(f"usage_events.{self.column}")
        return at >= literal_column(str(self.first)), at < literal_column(str(self.end))


async def lock_events(tx: OpenTransaction) -> None:
    """Keeps PostgreSQL's months from being emptied while a snapshot reads them. Call it before the first read."""
    if tx.connection.dialect.name == "postgresql":
        await tx.connection.execute(text("LOCK TABLE usage_events IN ACCESS SHARE MODE"))


async def usage_faults(tx: OpenTransaction, watch: Watch) -> AsyncIterator[str]:
    """Yields every fault of keys, events and totals. Removed events count by the sums that were kept of them."""
    have, by_source = [0, 0], dict[int, int]()
    parts = await _parts(tx)
    for at, part in enumerate(parts):
        watch("Reading events", at, len(parts))
        _add(have, await _one(tx, _event_marks(part)))
        counts = await _by_source(tx, select(usage_events.c.source_id, func.count()).where(*part.conditions))
        by_source = {source: by_source.get(source, 0) + counts.get(source, 0) for source in by_source | counts}
    watch("Reading events", len(parts), len(parts))
    async for fault in _key_faults(tx, by_source):
        yield fault
    _add(have, await _one(tx, _adjustment_marks()))
    for at, mark in enumerate(await _one(tx, _pending_marks(tx.connection.dialect.name))):
        have[at] -= mark
    for at, rollup in enumerate(ROLLUPS):
        kept = await tx.connection.execute(select(func.coalesce(func.sum(rollup.kept), 0)))
        have[at] += int(kept.scalar_one())
    for at, rollup in enumerate(ROLLUPS):
        watch("Reading totals", at, len(ROLLUPS))
        said = await _one(tx, _total_marks(rollup))
        if said[0] % PRIME != have[at] % PRIME:
            async for fault in differences(tx, rollup):
                yield fault
    watch("Reading totals", len(ROLLUPS), len(ROLLUPS))
    series_teams = (
        select(func.count())
        .select_from(usage_days.join(usage_series, usage_series.c.id == usage_days.c.series_id))
        .where(usage_series.c.team_id != usage_days.c.team_id)
    )
    if wrong := (await tx.connection.execute(series_teams)).scalar_one():
        yield f"usage days: {wrong} rows name another team than their series"


async def _key_faults(tx: OpenTransaction, events: dict[int, int]) -> AsyncIterator[str]:
    seen = await _by_source(tx, select(observed_days.c.source_id, func.sum(observed_days.c.calls)))
    gone = await _by_source(tx, select(removed_calls.c.source_id, func.sum(removed_calls.c.calls)))
    twins = await _by_source(tx, select(call_records.c.source_id, func.sum(call_records.c.has_key)))
    keys = await _by_source(tx, select(event_keys.c.source_id, func.count()))
    place = (run_keys.c.run, run_keys.c.source_id)  # in the order of the table, so that nothing is sorted
    for _, source, count in await tx.connection.execute(select(*place, func.count()).group_by(*place)):
        keys[int(source)] = keys.get(int(source), 0) + int(count)
    for source in sorted(keys.keys() | events.keys() | seen.keys() | gone.keys() | twins.keys()):
        # A source may have been a meter, and observe now.
        have = [counts.get(source, 0) for counts in (keys, events, seen, gone, twins)]
        if have[0] != sum(have[1:]):
            others = (
                f", {count} {what}" for count, what in zip(have[3:], ("removed events", "twins"), strict=True) if count
            )
            yield (
                f"usage: source {source}: {have[0]} event keys, {have[1]} events, {have[2]} observed calls{''.join(others)}"
            )


async def _by_source(tx: OpenTransaction, query: Select[Any]) -> dict[int, int]:
    rows = await tx.connection.execute(query.group_by(query.selected_columns[0]))
    return {int(source): int(count) for source, count in rows}


# Writing such a query takes longer than reading a small table with it, so each is written once.


@lru_cache(maxsize=_KEPT_QUERIES)
def _event_marks(part: _Part) -> Select[Any]:
    return marks(usage_events, [rollup.of(usage_events.c) for rollup in ROLLUPS], *part.conditions, calls=_ONE)


@cache
def _adjustment_marks() -> Select[Any]:
    return marks(usage_adjustments, [rollup.of(usage_adjustments.c) for rollup in ROLLUPS])


@cache
def _pending_marks(dialect: str) -> Select[Any]:
    waits = pending_events(dialect)
    return marks(waits, [rollup.of(waits.c) for rollup in ROLLUPS], calls=_ONE)


@cache
def _total_marks(rollup: Rollup) -> Select[Any]:
    return marks(rollup.table, [rollup.table.c[rollup.bucket]])


async def _parts(tx: OpenTransaction) -> list[_Part]:
    """Returns what divides the events: some rows of SQLite's table, a month on PostgreSQL."""
    if tx.connection.dialect.name == "postgresql":
        bounds = text(
            "SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'usage_events'::regclass ORDER BY 1"
        )
        edges = [_numbers(str(bound)) for bound in (await tx.connection.execute(bounds)).scalars()]
        return [_Part("occurred_at", first, end) for first, end in edges]
    last = (await tx.connection.execute(text("SELECT coalesce(max(rowid), 0) FROM usage_events"))).scalar_one()
    return [_Part("rowid", at, at + _ROWS) for at in range(1, int(last) + 1, _ROWS)]


def _numbers(bound: str) -> tuple[int, int]:
    """Returns the edges of a partition, written as FOR VALUES FROM ('1') TO ('2')."""
    first, last = bound.replace("'", "").removeprefix("FOR VALUES FROM (").removesuffix(")").split(") TO (")
    return int(first), int(last)


async def _one(tx: OpenTransaction, query: Select[Any]) -> list[int]:
    """Returns the marks of a query, without the number of rows."""
    return [int(value) for value in (await tx.connection.execute(query)).one()[1:]]


def _add(sums: list[int], more: list[int]) -> None:
    for at, value in enumerate(more):
        sums[at] += value
