"""Stored raises of limits of parts, people and keys."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update

from bot.books.gatekeeping.limit_raises import LimitRaise
from storage.tables.requests import budget_requests, limit_raises
from storage.transaction import OpenTransaction


class LimitRaises:
    """The raises of limits within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def add(self, raised: LimitRaise) -> None:
        """Stores a raise; a request raises a limit once. What gateways are told is read anew, as after an entry."""
        await self._connection.execute(insert(limit_raises).values(**asdict(raised)))
        self._tx.after_commit(self._tx.memory.count_ledger_post)

    async def end_with_grant(self, grant_id: int, *, at: int) -> None:
        """Ends the raise that was approved together with a grant, unless it has ended."""
        approved = select(budget_requests.c.id).where(budget_requests.c.grant_id == grant_id)
        raised = update(limit_raises).where(limit_raises.c.request_id.in_(approved), limit_raises.c.ends_at > at)
        if (await self._connection.execute(raised.values(ends_at=at))).rowcount:
            self._tx.after_commit(self._tx.memory.count_ledger_post)

    async def of_teams(self, team_ids: Iterable[int]) -> list[LimitRaise]:
        """Returns the raises of teams, oldest first."""
        query = select(limit_raises).where(limit_raises.c.team_id.in_(sorted(team_ids)))
        rows = await self._connection.execute(query.order_by(limit_raises.c.request_id))
        return [_raise(row) for row in rows]


def _raise(row: Any) -> LimitRaise:
    return LimitRaise(**row._mapping)
