"""Stored votes: the approvals of a request that needs several people."""

from sqlalchemy import select

from bot.requests.budget_requests import BudgetRequest
from bot.requests.votes import Vote
from storage import bulk
from storage.tables.requests import request_votes
from storage.transaction import OpenTransaction

_KEY = ("request_id", "revision", "person_id")
_COLUMNS = (*_KEY, "for_person_id", "at")


class Votes:
    """The votes of one transaction. Those of an earlier revision of a request count no more."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def of(self, request: BudgetRequest) -> list[Vote]:
        """Returns the votes of a request's present revision, oldest first."""
        query = select(request_votes).where(
            request_votes.c.request_id == request.id, request_votes.c.revision == request.revision
        )
        rows = await self._connection.execute(query.order_by(request_votes.c.at, request_votes.c.person_id))
        return [
            Vote(
                person_id=int(row.person_id),
                for_person_id=None if row.for_person_id is None else int(row.for_person_id),
                at=int(row.at),
            )
            for row in rows
        ]

    async def add(self, request: BudgetRequest, vote: Vote) -> None:
        """Stores a vote; a second one of the same person changes nothing."""
        row = (request.id, request.revision, vote.person_id, vote.for_person_id, vote.at)
        await bulk.insert_missing(self._connection, "request_votes", _COLUMNS, _KEY, [row])
