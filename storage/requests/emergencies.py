"""Stored emergency grants."""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import and_, func, insert, or_, select, update

from bot.requests.emergencies import Emergency
from storage.tables.books import grants
from storage.tables.requests import budget_requests, emergencies
from storage.transaction import OpenTransaction


class Emergencies:
    """The emergency grants of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(self, emergency: Emergency) -> None:
        await self._connection.execute(insert(emergencies).values(**asdict(emergency)))

    async def save(self, emergency: Emergency) -> None:
        changed = update(emergencies).where(emergencies.c.request_id == emergency.request_id)
        await self._connection.execute(changed.values(**asdict(emergency)))

    async def by_request(self, request_id: int) -> Emergency | None:
        """Returns the emergency grant of a request, locked; None if it is none."""
        query = select(emergencies).where(emergencies.c.request_id == request_id).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        return Emergency(**row._mapping) if row else None

    async def taken(self, person_ids: Iterable[int], *, period: str) -> int:
        """Returns how many emergency grants a person's records took in a period, for any team."""
        query = (
            select(func.count())
            .select_from(emergencies.join(budget_requests, budget_requests.c.id == emergencies.c.request_id))
            .where(budget_requests.c.person_id.in_(sorted(person_ids)), budget_requests.c.period == period)
        )
        return int((await self._connection.execute(query)).scalar_one())

    async def due(self, *, at: int) -> list[int]:
        """Returns the requests of emergency grants that nobody answered, whose managers are to be asked or whose grant is
        over."""
        query = (
            select(emergencies.c.request_id)
            .join(grants, grants.c.id == emergencies.c.grant_id)
            .where(
                emergencies.c.answer == "",
                or_(and_(emergencies.c.asked_at.is_(None), emergencies.c.ask_at <= at), grants.c.state == "ended"),
            )
        )
        return sorted(int(request_id) for request_id in (await self._connection.execute(query)).scalars())
