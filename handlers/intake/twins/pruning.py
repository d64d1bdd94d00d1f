"""Deletes the marks of records that are too old to find a twin, and later what such records said."""

from bot.periods import DAY_MICROS
from handlers.context import Context
from handlers.intake.twins.memory import LONGEST_MICROS, MOST_CALLS

KEPT_MICROS = 7 * DAY_MICROS
"""How long people can ask what each record of a call said. A twin comes within hours."""
CALLS_AT_ONCE = 1_000
_MOST_PIECES = 100


async def delete_old_marks(context: Context) -> int:
    """Keeps the marks of the newest records. Returns the number of rows that went."""
    async with context.store.begin() as tx:
        before = context.now_micros() - LONGEST_MICROS
        return await tx.usage.call_records.marks.prune(before=before, calls=MOST_CALLS)


async def delete_old_records(context: Context) -> int:
    """Deletes the records of calls that are a week old, in pieces, so that usage waits for none of them long. Returns the
    number that went.
    """
    before, gone = context.now_micros() - KEPT_MICROS, 0
    for _ in range(_MOST_PIECES):
        async with context.store.begin() as tx:
            await tx.usage.call_records.lock()
            went = await tx.usage.call_records.prune(before=before, most=CALLS_AT_ONCE)
        gone += went
        if not went:
            break
    return gone
