"""What was booked before there were runs of keys: its keys and ids are read piece by piece, beside everything else."""

from handlers.context import Context


async def read_old_keys(context: Context) -> int:
    """Closes the table of old keys an hour after the migration, and reads its keys into filters, then the ids of the
    events. Returns how many it read.

    Until all keys are read, each new key is looked up there. Each piece is a transaction: one that ends goes on.
    """
    return await _read_keys(context) + await _read_ids(context)


async def _read_keys(context: Context) -> int:
    if context.store.usage_memory.keys.knows_old:
        return 0
    async with context.store.read() as tx:
        if not await tx.event_keys.has_old():
            return 0
    async with context.store.begin() as tx:
        if not await tx.event_keys.close_old(now=context.now_micros()):
            return 0
    read = 0
    while True:
        async with context.store.begin() as tx:
            found = await tx.event_keys.read_old()
        if found is None:
            return read
        read += found


async def _read_ids(context: Context) -> int:
    read = 0
    while True:
        async with context.store.read() as tx:
            if await tx.event_keys.old_ids.are_read() or await tx.event_keys.has_old():
                return read
            until, ids = await tx.event_keys.old_ids.next_piece()
        async with context.store.begin() as tx:  # the writer is not held while events are read
            stored = await tx.event_keys.old_ids.store(until, ids)
        read += len(ids) if stored else 0
