"""What could not be booked: kept once, for a while, without prompts, responses, headers and addresses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, select

from bot.usage import Row
from storage import bulk
from storage.tables import quarantine

if TYPE_CHECKING:
    from storage.store import Transaction

_COLUMNS = ("source_id", "row_hash", "kind", "reason", "format", "body", "received_at", "expires_at")


class Kept(NamedTuple):
    """A row to keep. `kind` is `unreadable`, `refused` or `conflict`; `read_as` names the parser that could read it again."""

    source_id: int
    kind: str
    read_as: str
    row: Row


class Quarantine:
    """The quarantined rows of one transaction."""

    def __init__(self, transaction: "Transaction") -> None:
        self._connection = transaction.connection

    async def keep(self, kept: Sequence[Kept], *, received_at: int, expires_at: int) -> None:
        """Keeps each row once."""
        rows = {
            (k.source_id, k.row.key): (
                *(k.source_id, k.row.key, k.kind, k.row.reason[:500], k.read_as, k.row.kept),
                *(received_at, expires_at),
            )
            for k in kept
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
