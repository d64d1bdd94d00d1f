"""Checks of adjusting rows with the events they adjust."""

from collections.abc import AsyncIterator

from sqlalchemy import and_, case, exists, func, literal, not_, or_, select, union_all

from storage.tables.base import COUNTER_COLUMNS
from storage.tables.books import removals
from storage.tables.intake import call_records, usage_adjustments, usage_events
from storage.transaction import OpenTransaction

TWIN = "twin"
"""The kind of rows that raise a call to the figures of another record, or take out its further events. What the records
said is only kept for a while (`handlers/intake/twins/pruning.py`).
"""


async def adjustment_faults(tx: OpenTransaction) -> AsyncIterator[str]:
    """Yields faults of adjusting rows: a row that moves or reprices an event names it, and adds or removes no usage,
    unless one of its rows is a twin's.

    Rows of removed events can only be added up.
    """
    horizon = (await tx.connection.execute(select(func.coalesce(func.max(removals.c.before_at), 0)))).scalar_one()
    row, event = usage_adjustments.c, usage_events.c
    is_of = and_(event.occurred_at == row.occurred_at, event.source_id == row.source_id, event.key_hash == row.key_hash)
    lost = select(row.id).where(row.occurred_at >= horizon, not_(exists().where(is_of))).order_by(row.id)
    for adjustment_id in (await tx.connection.execute(lost)).scalars():
        yield f"adjustments: row {adjustment_id} names no event"
    amounts = ("calls", *COUNTER_COLUMNS)
    unbalanced = (
        select(row.source_id, row.key_hash)
        .group_by(row.source_id, row.key_hash)
        .having(
            func.sum(case((row.kind == TWIN, 1), else_=0)) == 0, or_(*(func.sum(row[name]) != 0 for name in amounts))
        )
        .order_by(row.source_id, row.key_hash)
    )
    for source_id, key_hash in await tx.connection.execute(unbalanced):
        yield f"adjustments: the rows of event {bytes(key_hash).hex()} of source {source_id} add or take away usage"
    summed = (*amounts, "cost_nanos", "notional_nanos")
    place = ("source_id", "key_hash", "team_id", "local_day", "series_id")
    # From the adjusting rows, which are few, to their events: not from each event to its rows.
    adjusted = (
        select(row.occurred_at, row.source_id, row.key_hash).where(row.occurred_at >= horizon).distinct().subquery()
    )
    found = adjusted.c
    is_theirs = and_(
        event.occurred_at == found.occurred_at, event.source_id == found.source_id, event.key_hash == found.key_hash
    )
    booked = select(*(event[name] for name in place), literal(1).label("calls"), *(event[name] for name in summed[1:]))
    both = union_all(
        select(*(row[name] for name in (*place, *summed))).where(row.occurred_at >= horizon),
        booked.select_from(adjusted.join(usage_events, is_theirs)),
    ).subquery()
    left_over = or_(*(func.sum(both.c[name]) != 0 for name in summed[1:]))
    split = (
        select(both.c.source_id, both.c.key_hash)
        .group_by(*(both.c[name] for name in place))
        .having(and_(func.sum(both.c.calls) != 1, or_(func.sum(both.c.calls) != 0, left_over)))
        .order_by(both.c.source_id, both.c.key_hash)
    )
    for source_id, key_hash in await tx.connection.execute(split):
        yield f"adjustments: event {bytes(key_hash).hex()} of source {source_id} counts in more than one place"


async def twin_faults(tx: OpenTransaction) -> AsyncIterator[str]:
    """Yields faults of calls with several records: one event books each, and no other of its events counts."""
    horizon = (await tx.connection.execute(select(func.coalesce(func.max(removals.c.before_at), 0)))).scalar_one()
    record, row = call_records.c, usage_adjustments.c
    calls = (
        select(1 + func.coalesce(func.sum(row.calls), 0))
        .where(row.source_id == record.source_id, row.key_hash == record.key_hash)
        .scalar_subquery()
    )
    counts = (
        record.source_id,
        record.key_hash,
        calls.label("calls"),
        (record.key_hash == record.call_key).label("books"),
    )
    events = select(*counts).where(record.is_booked == 1, record.occurred_at >= horizon)
    for source_id, key_hash, count, books in await tx.connection.execute(events):
        if int(count) != int(books):
            yield f"twins: event {bytes(key_hash).hex()} of source {source_id} counts {count} times, and should {int(books)}"
    other = call_records.alias()
    has_event = exists().where(
        other.c.source_id == record.source_id, other.c.key_hash == record.call_key, other.c.is_booked == 1
    )
    lost = select(record.source_id, record.call_key).where(not_(has_event)).distinct()
    for source_id, call_key in await tx.connection.execute(lost):
        yield f"twins: no event books call {bytes(call_key).hex()} of source {source_id}"
