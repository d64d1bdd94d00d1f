"""What a rehearsal reads: the requests of the last weeks."""

from sqlalchemy import select

from bot.requests.budget_requests import BudgetRequest
from storage.requests.budget_requests import request_of
from storage.tables.requests import budget_requests
from storage.transaction import OpenTransaction


class Rehearsals:
    """The history within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def requests_since(self, at: int) -> list[BudgetRequest]:
        """Returns the requests that were made since a moment, oldest first."""
        query = select(budget_requests).where(budget_requests.c.created_at >= at).order_by(budget_requests.c.id)
        return [request_of(row) for row in await self._connection.execute(query)]
