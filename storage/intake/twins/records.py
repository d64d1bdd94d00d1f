"""Records of calls that have more than one: what each said, and the event that books the call."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, exists, func, not_, select, text, tuple_

from bot.usage import UsageEvent
from storage import bulk
from storage.intake.twins.marks import CallMarks
from storage.tables.intake import call_records
from storage.transaction import OpenTransaction

_KEY = ("source_id", "key_hash", "fingerprint")
_COLUMNS = (
    *(*_KEY, "call_key", "call_at", "event_id", "occurred_at", "made_at"),
    *("is_booked", "has_key", "person_id", "record"),
)
_MOVED = (
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET call_key = excluded.call_key, call_at = excluded.call_at, "
    "is_booked = excluded.is_booked, has_key = excluded.has_key"
)
_event = msgspec.json.Decoder(UsageEvent)


class CallRecordRow(NamedTuple):
    """A record of a call. `call_key` and `call_at` are of the event that books it."""

    source_id: int
    event: UsageEvent
    person_id: int
    call_key: bytes
    call_at: int
    made_at: int
    is_booked: bool
    has_key: bool

    @property
    def id(self) -> tuple[int, bytes]:
        return self.source_id, self.event.key


class CallRecords:
    """The records within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self.marks = CallMarks(transaction)

    async def lock(self) -> None:
        """Lets processes that decide on twins take turns on PostgreSQL, with those that adjust events."""
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(text("SELECT pg_advisory_xact_lock(7041778)"))

    async def of_calls(self, ids: Iterable[tuple[int, bytes]]) -> list[CallRecordRow]:
        """Returns all records of the calls of some records, given by source and key."""
        keys = sorted(set(ids))
        calls = await bulk.select(self._connection, "call_records", ("source_id", "call_key"), _KEY[:2], keys)
        found = sorted({(source, bytes(call)) for source, call in calls})
        rows = await bulk.select(self._connection, "call_records", _COLUMNS, ("source_id", "call_key"), found)
        return [_record(row) for row in rows]

    async def keep(self, records: Sequence[CallRecordRow]) -> None:
        """Stores records; of a known one the event that books its call."""
        rows = sorted(
            (
                *(record.source_id, record.event.key, record.event.fingerprint, record.call_key, record.call_at),
                *(record.event.event_id, record.event.occurred_at, record.made_at),
                *(int(record.is_booked), int(record.has_key), record.person_id, _text(record.event)),
            )
            for record in records
        )
        await bulk.upsert(self._connection, "call_records", _COLUMNS, rows, _MOVED)

    async def prune(self, *, before: int, most: int) -> int:
        """Deletes the records of at most so many calls whose newest record was made before a moment. Returns their number.

        Keys without an event stay counted, among those of removed events.
        """
        row, newer = call_records.c, call_records.alias()
        has_newer = exists().where(
            newer.c.source_id == row.source_id, newer.c.call_key == row.call_key, newer.c.made_at >= before
        )
        old = select(row.source_id, row.call_key).where(row.made_at < before, not_(has_newer))
        wanted = tuple_(row.source_id, row.call_key).in_(old.order_by(row.made_at).limit(most))
        gone = await self._connection.execute(delete(call_records).where(wanted).returning(row.source_id, row.has_key))
        keys, count = Counter[int](), 0
        for source_id, has_key in gone:
            keys[int(source_id)] += int(has_key)
            count += 1
        sums = [(source_id, keys[source_id]) for source_id in sorted(keys) if keys[source_id]]
        await bulk.add(self._connection, "removed_calls", ("source_id",), ("calls",), sums)
        return count

    async def twins_by_source(self, *, since: int = 0) -> dict[int, int]:
        """Returns how many records beside the booked one of each call came since a moment, by source."""
        query = select(call_records.c.source_id, func.count()).where(
            call_records.c.made_at >= since,
            (call_records.c.key_hash != call_records.c.call_key) | (call_records.c.is_booked == 0),
        )
        rows = await self._connection.execute(query.group_by(call_records.c.source_id))
        return {int(source): int(count) for source, count in rows}


def _text(event: UsageEvent) -> str:
    """Returns a record as it is stored: without what names a person or a program."""
    labels = msgspec.structs.replace(event.labels, user="", user_agent="", api_base="")
    return msgspec.json.encode(msgspec.structs.replace(event, labels=labels)).decode()


def _record(row: tuple[Any, ...]) -> CallRecordRow:
    found = dict(zip(_COLUMNS, row, strict=True))
    return CallRecordRow(
        source_id=int(found["source_id"]),
        event=_event.decode(found["record"]),
        person_id=int(found["person_id"]),
        call_key=bytes(found["call_key"]),
        call_at=int(found["call_at"]),
        made_at=int(found["made_at"]),
        is_booked=bool(found["is_booked"]),
        has_key=bool(found["has_key"]),
    )
