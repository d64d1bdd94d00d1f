"""Stored decisions, for the times that they took."""

from sqlalchemy import select

from bot.requests.budget_requests import BudgetRequest
from storage.requests.budget_requests import request_of
from storage.tables.requests import budget_requests
from storage.transaction import OpenTransaction


class DecisionTimes:
    """The decisions of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def ended_since(self, at: int) -> list[BudgetRequest]:
        """Returns the requests that were approved or denied, or that expired, since a moment."""
        query = select(budget_requests).where(
            budget_requests.c.decided_at >= at, budget_requests.c.state.in_(("approved", "denied", "expired"))
        )
        return [request_of(row) for row in await self._connection.execute(query)]

    async def decided_by(self, person_id: int, *, since: int, limit: int) -> list[BudgetRequest]:
        """Returns the requests that a person decided since a moment, newest first."""
        query = select(budget_requests).where(
            budget_requests.c.decided_at >= since,
            budget_requests.c.decided_by == person_id,
            budget_requests.c.state.in_(("approved", "denied")),
        )
        newest = query.order_by(budget_requests.c.decided_at.desc(), budget_requests.c.id.desc()).limit(limit)
        return [request_of(row) for row in await self._connection.execute(newest)]
