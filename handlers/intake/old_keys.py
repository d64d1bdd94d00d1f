"""The keys of events of before there were runs: closes their table, and reads it piece by piece beside everything else."""

from handlers.context import Context


async def read_old_keys(context: Context) -> int:
    """Closes the table an hour after the migration, and reads its keys into filters. Returns how many it read.

    Until all are read, each new key is looked up there. Each piece is a transaction: one that ends goes on.
    """
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
