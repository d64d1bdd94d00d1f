"""Rows that could not be booked: each stored once, for a limited time, up to a cap, without prompts, responses, headers
and addresses.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, case, delete, func, select, update

from bot.intake.quarantine import QuarantineCapacity, QuarantinedRow, QuarantineShare
from bot.periods import DAY_MICROS
from storage import bulk
from storage.tables.intake import quarantine, quarantine_sizes, sources, usage_events, usage_series
from storage.tables.org import people
from storage.transaction import OpenTransaction

_COLUMNS = ("source_id", "row_hash", "kind", "reason", "format", "body", "received_at", "expires_at")
_KEY = ("source_id", "row_hash")
_SIZES = ("source_id", "rows", "bytes", "not_kept")
_NAMES = ("tool", "provider", "model", "workflow", "credential", "basis")
_MOST_IDS = 500
MAX_REASON_CHARACTERS = 500
_size = func.length(quarantine.c.body)


class QuarantineRow(NamedTuple):
    """A row for quarantine. `kind` is `unreadable`, `refused` or `conflict`; `read_as` names the parser that can read
    it again.
    """

    source_id: int
    kind: str
    read_as: str
    reason: str
    body: bytes
    row_hash: bytes


class Quarantine:
    """The quarantined rows within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def keep(
        self, wrong: Sequence[QuarantineRow], *, received_at: int, expires_at: int, cap: QuarantineCapacity
    ) -> None:
        """Stores each row once, while its source has room; beyond the cap only counts it."""
        rows_by_key = {(w.source_id, w.row_hash): w for w in wrong}
        room = await self._free_space({w.source_id for w in wrong}, cap)
        known = {
            (s, bytes(h)) for s, h in await bulk.select(self._connection, "quarantine", _KEY, _KEY, list(rows_by_key))
        }
        rows, sizes = [], dict.fromkeys(sorted(room), (0, 0, 0))
        for at, w in rows_by_key.items():
            if at in known:
                continue
            count, size, lost = sizes[w.source_id]
            left = room[w.source_id]
            if count < left.rows and size + len(w.body) <= left.bytes:
                rows.append((*at, w.kind, w.reason[:MAX_REASON_CHARACTERS], w.read_as, w.body, received_at, expires_at))
                sizes[w.source_id] = (count + 1, size + len(w.body), lost)
            else:
                sizes[w.source_id] = (count, size, lost + 1)
        await bulk.insert(self._connection, "quarantine", _COLUMNS, rows)
        await self._resize(sizes)

    async def _free_space(self, source_ids: set[int], cap: QuarantineCapacity) -> dict[int, QuarantineCapacity]:
        """Returns the free space of each source, whose sizes are locked, in ascending id, until the transaction ends."""
        empty = [(source_id, 0, 0, 0) for source_id in sorted(source_ids)]
        await bulk.insert_missing(self._connection, "quarantine_sizes", _SIZES, _SIZES[:1], empty)
        locked = select(quarantine_sizes).where(quarantine_sizes.c.source_id.in_(source_ids))
        rows = await self._connection.execute(locked.order_by(quarantine_sizes.c.source_id).with_for_update())
        return {
            row.source_id: QuarantineCapacity(rows=cap.rows - row.rows, bytes=cap.bytes - row.bytes) for row in rows
        }

    async def _resize(self, by: dict[int, tuple[int, int, int]]) -> None:
        changed = [(source_id, *by[source_id]) for source_id in sorted(by) if any(by[source_id])]
        await bulk.add(self._connection, "quarantine_sizes", _SIZES[:1], _SIZES[1:], changed)

    async def shares(self) -> list[QuarantineShare]:
        """Returns stored rows by source and kind, most first, and the number of rows beyond each cap."""
        rows = await self._connection.execute(
            select(
                *(sources.c.name, quarantine.c.kind, func.count(), func.sum(_size)),
                func.sum(case((_can_be_read_again(), 1), else_=0)),
            )
            .join(sources, sources.c.id == quarantine.c.source_id)
            .group_by(sources.c.name, quarantine.c.kind)
        )
        shares = [
            QuarantineShare(source=name, kind=kind, rows=int(count), bytes=int(size or 0), retryable=int(again))
            for name, kind, count, size, again in rows
        ]
        return sorted(shares, key=lambda share: (-share.rows, share.source, share.kind))

    async def not_kept(self) -> dict[str, int]:
        """Returns the number of rows of each source beyond its cap."""
        rows = await self._connection.execute(
            select(sources.c.name, quarantine_sizes.c.not_kept)
            .join(sources, sources.c.id == quarantine_sizes.c.source_id)
            .where(quarantine_sizes.c.not_kept > 0)
            .order_by(sources.c.name)
        )
        return {str(name): int(count) for name, count in rows}

    async def counts(self) -> dict[str, int]:
        """Returns the number of rows by kind."""
        rows = await self._connection.execute(select(quarantine.c.kind, func.count()).group_by(quarantine.c.kind))
        return {str(kind): int(count) for kind, count in rows}

    async def listed(self, *, source_id: int | None, kind: str | None, limit: int) -> list[QuarantinedRow]:
        """Returns the newest rows, without their bodies."""
        query = _narrowed(_rows(with_body=False), source_id, kind).order_by(quarantine.c.id.desc()).limit(limit)
        return [_kept(row) for row in await self._connection.execute(query)]

    async def by_ids(self, ids: Sequence[int]) -> list[QuarantinedRow]:
        """Returns rows with their bodies; deleted ones are left out."""
        found: list[QuarantinedRow] = []
        for start in range(0, len(ids), _MOST_IDS):
            query = _rows(with_body=True).where(quarantine.c.id.in_(ids[start : start + _MOST_IDS]))
            found += [_kept(row) for row in await self._connection.execute(query.order_by(quarantine.c.id))]
        return found

    async def ids_of(self, *, source_id: int | None, kind: str | None, retryable: bool) -> list[int]:
        """Returns the ids of all matching rows; `retryable` leaves out rows without a body to read again."""
        query = _narrowed(select(quarantine.c.id), source_id, kind).order_by(quarantine.c.id)
        if retryable:
            query = query.where(_can_be_read_again())
        return [int(found) for found in (await self._connection.execute(query)).scalars()]

    async def id_of(self, source_id: int, row_hash: bytes) -> int | None:
        query = select(quarantine.c.id).where(quarantine.c.source_id == source_id, quarantine.c.row_hash == row_hash)
        return (await self._connection.execute(query)).scalar()

    async def booked_event(self, source_id: int, key: bytes, *, near: int) -> Any | None:
        """Returns the booked event of a key, with the names of its series and its person's e-mail; None if it is not
        booked.

        Events of observing sources never are. Searches within a day of `near` first, which has an index.
        """
        current = people.alias("current")  # of a merged record the one it was merged into
        query = (
            select(usage_events, *(usage_series.c[n] for n in _NAMES), current.c.email)
            .join(usage_series, usage_series.c.id == usage_events.c.series_id)
            .join(people, people.c.id == usage_series.c.person_id, isouter=True)
            .join(current, current.c.id == func.coalesce(people.c.merged_into, people.c.id), isouter=True)
            .where(usage_events.c.source_id == source_id, usage_events.c.key_hash == key)
        )
        close = query.where(usage_events.c.occurred_at.between(near - DAY_MICROS, near + DAY_MICROS))
        for narrowed in (close, query):
            found = (await self._connection.execute(narrowed.limit(1))).one_or_none()
            if found is not None:
                return found
        return None

    async def update_reason(self, row_id: int, reason: str) -> None:
        """Stores the reason of a failed retry."""
        changed = update(quarantine).where(quarantine.c.id == row_id)
        await self._connection.execute(changed.values(reason=reason[:MAX_REASON_CHARACTERS]))

    async def remove(self, ids: Iterable[int]) -> int:
        """Deletes rows and returns their number."""
        listed = sorted(ids)
        return sum(
            [
                await self._drop(quarantine.c.id.in_(listed[at : at + _MOST_IDS]))
                for at in range(0, len(listed), _MOST_IDS)
            ]
        )

    async def is_expiring(self, *, now: int) -> bool:
        """Returns whether any row is due to expire."""
        query = select(quarantine.c.id).where(quarantine.c.expires_at <= now).limit(1)
        return (await self._connection.execute(query)).first() is not None

    async def expire(self, *, now: int) -> int:
        return await self._drop(quarantine.c.expires_at <= now)

    async def _drop(self, which: Any) -> int:
        # The sizes first, as `keep` does, so that concurrent deletes and inserts lock in the same order.
        due = (await self._connection.execute(select(quarantine.c.source_id).where(which).distinct())).scalars()
        await self._free_space(set(due), QuarantineCapacity(rows=0, bytes=0))
        dropped = await self._connection.execute(
            delete(quarantine).where(which).returning(quarantine.c.source_id, _size)
        )
        sizes: dict[int, tuple[int, int, int]] = {}
        count = 0
        for source_id, size in dropped:
            rows, kept, _ = sizes.get(source_id, (0, 0, 0))
            sizes[source_id] = (rows - 1, kept - int(size), 0)
            count += 1
        await self._resize(sizes)
        return count

    async def size_mismatches(self) -> list[str]:
        """Returns the sources whose stored size differs from the size of their rows."""
        real = await self._connection.execute(
            select(quarantine.c.source_id, func.count(), func.sum(_size)).group_by(quarantine.c.source_id)
        )
        counted = {int(source): (int(rows), int(size)) for source, rows, size in real}
        stored = {
            int(row.source_id): (int(row.rows), int(row.bytes))
            for row in await self._connection.execute(select(quarantine_sizes))
        }
        wrong = [s for s in sorted(counted.keys() | stored.keys()) if counted.get(s, (0, 0)) != stored.get(s, (0, 0))]
        return [
            f"quarantine: source {s} keeps {counted.get(s, (0, 0))[0]} rows, and another size is said" for s in wrong
        ]


def _can_be_read_again() -> Any:
    return (quarantine.c.kind != "conflict") & (_size > 0)


def _narrowed(query: Select[Any], source_id: int | None, kind: str | None) -> Select[Any]:
    if source_id is not None:
        query = query.where(quarantine.c.source_id == source_id)
    return query if kind is None else query.where(quarantine.c.kind == kind)


def _rows(*, with_body: bool) -> Select[Any]:
    named = ("id", "source_id", "kind", "reason", "format", "received_at", "expires_at", "row_hash")
    columns = [quarantine.c[name] for name in named]
    body = [quarantine.c.body] if with_body else []
    query = select(*columns, sources.c.name.label("source"), _size.label("size"), *body)
    return query.join(sources, sources.c.id == quarantine.c.source_id)


def _kept(row: Any) -> QuarantinedRow:
    return QuarantinedRow(
        id=row.id,
        source_id=row.source_id,
        source=row.source,
        kind=row.kind,
        reason=row.reason,
        read_as=row.format,
        received_at=row.received_at,
        expires_at=row.expires_at,
        size=int(row.size),
        row_hash=bytes(row.row_hash),
        body=bytes(getattr(row, "body", b"")),
    )
