"""Checks of closed periods: nothing is left in them, and nothing came in after their close."""

from collections.abc import AsyncIterator

from sqlalchemy import select

from bot.books.ledger import SPREAD
from bot.money import usd
from storage.books.closing.periods import Periods
from storage.tables.books import accounts, entries, periods
from storage.transaction import OpenTransaction


async def period_faults(tx: OpenTransaction, *, since_day: int | None = None) -> AsyncIterator[str]:
    """Yields what a closed period still has in an account, and entries that are not of its days or came after its close.

    Periods of earlier versions were closed as they are; they have no moment of their close.
    """
    known = await Periods(tx).known()
    closed = [one for one in known.values() if one.state == "closed" and one.closed_at is not None]
    for one in closed:
        if since_day is not None and one.end_day <= since_day:
            continue
        for (team, bucket), nanos in sorted((await Periods(tx).left(one.name)).items()):
            yield f"periods: {one.name} is closed, and team {team} has {usd(nanos)} left in its account {bucket}"
    of_spread = select(accounts.c.id).where(accounts.c.bucket.in_(SPREAD))
    late = (
        select(entries.c.id, entries.c.period)
        .join(periods, periods.c.name == entries.c.period)
        .where(periods.c.closed_at.is_not(None), entries.c.posted_at > periods.c.closed_at)
        .where(entries.c.from_account_id.not_in(of_spread))
    )
    ahead = (
        select(entries.c.id, entries.c.period)
        .join(periods, periods.c.name == entries.c.period)
        .where(entries.c.usage_day >= periods.c.end_day, entries.c.kind.in_(("charge", "correction")))
    )
    if since_day is not None:
        late, ahead = (query.where(periods.c.end_day > since_day) for query in (late, ahead))
    for entry_id, name in await tx.connection.execute(late.order_by(entries.c.id)):
        yield f"periods: entry {entry_id} came into {name} after its close"
    for entry_id, name in await tx.connection.execute(ahead.order_by(entries.c.id)):
        yield f"periods: entry {entry_id} charges a day after {name}"
