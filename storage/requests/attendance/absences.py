"""Stored absences: who is away by their status in Slack, and until when."""

from collections.abc import Mapping

from sqlalchemy import delete, select, update

from bot.requests.attendance.absences import Absence
from storage.config import Config
from storage.tables.attendance import absences
from storage.transaction import OpenTransaction


class Absences:
    """The absences within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def all(self, *, at: int) -> dict[int, Absence]:
        """Returns the absences that are not over, by person id."""
        rows = await self._connection.execute(select(absences.c.person_id, absences.c.until_at))
        found = {int(person): Absence(until=None if until is None else int(until)) for person, until in rows}
        return {person: absence for person, absence in found.items() if not absence.is_over(at)}

    async def record(self, seen: Mapping[int, Absence | None], *, at: int) -> list[int]:
        """Stores what people's statuses say, and returns the people for whom that changed. Every process then reads the
        attendance again."""
        known = await self.all(at=at)
        changed = [person for person, absence in sorted(seen.items()) if absence != known.get(person)]
        for person in changed:
            absence = seen[person]
            if absence is None:
                await self._connection.execute(delete(absences).where(absences.c.person_id == person))
                continue
            values = {"until_at": absence.until, "seen_at": at}
            made = self._tx.insert(absences).values(person_id=person, **values)
            stored = await self._connection.execute(
                made.on_conflict_do_nothing(index_elements=["person_id"]).returning(absences.c.person_id)
            )
            if stored.scalar() is None:
                await self._connection.execute(update(absences).where(absences.c.person_id == person).values(**values))
        if changed:
            await Config(self._tx).changed()
        return changed
