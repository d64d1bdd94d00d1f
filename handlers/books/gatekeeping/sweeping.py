"""Ends reservations that have run out, and deletes those that ended a day ago."""

from bot.books.gatekeeping.reservations import KEPT_MICROS, Change, Reservation
from handlers.context import Context
from storage.books.gatekeeping.reservations import SumKey, sum_key

_AT_A_TIME = 500
"""Reservations of one transaction, so that it takes less than 50 ms."""


async def end_reservations(context: Context) -> int:
    """Returns the number of reservations that it ended. Decisions leave what has run out aside at once; this keeps the sums
    short."""
    ended = 0
    while found := await _end_some(context):
        ended += found
        if found < _AT_A_TIME:
            break
    while await _delete_some(context) == _AT_A_TIME:
        pass
    return ended


async def _end_some(context: Context) -> int:
    now = context.now_micros()
    async with context.store.begin() as tx:
        due = await tx.reservations.due(now=now, limit=_AT_A_TIME)
        sums: dict[SumKey, int] = {}
        for reservation in due:
            key = sum_key(reservation)
            sums[key] = sums.get(key, 0) - reservation.counted_nanos
        await tx.reservations.change([(reservation, _ended(reservation)) for reservation in due])
        if due:
            await tx.reservations.add_sums(sums)
        return len(due)


def _ended(reservation: Reservation) -> Change:
    return Change(
        state="expired" if reservation.state == "open" else reservation.state,
        counted_nanos=0,
        cost_nanos=reservation.cost_nanos,
        counts_until=reservation.counts_until,
    )


async def _delete_some(context: Context) -> int:
    async with context.store.begin() as tx:
        deleted = await tx.reservations.delete_old(before=context.now_micros() - KEPT_MICROS, limit=_AT_A_TIME)
        if deleted < _AT_A_TIME:
            await tx.reservations.delete_empty_sums()
        return deleted
