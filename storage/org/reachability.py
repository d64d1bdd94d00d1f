"""Reachability: whether Slack knows the people who hold a role, and since when it does not."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import select, update

from storage.config import Config
from storage.tables.org import person_checks
from storage.transaction import OpenTransaction


class Unreachable(NamedTuple):
    """A person whom Slack does not reach: why, and since which moment in microseconds."""

    fault: str
    since: int


class Reachability:
    """The checks of people within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def unreachable(self) -> Mapping[int, Unreachable]:
        """Returns the people whom Slack does not reach, by person id."""
        columns = (person_checks.c.person_id, person_checks.c.fault, person_checks.c.since)
        rows = await self._connection.execute(select(*columns).where(person_checks.c.fault != ""))
        return {int(person): Unreachable(str(fault), int(since)) for person, fault, since in rows}

    async def least_recent(self, person_ids: Collection[int], *, limit: int, before: int | None = None) -> list[int]:
        """Returns the people whose last check is longest ago, and before a moment; those without one come first."""
        query = select(person_checks.c.person_id, person_checks.c.checked_at)
        checked = {int(person): int(at) for person, at in await self._connection.execute(query)}
        late = [person for person in person_ids if before is None or checked.get(person, 0) <= before]
        return sorted(late, key=lambda person: (checked.get(person, 0), person))[:limit]

    async def record(self, faults: Mapping[int, str], *, at: int) -> list[int]:
        """Stores the outcome of checks, by person id; an empty fault is a person whom Slack reaches.

        Returns the people whose outcome changed. Every process then reads the directory again.
        """
        known = await self.unreachable()
        changed = [person for person, fault in faults.items() if fault != _fault(known, person)]
        for person, fault in sorted(faults.items()):
            since = known[person].since if person in known and fault else at
            values = {"checked_at": at, "fault": fault, "since": since}
            made = self._tx.insert(person_checks).values(person_id=person, **values)
            stored = await self._connection.execute(
                made.on_conflict_do_nothing(index_elements=["person_id"]).returning(person_checks.c.person_id)
            )
            if stored.scalar() is None:
                row = update(person_checks).where(person_checks.c.person_id == person)
                await self._connection.execute(row.values(**values))
        if changed:
            await Config(self._tx).changed()
        return changed


def _fault(known: Mapping[int, Unreachable], person: int) -> str:
    return known[person].fault if person in known else ""
