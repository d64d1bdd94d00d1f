"""Checks that the sums agree: events with rollups, rollups with the ledger, the chains, the triggers. Each fault is a
line.
"""

from collections.abc import AsyncIterator

from sqlalchemy import select

from bot.periods import DAY_MICROS
from storage.books.adjustment_checks import adjustment_faults, twin_faults
from storage.books.audit import Audit
from storage.books.closing.ledger_checks import ledger_faults
from storage.books.closing.period_checks import period_faults
from storage.books.closing.usage_tails import tail_faults
from storage.books.gatekeeping.reservations import Reservations
from storage.books.grants import Grants
from storage.books.statements.checks import statement_faults
from storage.books.usage_checks import Watch, lock_events, usage_faults
from storage.crosschecks.reconciliations import Reconciliations
from storage.intake.outcomes import Outcomes
from storage.intake.quarantine import Quarantine
from storage.tables.books import removals
from storage.transaction import OpenTransaction
from storage.triggers import missing_triggers


def _ignore(_what: str, _done: int, _total: int) -> None:
    """Watches nothing."""


async def faults(tx: OpenTransaction, watch: Watch = _ignore, *, since_day: int | None = None) -> AsyncIterator[str]:
    """Yields every disagreement, in one snapshot. No fault means that every figure can be defended.

    Call it first in a fresh snapshot. `watch` is told how far it is. With `since_day` only the tail is read: usage of
    these days, entries and statements of periods that end after it, and the audit log from then on.
    """
    await lock_events(tx)
    if since_day is None:
        async for fault in usage_faults(tx, watch):
            yield fault
        async for fault in adjustment_faults(tx):
            yield fault
        async for fault in twin_faults(tx):
            yield fault
    else:
        async for fault in tail_faults(tx, since_day, watch):
            yield fault
    async for fault in ledger_faults(tx, since_day=since_day):
        yield fault
    async for fault in period_faults(tx, since_day=since_day):
        yield fault
    async for fault in _other_faults(tx, since_day=since_day):
        yield fault


async def _other_faults(tx: OpenTransaction, *, since_day: int | None) -> AsyncIterator[str]:
    """Yields what is wrong beside usage and ledger: statements, counters, chains and triggers."""
    async for fault in statement_faults(tx, since_day=since_day):
        yield fault
    for wrong in await Quarantine(tx).size_mismatches():
        yield wrong
    for wrong in await Outcomes(tx).faults():
        yield wrong
    for wrong in await Reconciliations(tx).faults():
        yield wrong
    for wrong in await Grants(tx).faults():
        yield wrong
    for wrong in await Reservations(tx).faults():
        yield wrong
    broken = await Audit(tx).first_broken(since_at=None if since_day is None else since_day * DAY_MICROS)
    if broken is not None:
        yield f"audit: record {broken} does not fit the chain"
    if (await tx.connection.execute(select(removals.c.id).where(removals.c.is_deleting != 0))).first():
        yield "removals: one is open, so events can be deleted without their sums"
    for trigger in await tx.connection.run_sync(missing_triggers):
        yield f"triggers: {trigger} is missing, so a table that must only grow can be changed"
