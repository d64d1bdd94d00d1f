"""Promises: what accounts have left of their budgets, charges aside."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, literal, not_, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.books.ledger import CLOSE, CREDITS, NO_PROMISES
from bot.money import usd
from storage.queries.sums import nano_sums, whole
from storage.tables.books import accounts, entries
from storage.tables.org import teams

_SETTLES = and_(entries.c.kind == "lapse", entries.c.document.like(f"{CLOSE}%"))
_IS_PROMISE = and_(
    not_(or_(entries.c.kind.in_(NO_PROMISES), _SETTLES)),
    entries.c.usage_day.is_(None),
    entries.c.document.not_like(f"{CREDITS}%"),
)


async def promised(
    connection: AsyncConnection, account_ids: Sequence[int] | None = None, names: Collection[str] | None = None
) -> dict[int, int]:
    """Returns the nano-dollars that allocations, holds and transfers leave to each account; of some accounts, or of all that
    are `available`, in some periods or in all.
    """
    parts = []
    for sign, column in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id)):
        part = select(column.label("account_id"), literal(sign).label("sign"), *nano_sums(entries.c.amount_nanos))
        if account_ids is None:
            part = part.join(accounts, accounts.c.id == column).where(accounts.c.bucket == "available")
            if names is not None:
                part = part.where(accounts.c.period.in_(names))
        else:
            part = part.where(column.in_(account_ids))
        if sign < 0:
            part = part.where(entries.c.kind != "carry_forward")
        parts.append(part.where(_IS_PROMISE).group_by(column))
    left: dict[int, int] = {}
    for account_id, sign, dollars, rest in await connection.execute(union_all(*parts)):
        left[int(account_id)] = left.get(int(account_id), 0) + int(sign) * whole(dollars, rest)
    return left


async def overdrawn_accounts(connection: AsyncConnection, names: Collection[str] | None = None) -> list[str]:
    """Returns a line for each account that promises alone brought below zero; in some periods or in all."""
    short = {account: -left for account, left in (await promised(connection, names=names)).items() if left < 0}
    if not short:
        return []
    named = (
        select(accounts.c.id, teams.c.slug, accounts.c.period, accounts.c.bucket)
        .join(teams, teams.c.id == accounts.c.team_id)
        .where(accounts.c.id.in_(list(short)))
        .order_by(accounts.c.id)
    )
    return [
        f"ledger: account {slug}, {period}, {bucket}: its teams' budgets and holds are {usd(short[account])} more than its budget"
        for account, slug, period, bucket in await connection.execute(named)
    ]
