"""Stored delegations: who decides for whom, and from when until when."""

from typing import Any

from sqlalchemy import insert, or_, select, update

from bot.requests.attendance.delegations import Delegation
from storage.config import Config
from storage.tables.requests import delegations
from storage.transaction import OpenTransaction


class Delegations:
    """The delegations within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def unfinished(self, *, at: int) -> list[Delegation]:
        """Returns the delegations that are in force or still to come, oldest first."""
        query = select(delegations).where(delegations.c.ends_at > at, delegations.c.ended_at.is_(None))
        return sorted((_delegation(row) for row in await self._connection.execute(query)), key=lambda one: one.id)

    async def of_person(self, person_id: int, *, at: int) -> list[Delegation]:
        """Returns the unfinished delegations that a person made, or by which they stand in for others."""
        own = or_(delegations.c.person_id == person_id, delegations.c.delegate_id == person_id)
        unfinished = (delegations.c.ends_at > at, delegations.c.ended_at.is_(None))
        rows = await self._connection.execute(select(delegations).where(own, *unfinished))
        return sorted((_delegation(row) for row in rows), key=lambda one: (one.starts_at, one.id))

    async def add(self, planned: Delegation) -> Delegation:
        """Stores a delegation and returns it with its id. Every process then reads the attendance again."""
        values = {
            "person_id": planned.person_id,
            "delegate_id": planned.delegate_id,
            "starts_at": planned.starts_at,
            "ends_at": planned.ends_at,
            "made_by": planned.made_by,
            "made_at": planned.made_at,
        }
        made = await self._connection.execute(insert(delegations).values(**values).returning(delegations))
        await Config(self._tx).changed()
        return _delegation(made.one())

    async def end(self, delegation_id: int, *, at: int) -> Delegation | None:
        """Ends a delegation now, and returns it; None if it is over or was ended before."""
        unfinished = (delegations.c.id == delegation_id, delegations.c.ended_at.is_(None), delegations.c.ends_at > at)
        ended = update(delegations).where(*unfinished).values(ended_at=at).returning(delegations)
        row = (await self._connection.execute(ended)).one_or_none()
        if row is None:
            return None
        await Config(self._tx).changed()
        return _delegation(row)


def _delegation(row: Any) -> Delegation:
    return Delegation(**row._mapping)
