"""Stored credits."""

from dataclasses import asdict

from sqlalchemy import insert, select, update

from bot.books.commitments.credits import Credit
from storage.tables.books import entries
from storage.tables.commitments import credit_notes
from storage.transaction import OpenTransaction


class Credits:
    """The credits of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(self, *, team_id: int, period: str, amount_nanos: int, paper: str, by: int | None, at: int) -> Credit:
        """Stores a credit, and returns it."""
        values = {"team_id": team_id, "period": period, "amount_nanos": amount_nanos, "paper": paper}
        made = insert(credit_notes).values(**values, made_by=by, made_at=at).returning(*credit_notes.c)
        return Credit(**(await self._connection.execute(made)).one()._mapping)

    async def save(self, credit: Credit) -> None:
        """Stores what changed of a credit."""
        await self._connection.execute(
            update(credit_notes).where(credit_notes.c.id == credit.id).values(**asdict(credit))
        )

    async def by_id(self, credit_id: int, *, locked: bool = False) -> Credit | None:
        """Returns a credit, locked if it is to be changed."""
        query = select(credit_notes).where(credit_notes.c.id == credit_id)
        row = (await self._connection.execute(query.with_for_update() if locked else query)).one_or_none()
        return Credit(**row._mapping) if row else None

    async def all(self) -> list[Credit]:
        """Returns all credits, oldest first."""
        return [
            Credit(**row._mapping)
            for row in await self._connection.execute(select(credit_notes).order_by(credit_notes.c.id))
        ]

    async def entry_id(self, credit: Credit) -> int:
        """Returns the id of the entry that booked a credit."""
        query = select(entries.c.id).where(entries.c.dedupe_key == credit.document)
        return int((await self._connection.execute(query)).scalar_one())
