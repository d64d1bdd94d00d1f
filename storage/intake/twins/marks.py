"""Marks of the newest records, a row per commit: what a process reads to know the records of all others."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select

from bot.intake.twins.index import Batch
from storage import bulk
from storage.intake.rollups import Insert
from storage.tables.intake import call_marks
from storage.transaction import OpenTransaction

_COLUMNS = ("token", "received_at", "calls", "body")


class MarksRow(NamedTuple):
    """A row, without its marks."""

    id: int
    token: int
    received_at: int
    calls: int


class CallMarks:
    """The marks within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(self, batch: Batch) -> None:
        for made in marks_inserts(batch):
            await bulk.insert(self._connection, made.table, made.columns, made.rows)

    async def rows_after(self, row_id: int) -> list[MarksRow]:
        """Returns the rows with a larger id, the oldest first. One of a smaller id may be committed later."""
        columns = (call_marks.c[name] for name in MarksRow._fields)
        found = await self._connection.execute(
            select(*columns).where(call_marks.c.id > row_id).order_by(call_marks.c.id)
        )
        return [MarksRow(*row) for row in found]

    async def newest(self, *, since: int, calls: int) -> list[MarksRow]:
        """Returns the newest rows since a moment with so many calls, the oldest first."""
        columns = (call_marks.c[name] for name in MarksRow._fields)
        query = select(*columns).where(call_marks.c.received_at >= since).order_by(call_marks.c.id.desc())
        found = list[MarksRow]()
        async with self._connection.stream(query) as rows:
            async for row in rows:
                found.append(MarksRow(*row))
                calls -= found[-1].calls
                if calls <= 0:
                    break
        return found[::-1]

    async def batches(self, tokens: Sequence[int]) -> list[Batch]:
        """Returns the batches with these tokens, in no order."""
        keys = [(token,) for token in sorted(set(tokens))]
        rows = await bulk.select(self._connection, "call_marks", ("token", "received_at", "body"), ("token",), keys)
        return [Batch(bytes(body), token=token, received_at=at) for token, at, body in rows]

    async def prune(self, *, before: int, calls: int) -> int:
        """Deletes rows from before a moment, and those older than the newest so many calls. Returns their number."""
        newest = await self.newest(since=before, calls=calls)
        first = newest[0].id if newest else None
        if first is None:
            last = (await self._connection.execute(select(func.max(call_marks.c.id)))).scalar()
            first = 0 if last is None else int(last) + 1
        return (await self._connection.execute(delete(call_marks).where(call_marks.c.id < first))).rowcount


def marks_inserts(batch: Batch) -> list[Insert]:
    """Returns the insert of a commit's marks; nothing if there are none."""
    row = (batch.token, batch.received_at, len(batch), batch.packed)
    return [Insert("call_marks", _COLUMNS, [row])] if len(batch) else []
