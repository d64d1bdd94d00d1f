"""Usage that carries the id of a reservation settles it, in the transaction that books the usage."""

from collections.abc import Sequence

from bot.books.gatekeeping.reservations import Change, Reservation, booked
from handlers.intake.usage_jobs import UsageJob
from storage.books.gatekeeping.reservations import SumKey, sum_key
from storage.store import Transaction


async def settle_booked(tx: Transaction, group: Sequence[UsageJob], *, now: int) -> None:
    """Settles the reservations of booked events: from this commit on the usage counts in their place.

    Ids that nobody knows, or of another team than the key's, are left out; the usage is booked all the same.
    """
    costs: dict[str, tuple[UsageJob, int]] = {}
    for job in group:
        if job.meters:
            for reservation_id, nanos in job.settled().items():
                costs.setdefault(reservation_id, (job, nanos))
    if not costs:
        return
    changes: list[tuple[Reservation, Change]] = []
    sums: dict[SumKey, int] = {}
    for reservation in (await tx.reservations.for_change(costs)).values():
        job, nanos = costs[reservation.id]
        if job.source.team_id not in (None, reservation.team_id):
            continue
        if (change := booked(reservation, nanos, now=now)) is not None:
            changes.append((reservation, change))
            key = sum_key(reservation)
            sums[key] = sums.get(key, 0) - reservation.counted_nanos
    await tx.reservations.change(changes)
    await tx.reservations.add_sums(sums)
