"""How far a replayed file was shifted in time, so that sending it again shifts it the same and books nothing twice."""

from sqlalchemy import insert, select

from storage.tables.intake import replays
from storage.transaction import OpenTransaction


class Replays:
    """The replays of one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def shift_of(self, file_digest: bytes) -> int | None:
        """Microseconds by which this file was shifted before, or None."""
        found = await self._connection.execute(
            select(replays.c.shift_micros).where(replays.c.file_digest == file_digest)
        )
        return found.scalar()

    async def record(self, file_digest: bytes, *, shift_micros: int, at: int) -> None:
        values = {"file_digest": file_digest, "shift_micros": shift_micros, "first_at": at}
        await self._connection.execute(insert(replays).values(**values))
