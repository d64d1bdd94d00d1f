"""What could not be booked: kept once, for a while, without prompts, responses, headers and addresses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from bot.usage import Row
from storage import bulk
from storage.tables import quarantine

if TYPE_CHECKING:
    from storage.store import Transaction

_COLUMNS = ("source_id", "row_hash", "kind", "reason", "body", "received_at", "expires_at")


class Quarantine:
    """The quarantined rows of one transaction."""

    def __init__(self, transaction: "Transaction") -> None:
        self._connection = transaction.connection

    async def keep(self, kept: Sequence[tuple[int, str, Row]], *, received_at: int, expires_at: int) -> None:
        """Keeps (source id, `unreadable` or `conflict`, row) each once."""
        rows = {
            (source_id, row.key): (source_id, row.key, kind, row.reason[:500], row.kept, received_at, expires_at)
            for source_id, kind, row in kept
        }
        key = ("source_id", "row_hash")
        await bulk.insert_missing(self._connection, "quarantine", _COLUMNS, key, list(rows.values()))

    async def counts(self) -> dict[str, int]:
        """Rows by kind."""
        rows = await self._connection.execute(select(quarantine.c.kind, func.count()).group_by(quarantine.c.kind))
        return {str(kind): int(count) for kind, count in rows}

    async def expire(self, *, now: int) -> int:
        result = await self._connection.execute(delete(quarantine).where(quarantine.c.expires_at <= now))
        return result.rowcount
