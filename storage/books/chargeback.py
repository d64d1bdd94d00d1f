"""Chargeback: a period's cost by team, and what is spread of it."""

from dataclasses import dataclass

from sqlalchemy import func, select

from bot.books.chargeback import PostedSpread
from bot.books.ledger import VARIANCE
from storage.queries.sums import nano_sums, whole
from storage.tables.books import accounts, entries
from storage.transaction import OpenTransaction


@dataclass(frozen=True, kw_only=True)
class PeriodCost:
    """What a period's entries charge to each team, what of it is for the period's own days, and the providers' variances."""

    charged: dict[int, int]
    of_its_days: dict[int, int]
    variance_nanos: int


class Chargeback:
    """The chargeback within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def cost(self, period: str, *, first_day: int) -> PeriodCost:
        """Returns the net sums of the accounts that hold cost. Days before `first_day` are of earlier periods."""
        charged: dict[int, int] = {}
        of_its_days: dict[int, int] = {}
        variance = 0
        for sign, column in ((1, entries.c.to_account_id), (-1, entries.c.from_account_id)):
            own = func.coalesce(entries.c.usage_day >= first_day, False).label("own")
            rows = await self._connection.execute(
                select(accounts.c.team_id, accounts.c.bucket, own, *nano_sums(entries.c.amount_nanos))
                .join(accounts, accounts.c.id == column)
                .where(accounts.c.period == period)
                .where((accounts.c.bucket == "spent") | accounts.c.bucket.like(f"{VARIANCE}%"))
                .group_by(accounts.c.team_id, accounts.c.bucket, own)
            )
            for team, bucket, is_own, dollars, rest in rows:
                nanos = sign * whole(dollars, rest)
                if bucket != "spent":
                    variance += nanos
                    continue
                charged[int(team)] = charged.get(int(team), 0) + nanos
                if is_own:
                    of_its_days[int(team)] = of_its_days.get(int(team), 0) + nanos
        return PeriodCost(charged=charged, of_its_days=of_its_days, variance_nanos=variance)

    async def spreads(self, period: str) -> list[PostedSpread]:
        """Returns the posted spreads of a period that nothing reverses."""
        giver, taker, reversal = accounts.alias(), accounts.alias(), entries.alias()
        rows = await self._connection.execute(
            select(entries.c.id, giver.c.team_id, taker.c.team_id, entries.c.amount_nanos, entries.c.document)
            .join(giver, giver.c.id == entries.c.from_account_id)
            .join(taker, taker.c.id == entries.c.to_account_id)
            .outerjoin(
                reversal,
                (reversal.c.from_account_id == entries.c.to_account_id) & (reversal.c.reverses_id == entries.c.id),
            )
            .where(giver.c.period == period, giver.c.bucket == "spread", entries.c.kind == "spread")
            .where(reversal.c.id.is_(None))
            .order_by(entries.c.id)
        )
        return [
            PostedSpread(entry_id=int(i), giver_id=int(g), taker_id=int(t), nanos=int(n), document=str(d))
            for i, g, t, n, d in rows
        ]

    async def runs(self, period: str) -> int:
        """Returns how often a period's cost was spread, reversed or not."""
        own = select(accounts.c.id).where(accounts.c.period == period, accounts.c.bucket == "spread")
        counted = select(func.count(entries.c.document.distinct())).where(
            entries.c.from_account_id.in_(own), entries.c.kind == "spread"
        )
        return int((await self._connection.execute(counted)).scalar_one())
