"""What commands say that would need events which were removed."""

from bot.periods import moment
from handlers.context import Context
from storage.books.removals import Removals


async def removed_words(context: Context, *, since_at: int) -> str:
    """Returns a sentence if events since a moment were removed; else ""."""
    async with context.store.read() as tx:
        horizon = await Removals(tx).horizon()
    if horizon is None or since_at >= horizon:
        return ""
    return f"Events before {moment(horizon):%Y-%m-%d} were removed; their totals and charges stay as they are."
