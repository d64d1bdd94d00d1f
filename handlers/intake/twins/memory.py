"""What a process knows of the newest records: its own commits at once, those of other processes after each commit."""

import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.costs.plain_bookings import PlainBookings
from bot.intake.twins.index import Batch, Found, TwinIndex, packed_calls
from bot.intake.twins.sightings import Sighting, are_twins, packed_sighting
from bot.periods import HOUR_MICROS, MICROS
from bot.usage import Booking
from handlers.context import Context
from storage.intake.twins.marks import MarksRow
from storage.store import Transaction

RECENT_MICROS = 900 * MICROS
"""How long a record without a common id may come after its twin."""
LONGEST_MICROS = 6 * HOUR_MICROS
"""The same for records with a common response id."""
MOST_CALLS = 500_000
"""Newest records whose response ids are known, in the database and in each process."""
_MOST_RECENT = 150_000
_CLOCKS_DIFFER_SECONDS = 5
_ROWS_AT_ONCE = 100


class TwinMemory:
    """The index of a process. It reads the database once there are records that may have twins."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.index = TwinIndex(recent=_MOST_RECENT, most=MOST_CALLS)
        self._is_loaded = False
        self._read_until = 0
        self.unchecked: list[Batch] = []

    def clear(self) -> None:
        """Forgets everything: a commit failed, so nobody knows what the database has."""
        self.index.clear()
        self._is_loaded, self._read_until, self.unchecked = False, 0, []

    def batch_of(self, sightings: Sequence[Sighting]) -> Batch:
        """Returns a batch of a commit to come."""
        return self._batch_of(b"".join([sighting.packed for sighting in sightings]))

    def _batch_of(self, packed: bytes) -> Batch:
        return Batch(packed, token=secrets.randbits(62), received_at=self._context.now_micros())

    async def look(self, bookings: Iterable[Sequence[Booking] | PlainBookings]) -> "Looked":
        """Returns the records of bookings that may have twins, and whether one is known."""
        batch = self._batch_of(b"".join(map(_packed, bookings)))
        if len(batch) and not self._is_loaded:
            async with self._context.store.read() as tx:
                await self._load(tx)
        return Looked(batch, any(is_suspect(batch[one.at], one) for one in self.index.find(batch)))

    async def _load(self, tx: Transaction) -> None:
        """Reads the newest records of the database. Those of the last commits are checked: who made them may be dead."""
        self.index.clear()
        since = self._context.now_micros() - LONGEST_MICROS
        rows = await tx.usage.call_records.marks.newest(since=since, calls=MOST_CALLS)
        newest = max((row.received_at for row in rows), default=0)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            piece = rows[start : start + _ROWS_AT_ONCE]
            batches = {
                batch.token: batch for batch in await tx.usage.call_records.marks.batches([row.token for row in piece])
            }
            for batch in (batches[row.token] for row in piece if row.token in batches):
                self.index.add(batch)
                self.unchecked += [batch] if batch.received_at >= newest - self._late_micros else []
        self._seen(rows)
        self._is_loaded = True

    async def read_others(self, tx: Transaction) -> None:
        """Reads what other processes committed since the last look; that is `unchecked`."""
        if not self._is_loaded:
            await self._load(tx)
            return
        rows = await tx.usage.call_records.marks.rows_after(self._read_until)
        for batch in await tx.usage.call_records.marks.batches(
            [row.token for row in rows if row.token not in self.index]
        ):
            self.index.add(batch)
            self.unchecked.append(batch)
        self._seen(rows)

    def checked(self, batches: Sequence[Batch]) -> None:
        """Forgets that batches have to be checked."""
        self.unchecked = [batch for batch in self.unchecked if batch not in batches]

    def committed(self, batch: Batch) -> None:
        """Adds the records of a commit of this process."""
        if batch.token not in self.index:
            self.index.add(batch)
        self.index.age(before=self._context.now_micros() - RECENT_MICROS)

    def _seen(self, rows: Sequence[MarksRow]) -> None:
        """Remembers which rows are read. A row of a smaller number may be committed a little later, so those of the last
        seconds are looked at again, without their marks.
        """
        before = self._context.now_micros() - self._late_micros
        self._read_until = max((row.id for row in rows if row.received_at < before), default=self._read_until)

    @property
    def _late_micros(self) -> int:
        """Returns how long a commit may take after its row got its number, by another machine's clock."""
        return int((self._context.settings.answer_seconds + _CLOCKS_DIFFER_SECONDS) * MICROS)


def _packed(bookings: Sequence[Booking] | PlainBookings) -> bytes:
    if isinstance(bookings, PlainBookings):
        return packed_calls(bookings.source_id, bookings.calls)
    return b"".join(
        packed_sighting(booking.source_id, booking.event) for booking in bookings if booking.event.twin_hint is not None
    )


class Looked(NamedTuple):
    """The records of a group, and whether one of them may have a twin."""

    batch: Batch
    has_suspects: bool


def is_suspect(sighting: Sighting, found: Found) -> bool:
    """Returns True if a found record is a twin, or is so old that the database has to tell."""
    other = found.other
    return other is None or (other.id != sighting.id and are_twins(sighting, other))
