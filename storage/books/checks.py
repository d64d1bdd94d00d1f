"""Checks that the sums agree: events with rollups, rollups with the ledger, the chains, the triggers. Each fault is a
line.
"""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, not_, or_, select, union_all

from storage.books.audit import Audit
from storage.books.ledger import Ledger
from storage.books.promises import overdrawn_accounts
from storage.crosschecks.reconciliations import Reconciliations
from storage.intake.pending import pending_events
from storage.intake.quarantine import Quarantine
from storage.sums import nano_sums, whole
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.books import accounts, entries
from storage.tables.crosschecks import observed_days
from storage.tables.intake import event_keys, usage_adjustments, usage_days, usage_events, usage_hours, usage_series
from storage.tables.requests import budget_requests
from storage.transaction import OpenTransaction
from storage.triggers import missing_triggers

_HOUR_MICROS = 3_600_000_000
_LAST_DAY = 10**9
_ZEROS = (0,) * (len(COUNTER_COLUMNS) + 3)


async def faults(tx: OpenTransaction) -> AsyncIterator[str]:
    """Yields every disagreement, in one snapshot. No fault means that every figure can be defended."""
    async for fault in _rollup_faults(tx):
        yield fault
    async for fault in _adjustment_faults(tx):
        yield fault
    async for fault in _ledger_faults(tx):
        yield fault
    for wrong in await Quarantine(tx).size_mismatches():
        yield wrong
    for wrong in await Reconciliations(tx).faults():
        yield wrong
    broken = await Audit(tx).first_broken()
    if broken is not None:
        yield f"audit: record {broken} does not fit the chain"
    for trigger in await tx.connection.run_sync(missing_triggers):
        yield f"triggers: {trigger} is missing, so a table that must only grow can be changed"


async def _rollup_faults(tx: OpenTransaction) -> AsyncIterator[str]:
    seen = await _by_source(tx, select(observed_days.c.source_id, func.sum(observed_days.c.calls)))
    events = await _by_source(tx, select(usage_events.c.source_id, func.count()))
    keys = await _by_source(tx, select(event_keys.c.source_id, func.count()))
    for source in sorted(keys.keys() | events.keys() | seen.keys()):  # a source may have been a meter, and observe now
        have = (keys.get(source, 0), events.get(source, 0), seen.get(source, 0))
        if have[0] != have[1] + have[2]:
            yield f"usage: source {source}: {have[0]} event keys, {have[1]} events, {have[2]} observed calls"
    hour = usage_events.c.occurred_at.op("/")(_HOUR_MICROS)
    for name, table, bucket, of_event in (
        ("hours", usage_hours, usage_hours.c.hour, hour),
        ("days", usage_days, usage_days.c.local_day, usage_events.c.local_day),
    ):
        rolled = await _sums(tx, _grouped(table.c.team_id, bucket, table.c.series_id, func.sum(table.c.calls), table))
        booked = await _sums(
            tx,
            _grouped(usage_events.c.team_id, of_event, usage_events.c.series_id, func.count(), usage_events),
        )
        adjusted = usage_adjustments.c
        of_row = adjusted.local_day if name == "days" else adjusted.occurred_at.op("/")(_HOUR_MICROS)
        rows = _grouped(adjusted.team_id, of_row, adjusted.series_id, func.sum(adjusted.calls), usage_adjustments)
        for at, amounts in (await _sums(tx, rows)).items():
            booked[at] = tuple(a + b for a, b in zip(booked.get(at, _ZEROS), amounts, strict=True))
        waits = pending_events(tx.connection)
        of_waiting = waits.c.local_day if name == "days" else waits.c.occurred_at.op("/")(_HOUR_MICROS)
        rows = _grouped(waits.c.team_id, of_waiting, waits.c.series_id, func.count(), waits)
        for at, amounts in (await _sums(tx, rows)).items():
            rolled[at] = tuple(a + b for a, b in zip(rolled.get(at, _ZEROS), amounts, strict=True))
        for at in sorted(rolled.keys() | booked.keys()):
            if rolled.get(at) != booked.get(at):
                yield f"usage {name}: team {at[0]}, {name[:-1]} {at[1]}, series {at[2]}: events and rollup differ"
    series_teams = (
        select(func.count())
        .select_from(usage_days.join(usage_series, usage_series.c.id == usage_days.c.series_id))
        .where(usage_series.c.team_id != usage_days.c.team_id)
    )
    if wrong := (await tx.connection.execute(series_teams)).scalar_one():
        yield f"usage days: {wrong} rows name another team than their series"


async def _by_source(tx: OpenTransaction, query: Select[Any]) -> dict[int, int]:
    rows = await tx.connection.execute(query.group_by(query.selected_columns[0]))
    return {int(source): int(count) for source, count in rows}


def _grouped(
    team: ColumnElement[int],
    bucket: ColumnElement[int],
    series: ColumnElement[int],
    calls: ColumnElement[int],
    table: object,
) -> Select[Any]:
    columns = table.c  # type: ignore[attr-defined]  # a Table
    counters = [func.sum(columns[name]) for name in COUNTER_COLUMNS]
    costs = (*nano_sums(columns.cost_nanos), *nano_sums(columns.notional_nanos))
    return select(team, bucket, series, calls, *counters, *costs).group_by(team, bucket, series)


async def _sums(tx: OpenTransaction, query: Select[Any]) -> dict[tuple[int, int, int], tuple[int, ...]]:
    found = {}
    for row in await tx.connection.execute(query):
        team, bucket, series, *counts, dollars, rest, notional_dollars, notional_rest = map(int, row)
        found[team, bucket, series] = (*counts, whole(dollars, rest), whole(notional_dollars, notional_rest))
    return found


async def _adjustment_faults(tx: OpenTransaction) -> AsyncIterator[str]:
    """Yields faults of adjusting rows: a row that moves or reprices an event names it, and adds or removes no usage."""
    row, event = usage_adjustments.c, usage_events.c
    is_of = and_(event.occurred_at == row.occurred_at, event.source_id == row.source_id, event.key_hash == row.key_hash)
    lost = select(row.id).where(not_(exists().where(is_of))).order_by(row.id)
    for adjustment_id in (await tx.connection.execute(lost)).scalars():
        yield f"adjustments: row {adjustment_id} names no event"
    amounts = ("calls", *COUNTER_COLUMNS)
    unbalanced = (
        select(row.source_id, row.key_hash)
        .group_by(row.source_id, row.key_hash)
        .having(or_(*(func.sum(row[name]) != 0 for name in amounts)))
        .order_by(row.source_id, row.key_hash)
    )
    for source_id, key_hash in await tx.connection.execute(unbalanced):
        yield f"adjustments: the rows of event {bytes(key_hash).hex()} of source {source_id} add or take away usage"
    summed = (*amounts, "cost_nanos", "notional_nanos")
    place = ("source_id", "key_hash", "team_id", "local_day", "series_id")
    booked = select(*(event[name] for name in place), literal(1).label("calls"), *(event[name] for name in summed[1:]))
    both = union_all(
        select(*(row[name] for name in (*place, *summed))), booked.where(exists().where(is_of).correlate(usage_events))
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


async def _ledger_faults(tx: OpenTransaction) -> AsyncIterator[str]:
    bad = await tx.connection.execute(select(entries.c.id).where(entries.c.amount_nanos <= 0))
    for entry_id in bad.scalars():
        yield f"ledger: entry {entry_id} moves nothing, or less"
    payer, payee = accounts.alias(), accounts.alias()
    crossed = (
        select(entries.c.id)
        .join(payer, payer.c.id == entries.c.from_account_id)
        .join(payee, payee.c.id == entries.c.to_account_id)
        .where((payer.c.period != entries.c.period) | (payee.c.period != entries.c.period))
        .where(entries.c.kind != "carry_forward")
    )
    for entry_id in (await tx.connection.execute(crossed)).scalars():
        yield f"ledger: entry {entry_id} is not in the period of its accounts"
    held = await _balances(tx, "held")
    query = (
        select(budget_requests.c.payer_id, budget_requests.c.period, *nano_sums(budget_requests.c.held_nanos))
        .where(budget_requests.c.state == "pending", budget_requests.c.payer_id.is_not(None))
        .group_by(budget_requests.c.payer_id, budget_requests.c.period)
    )
    waiting = {(int(t), str(p)): whole(d, r) for t, p, d, r in await tx.connection.execute(query)}
    for at in sorted(held.keys() | waiting.keys()):
        if held.get(at, 0) != waiting.get(at, 0):
            yield f"ledger: team {at[0]}, {at[1]}: held and the pending requests' holds differ"
    for overdrawn in await overdrawn_accounts(tx.connection):
        yield overdrawn
    async for fault in _charge_faults(tx):
        yield fault


async def _charge_faults(tx: OpenTransaction) -> AsyncIterator[str]:
    """Yields charges above their usage.

    Until the posting job corrects it, a charge may exceed usage by what adjusting rows took away after it was posted.
    """
    adjusted = usage_adjustments.c
    taken = {
        (int(team), int(day)): -whole(dollars, rest)
        for team, day, dollars, rest in await tx.connection.execute(
            select(adjusted.team_id, adjusted.local_day, *nano_sums(adjusted.cost_nanos))
            .where(adjusted.cost_nanos < 0)
            .group_by(adjusted.team_id, adjusted.local_day)
        )
    }
    spent: dict[int, int] = {}
    for (team, _), nanos in (await _balances(tx, "spent")).items():
        spent[team] = spent.get(team, 0) + nanos
    of_days = await Ledger(tx).charges_due(before_day=dict.fromkeys(spent, _LAST_DAY))
    too_much = {team for team, day, posted, total in of_days if posted.nanos > total + taken.get((team, day), 0)}
    rows = await tx.connection.execute(
        select(usage_days.c.team_id, *nano_sums(usage_days.c.cost_nanos)).group_by(usage_days.c.team_id)
    )
    used = {int(team): whole(dollars, rest) for team, dollars, rest in rows}
    for (team, _), nanos in taken.items():
        used[team] = used.get(team, 0) + nanos
    for team in sorted(spent):
        if team in too_much or spent[team] > used.get(team, 0):
            yield f"ledger: team {team} was charged more than its usage sums to"


async def _balances(tx: OpenTransaction, bucket: str) -> dict[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = {}
    for sign, column in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id)):
        rows = await tx.connection.execute(
            select(accounts.c.team_id, accounts.c.period, literal(sign), *nano_sums(entries.c.amount_nanos))
            .join(accounts, accounts.c.id == column)
            .where(accounts.c.bucket == bucket)
            .group_by(accounts.c.team_id, accounts.c.period)
        )
        for team, period, by, dollars, rest in rows:
            at = (int(team), str(period))
            found[at] = found.get(at, 0) + int(by) * whole(dollars, rest)
    return {at: nanos for at, nanos in found.items() if nanos}
