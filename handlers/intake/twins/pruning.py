"""Deletes the marks of records that are too old to find a twin."""

from handlers.context import Context
from handlers.intake.twins.memory import LONGEST_MICROS, MOST_CALLS


async def delete_old_marks(context: Context) -> int:
    """Keeps the marks of the newest records. Returns the number of rows that went."""
    async with context.store.begin() as tx:
        before = context.now_micros() - LONGEST_MICROS
        return await tx.usage.call_records.marks.prune(before=before, calls=MOST_CALLS)
