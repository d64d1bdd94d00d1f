"""Stored budget requests."""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import insert, or_, select, update

from bot.requests.budget_requests import BudgetRequest
from storage.tables.requests import PENDING, budget_requests
from storage.transaction import OpenTransaction


class BudgetRequests:
    """The budget requests of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(self, request: BudgetRequest) -> BudgetRequest:
        """Stores a new request and returns it with its id. An index allows one pending request per person and team."""
        values = {name: value for name, value in asdict(request).items() if name != "id"}
        made = insert(budget_requests).values(**values).returning(budget_requests)
        return request_of((await self._connection.execute(made)).one())

    async def for_decision(self, request_id: int) -> BudgetRequest | None:
        """Returns a request, locked; None if there is none."""
        query = select(budget_requests).where(budget_requests.c.id == request_id).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return request_of(row) if row else None

    async def by_id(self, request_id: int) -> BudgetRequest | None:
        row = (
            await self._connection.execute(select(budget_requests).where(budget_requests.c.id == request_id))
        ).one_or_none()
        return request_of(row) if row else None

    async def save(self, request: BudgetRequest) -> None:
        """Stores a request that `for_decision` returned."""
        values = {name: value for name, value in asdict(request).items() if name != "id"}
        await self._connection.execute(
            update(budget_requests).where(budget_requests.c.id == request.id).values(**values)
        )

    async def pending_of(self, *, person_id: int, team_id: int) -> BudgetRequest | None:
        query = select(budget_requests).where(
            budget_requests.c.person_id == person_id,
            budget_requests.c.team_id == team_id,
            PENDING,
        )
        row = (await self._connection.execute(query)).one_or_none()
        return request_of(row) if row else None

    async def pending(self, team_ids: Iterable[int] | None = None) -> list[BudgetRequest]:
        """Returns the pending requests, oldest first; of some teams or of all."""
        query = select(budget_requests).where(PENDING)  # without an order, for which SQLite would read all requests
        if team_ids is not None:
            query = query.where(budget_requests.c.team_id.in_(list(team_ids)))
        return sorted((request_of(row) for row in await self._connection.execute(query)), key=lambda r: r.id)

    async def of_period(self, period: str, *, team_id: int, person_ids: Iterable[int]) -> list[BudgetRequest]:
        """Returns the requests of a period for a team, and those of a person's records for any team, oldest first;
        without those that were withdrawn or expired."""
        mine = or_(budget_requests.c.team_id == team_id, budget_requests.c.person_id.in_(sorted(person_ids)))
        counted = budget_requests.c.state.in_(("pending", "approved", "denied"))
        query = select(budget_requests).where(budget_requests.c.period == period, mine, counted)
        return sorted((request_of(row) for row in await self._connection.execute(query)), key=lambda r: r.id)

    async def history(
        self, *, team_id: int | None, person_ids: Iterable[int], before_id: int | None, limit: int
    ) -> list[BudgetRequest]:
        """Returns the requests of a team, or of a person's records without one, newest first."""
        whose = (
            budget_requests.c.person_id.in_(sorted(person_ids))
            if team_id is None
            else budget_requests.c.team_id == team_id
        )
        query = select(budget_requests).where(whose).order_by(budget_requests.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(budget_requests.c.id < before_id)
        return [request_of(row) for row in await self._connection.execute(query)]

    async def asker_of_grant(self, grant_id: int) -> int | None:
        """Returns the person whose request a temporary grant came of; None if it came of none."""
        query = select(budget_requests.c.person_id).where(budget_requests.c.grant_id == grant_id)
        return (await self._connection.execute(query.limit(1))).scalar()

    async def of_grant(self, grant_id: int) -> BudgetRequest | None:
        """Returns the request that a temporary grant came of; None if it came of none."""
        query = select(budget_requests).where(budget_requests.c.grant_id == grant_id)
        row = (await self._connection.execute(query.limit(1))).one_or_none()
        return request_of(row) if row else None

    async def last_approved(self, team_id: int, *, since: int) -> BudgetRequest | None:
        """Returns a team's request that was approved last, not before a moment."""
        query = select(budget_requests).where(
            budget_requests.c.team_id == team_id, budget_requests.c.state == "approved"
        )
        query = (
            query.where(budget_requests.c.decided_at >= since).order_by(budget_requests.c.decided_at.desc()).limit(1)
        )
        row = (await self._connection.execute(query)).one_or_none()
        return request_of(row) if row else None

    async def of_person(self, person_id: int, *, limit: int = 5) -> list[BudgetRequest]:
        """Returns a person's requests, newest first."""
        query = select(budget_requests).where(budget_requests.c.person_id == person_id)
        rows = await self._connection.execute(query.order_by(budget_requests.c.id.desc()).limit(limit))
        return [request_of(row) for row in rows]


def request_of(row: object) -> BudgetRequest:
    """Returns the request of a row of its table."""
    return BudgetRequest(**row._mapping)  # type: ignore[attr-defined]  # a SQLAlchemy Row
