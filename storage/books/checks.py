"""Checks that the sums agree: events with rollups, rollups with the ledger, the chains, the triggers. Each fault is a
line.
"""

from collections.abc import AsyncIterator

from sqlalchemy import literal, select

from bot.books.charges import FIRST_DAY
from storage.books.adjustment_checks import adjustment_faults, twin_faults
from storage.books.audit import Audit
from storage.books.charges import Charges
from storage.books.commitments.holds import Holds
from storage.books.gatekeeping.reservations import Reservations
from storage.books.promises import overdrawn_accounts
from storage.books.statements.checks import statement_faults
from storage.books.usage_checks import Watch, lock_events, usage_faults
from storage.crosschecks.reconciliations import Reconciliations
from storage.intake.quarantine import Quarantine
from storage.sums import nano_sums, whole
from storage.tables.books import accounts, entries, removals
from storage.tables.intake import usage_adjustments, usage_days
from storage.tables.requests import budget_requests
from storage.transaction import OpenTransaction
from storage.triggers import missing_triggers

_LAST_DAY = 10**9


def _ignore(_what: str, _done: int, _total: int) -> None:
    """Watches nothing."""


async def faults(tx: OpenTransaction, watch: Watch = _ignore) -> AsyncIterator[str]:
    """Yields every disagreement, in one snapshot. No fault means that every figure can be defended.

    Call it first in a fresh snapshot. `watch` is told how far it is.
    """
    await lock_events(tx)
    async for fault in usage_faults(tx, watch):
        yield fault
    async for fault in adjustment_faults(tx):
        yield fault
    async for fault in twin_faults(tx):
        yield fault
    async for fault in _ledger_faults(tx):
        yield fault
    async for fault in statement_faults(tx):
        yield fault
    for wrong in await Quarantine(tx).size_mismatches():
        yield wrong
    for wrong in await Reconciliations(tx).faults():
        yield wrong
    for wrong in await Reservations(tx).faults():
        yield wrong
    broken = await Audit(tx).first_broken()
    if broken is not None:
        yield f"audit: record {broken} does not fit the chain"
    if (await tx.connection.execute(select(removals.c.id).where(removals.c.is_deleting != 0))).first():
        yield "removals: one is open, so events can be deleted without their sums"
    for trigger in await tx.connection.run_sync(missing_triggers):
        yield f"triggers: {trigger} is missing, so a table that must only grow can be changed"


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
    for use in await Holds(tx).uses_of():
        at = (use.hold.team_id, use.hold.period)
        waiting[at] = waiting.get(at, 0) + use.hold.amount_nanos - use.posted_nanos
    for at in sorted(held.keys() | waiting.keys()):
        if held.get(at, 0) != waiting.get(at, 0):
            yield f"ledger: team {at[0]}, {at[1]}: held and what pending requests and planned runs hold differ"
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
    of_days = await Charges(tx).due(dict.fromkeys(spent, (FIRST_DAY, _LAST_DAY)))
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
