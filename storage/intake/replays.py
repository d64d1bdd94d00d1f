"""The time shift of each replayed file, so that a second replay shifts it the same and books nothing twice."""

from sqlalchemy import insert, select

from storage.tables.intake import replays
from storage.transaction import OpenTransaction


class Replays:
    """The replays within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def shift_of(self, file_digest: bytes) -> int | None:
        """Returns the microseconds by which this file was shifted before, or None."""
        found = await self._connection.execute(
            select(replays.c.shift_micros).where(replays.c.file_digest == file_digest)
        )
        return found.scalar()

    async def record(self, file_digest: bytes, *, shift_micros: int, at: int) -> None:
        values = {"file_digest": file_digest, "shift_micros": shift_micros, "first_at": at}
        await self._connection.execute(insert(replays).values(**values))
