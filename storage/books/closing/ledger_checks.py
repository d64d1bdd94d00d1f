"""Checks of the ledger: its entries, what is held and promised, and charges beside their usage."""

from collections.abc import AsyncIterator

from sqlalchemy import literal, select

from storage.books.closing.charge_checks import charge_faults
from storage.books.commitments.holds import Holds
from storage.books.promises import overdrawn_accounts
from storage.queries.sums import nano_sums, whole
from storage.tables.books import accounts, entries, periods
from storage.tables.requests import budget_requests
from storage.transaction import OpenTransaction


async def ledger_faults(tx: OpenTransaction, *, since_day: int | None = None) -> AsyncIterator[str]:
    """Yields entries and accounts that do not agree; of the tail alone, of the periods that end after a day."""
    names = None if since_day is None else await _periods_since(tx, since_day)
    of_tail = [] if names is None else [entries.c.period.in_(names)]
    bad = await tx.connection.execute(select(entries.c.id).where(entries.c.amount_nanos <= 0, *of_tail))
    for entry_id in bad.scalars():
        yield f"ledger: entry {entry_id} moves nothing, or less"
    payer, payee = accounts.alias(), accounts.alias()
    crossed = (
        select(entries.c.id)
        .join(payer, payer.c.id == entries.c.from_account_id)
        .join(payee, payee.c.id == entries.c.to_account_id)
        .where((payer.c.period != entries.c.period) | (payee.c.period != entries.c.period))
        .where(entries.c.kind != "carry_forward", *of_tail)
    )
    for entry_id in (await tx.connection.execute(crossed)).scalars():
        yield f"ledger: entry {entry_id} is not in the period of its accounts"
    held = await _balances(tx, "held", names)
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
        if names is not None and at[1] not in names:
            continue
        if held.get(at, 0) != waiting.get(at, 0):
            yield f"ledger: team {at[0]}, {at[1]}: held and what pending requests and planned runs hold differ"
    for overdrawn in await overdrawn_accounts(tx.connection, names):
        yield overdrawn
    async for fault in charge_faults(tx, since_day=since_day):
        yield fault


async def _periods_since(tx: OpenTransaction, since_day: int) -> set[str]:
    """Returns the periods with accounts, without those that are known to end by a day."""
    over = (await tx.connection.execute(select(periods.c.name).where(periods.c.end_day <= since_day))).scalars()
    named = (await tx.connection.execute(select(accounts.c.period).distinct())).scalars()
    return set(named) - set(over)


async def _balances(tx: OpenTransaction, bucket: str, names: set[str] | None) -> dict[tuple[int, str], int]:
    of_tail = [] if names is None else [accounts.c.period.in_(names)]
    found: dict[tuple[int, str], int] = {}
    for sign, column in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id)):
        rows = await tx.connection.execute(
            select(accounts.c.team_id, accounts.c.period, literal(sign), *nano_sums(entries.c.amount_nanos))
            .join(accounts, accounts.c.id == column)
            .where(accounts.c.bucket == bucket, *of_tail)
            .group_by(accounts.c.team_id, accounts.c.period)
        )
        for team, period, by, dollars, rest in rows:
            at = (int(team), str(period))
            found[at] = found.get(at, 0) + int(by) * whole(dollars, rest)
    return {at: nanos for at, nanos in found.items() if nanos}
