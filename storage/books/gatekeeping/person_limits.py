"""The limits that people set themselves, and the warnings that they got. Nobody else sees either."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select

from storage.tables.org import people
from storage.tables.reservations import person_limits, person_warnings
from storage.transaction import OpenTransaction


class PersonLimits:
    """People's limits within one transaction. People are those of now: of merged records the one that stays."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def of(self, person_ids: Iterable[int]) -> int | None:
        """Returns the limit of a person by all their ids, in nano-dollars; the newest if two records had one."""
        query = select(person_limits.c.amount_nanos).where(person_limits.c.person_id.in_(list(person_ids)))
        found = (await self._connection.execute(query.order_by(person_limits.c.set_at.desc()).limit(1))).scalar()
        return None if found is None else int(found)

    async def save(self, person_ids: Iterable[int], person_id: int, amount_nanos: int | None, *, at: int) -> None:
        """Sets or removes a person's limit. What was warned of a former limit is forgotten."""
        ids = list(person_ids)
        await self._connection.execute(delete(person_limits).where(person_limits.c.person_id.in_(ids)))
        own = (person_warnings.c.person_id.in_(ids), person_warnings.c.limit_key == "own")
        await self._connection.execute(delete(person_warnings).where(*own))
        if amount_nanos is not None:
            made = self._tx.insert(person_limits).values(person_id=person_id, amount_nanos=amount_nanos, set_at=at)
            changed = {"amount_nanos": amount_nanos, "set_at": at}
            await self._connection.execute(made.on_conflict_do_update(index_elements=["person_id"], set_=changed))

    async def all(self) -> dict[int, int]:
        """Returns the limits by person."""
        current = func.coalesce(people.c.merged_into, people.c.id)
        query = select(current, person_limits.c.amount_nanos).join(people, people.c.id == person_limits.c.person_id)
        rows = await self._connection.execute(query.order_by(person_limits.c.set_at))
        return {int(person): int(nanos) for person, nanos in rows}

    async def warned(self, person_id: int, *, period: str, limit_key: str) -> set[int]:
        """Returns the percentages that a person was warned of."""
        c = person_warnings.c
        query = select(c.percent).where(c.person_id == person_id, c.period == period, c.limit_key == limit_key)
        return {int(percent) for percent in (await self._connection.execute(query)).scalars()}

    async def warn(self, person_id: int, *, period: str, limit_key: str, percent: int, at: int) -> bool:
        """Records a warning; returns False if another process did."""
        values = {"person_id": person_id, "period": period, "limit_key": limit_key, "percent": percent, "warned_at": at}
        made = self._tx.insert(person_warnings).values(**values).on_conflict_do_nothing()
        return (await self._connection.execute(made)).rowcount == 1

    async def delete_warnings(self, *, before: int) -> None:
        """Deletes warnings of long ago."""
        await self._connection.execute(delete(person_warnings).where(person_warnings.c.warned_at < before))
