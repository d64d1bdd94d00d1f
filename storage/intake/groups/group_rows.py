"""The rows of a group by column, for the fast path: its events and their keys, made of bookings or of plain calls."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeVar
from zlib import crc32

from bot.costs.plain_bookings import PlainBookings
from bot.periods import DAY_MICROS, date_of
from bot.usage import Booking
from storage.drivers.columns import Columns
from storage.intake.event_columns import EVENT_COLUMNS, event_columns, known_labels, labels_key, plain_columns
from storage.intake.event_keys.inserts import KeysInsert, in_key_order, keys_insert
from storage.intake.rollups import Insert
from storage.queries.memory import UsageMemory

T = TypeVar("T")
Batch = Sequence[Booking] | PlainBookings
"""The bookings of one body."""
_SOURCE, _KEY, _ID, _MOMENT, _COST, _NOTIONAL = (
    EVENT_COLUMNS.index(name)
    for name in ("source_id", "key_hash", "event_id", "occurred_at", "cost_nanos", "notional_nanos")
)


class GroupRows(NamedTuple):
    """The events of a group, and the fingerprint of each."""

    events: Columns
    fingerprints: list[bytes]

    @property
    def largest_nanos(self) -> int:
        """Returns the largest amount of one event."""
        return int(max(chain(self.events.columns[_COST], self.events.columns[_NOTIONAL])))

    @property
    def insert(self) -> Insert:
        return Insert("usage_events", EVENT_COLUMNS, self.events)

    def keys(self, memory: UsageMemory) -> KeysInsert | None:
        """Returns the insert of the keys into the run that is open now; None if this process has read no keys yet."""
        columns = self.events.columns
        id_hashes = [crc32(event_id.encode()) for event_id in columns[_ID]]
        keys = in_key_order(columns[_SOURCE], columns[_KEY], self.fingerprints, columns[_MOMENT], id_hashes)
        return keys_insert(keys, memory.keys)


def group_rows(
    batches: Sequence[Batch], memory: UsageMemory, *, received_at: int, partitioned: bool
) -> GroupRows | None:
    """Returns a group's rows, if all their people, series and (if `partitioned`) months are cached; else None."""
    try:
        parts = [_columns(batch, memory, received_at) for batch in batches]
    except KeyError:
        return None
    events = parts[0] if len(parts) == 1 else Columns([_joined(columns) for columns in _by_place(parts)])
    if partitioned and not _months(events.columns[_MOMENT]) <= memory.months:
        return None
    return GroupRows(events, _joined([_fingerprints(batch) for batch in batches]))


def unknown_bookings(batches: Sequence[Batch], memory: UsageMemory, *, partitioned: bool) -> list[Booking]:
    """Returns the bookings of a group whose person, series or month may be missing."""
    bookings = [booking for batch in batches for booking in _bookings(batch)]
    if partitioned and not _months([booking.event.occurred_at for booking in bookings]) <= memory.months:
        return bookings
    return [booking for booking in bookings if labels_key(booking) not in memory.labels]


def _columns(batch: Batch, memory: UsageMemory, received_at: int) -> Columns:
    if isinstance(batch, PlainBookings):
        return plain_columns(batch, memory, received_at=received_at)
    return event_columns(batch, known_labels(batch, memory), received_at=received_at)


def _fingerprints(batch: Batch) -> list[bytes]:
    if isinstance(batch, PlainBookings):
        return batch.calls.fingerprints
    return [booking.event.fingerprint for booking in batch]


def _bookings(batch: Batch) -> Sequence[Booking]:
    return batch.bookings() if isinstance(batch, PlainBookings) else batch


def _by_place(parts: Sequence[Columns]) -> list[tuple[Sequence[object], ...]]:
    return list(zip(*(part.columns for part in parts), strict=True))


def _joined(columns: Sequence[Sequence[T]]) -> list[T]:
    return list(chain.from_iterable(columns))


def _months(moments: Sequence[int]) -> set[str]:
    return set(map(month_of, {at // DAY_MICROS for at in moments}))


@lru_cache(maxsize=4_096)
def month_of(day: int) -> str:
    """Returns the month of a day in UTC, like 2026-03."""
    return date_of(day).strftime("%Y-%m")
