"""Stored answers to the question whether an ended grant was worth it."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import select, update

from bot.requests.worth import Worth, WorthAnswer
from storage import bulk
from storage.tables.requests import budget_requests, grant_worth
from storage.transaction import OpenTransaction


class WorthAnswers:
    """The answers of one transaction: one per request and person. Their rows can be deleted."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._insert = transaction.insert

    async def ask(self, worth: Worth) -> None:
        """Stores that a person is asked, once."""
        asked = self._insert(grant_worth).values(**asdict(worth))
        await self._connection.execute(asked.on_conflict_do_nothing())

    async def of(self, request_id: int, person_id: int, *, locked: bool = False) -> Worth | None:
        """Returns what a person was asked; None if they were not."""
        mine = (grant_worth.c.request_id == request_id) & (grant_worth.c.person_id == person_id)
        query = select(grant_worth).where(mine)
        row = (await self._connection.execute(query.with_for_update() if locked else query)).one_or_none()
        return Worth(**row._mapping) if row else None

    async def save(self, worth: Worth) -> None:
        """Stores an answer."""
        mine = (grant_worth.c.request_id == worth.request_id) & (grant_worth.c.person_id == worth.person_id)
        values = {"answer": worth.answer, "answered_at": worth.answered_at}
        await self._connection.execute(update(grant_worth).where(mine).values(**values))

    async def answered(self, team_ids: Collection[int], *, since: int, until: int) -> list[tuple[int, WorthAnswer]]:
        """Returns (request, answer) of teams' grants about which people were asked within a time, and answered."""
        mine = select(budget_requests.c.id).where(budget_requests.c.team_id.in_(list(team_ids)))
        ids = [(int(request_id),) for request_id in (await self._connection.execute(mine)).scalars()]
        columns = ("request_id", "answer", "asked_at")
        rows = await bulk.select(self._connection, "grant_worth", columns, ("request_id",), sorted(ids))
        return [(int(request), answer) for request, answer, at in rows if answer is not None and since <= at < until]
