"""Stored transfers."""

from dataclasses import asdict

from sqlalchemy import insert, or_, select, update

from bot.books.commitments.transfers import Transfer
from storage.tables.books import entries
from storage.tables.commitments import WAITING, transfers
from storage.transaction import OpenTransaction


class Transfers:
    """The transfers of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(
        self, *, giver_id: int, taker_id: int, amount_nanos: int, reason: str, period: str, by: int, at: int
    ) -> Transfer:
        """Stores a transfer that waits for agreement, and returns it."""
        values = {"giver_id": giver_id, "taker_id": taker_id, "amount_nanos": amount_nanos, "reason": reason}
        values |= {"period": period, "state": "waiting", "made_by": by, "made_at": at}
        made = insert(transfers).values(**values).returning(*transfers.c)
        return Transfer(**(await self._connection.execute(made)).one()._mapping)

    async def save(self, transfer: Transfer) -> None:
        """Stores what changed of a transfer."""
        await self._connection.execute(
            update(transfers).where(transfers.c.id == transfer.id).values(**asdict(transfer))
        )

    async def by_id(self, transfer_id: int, *, locked: bool = False) -> Transfer | None:
        """Returns a transfer, locked if it is to be changed."""
        query = select(transfers).where(transfers.c.id == transfer_id)
        row = (await self._connection.execute(query.with_for_update() if locked else query)).one_or_none()
        return Transfer(**row._mapping) if row else None

    async def waiting(self, team_id: int | None = None) -> list[Transfer]:
        """Returns the transfers that wait for agreement, oldest first; from or to one team, or all."""
        query = select(transfers).where(WAITING).order_by(transfers.c.id)
        if team_id is not None:
            query = query.where(or_(transfers.c.giver_id == team_id, transfers.c.taker_id == team_id))
        return [Transfer(**row._mapping) for row in await self._connection.execute(query)]

    async def entry_id(self, transfer: Transfer) -> int:
        """Returns the id of the entry that booked a transfer."""
        query = select(entries.c.id).where(entries.c.dedupe_key == transfer.document)
        return int((await self._connection.execute(query)).scalar_one())
