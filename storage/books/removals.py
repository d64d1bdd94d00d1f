"""Removal of raw events by whole months: their sums stay, with entries, totals and keys.

On PostgreSQL a month's partition is emptied in one short transaction; it stays, so that a late event has a place. On
SQLite rows go in pieces, whose pages later events use again. Either way the transaction that removes events adds their
sums to `removed_usage`, so `tokens check` holds at every moment.
"""

import json
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal_column, select, text, update

from bot.periods import HOUR_MICROS, MICROS, moment
from storage import bulk
from storage.books.marks import AMOUNTS, marks_by
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.books import removals
from storage.tables.intake import reattributions, usage_events, usage_pending
from storage.transaction import OpenTransaction

LEASE_MICROS = 600 * MICROS
PIECE = 1_000
"""Rows of one transaction on SQLite: it holds the writer for about 30 milliseconds."""
_ROWID: ColumnElement[int] = literal_column("usage_events.rowid")
_SUMS = ("calls", *COUNTER_COLUMNS, "cost_nanos", "notional_nanos", "hours_mark", "days_mark")


class Removal(NamedTuple):
    """One month's removal. `last_row` is its last row on SQLite, `rows` what it removes."""

    id: int
    first_at: int
    before_at: int
    part: int
    last_row: int | None
    rows: int
    file: str
    sha256: str

    @property
    def month(self) -> str:
        return f"{moment(self.first_at):%Y-%m}"

    @property
    def events(self) -> ColumnElement[bool]:
        """Returns the condition of the events that go."""
        at = usage_events.c.occurred_at
        within = (at >= self.first_at) & (at < self.before_at)
        return within if self.last_row is None else within & (self.last_row >= _ROWID)


class RemovedSums(NamedTuple):
    """Sums of events: rows of `removed_usage`, calls by source, and the number of events."""

    usage: list[tuple[int, ...]]
    calls: list[tuple[int, ...]]
    rows: int

    @property
    def total(self) -> dict[str, int]:
        """Returns the sums of all, by the names of an archive's columns."""
        columns = list(zip(*self.usage, strict=True))[3:]
        names = (*COUNTER_COLUMNS, "cost_usd", "notional_usd")
        return {name: sum(column) for name, column in zip(names, columns, strict=False)}


class Removals:
    """The removals within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection
        self._is_postgresql = transaction.connection.dialect.name == "postgresql"

    async def horizon(self) -> int | None:
        """Returns the moment before which events were removed, in microseconds; None if none were."""
        found = (await self._connection.execute(select(func.max(removals.c.before_at)))).scalar()
        return None if found is None else int(found)

    async def oldest_month(self, *, before: int, since: int = 0) -> tuple[int, int] | None:
        """Returns the edges of the oldest whole month with events before a moment."""
        at = usage_events.c.occurred_at
        first = (await self._connection.execute(select(func.min(at)).where(at >= since, at < before))).scalar()
        if first is None:
            return None
        edges = month_of(int(first))
        return edges if edges[1] <= before else None

    async def is_waiting_for_moves(self) -> bool:
        """Returns True while past usage still has to move to another team, which needs its events."""
        query = select(reattributions.c.id).where(reattributions.c.done_at.is_(None)).limit(1)
        return (await self._connection.execute(query)).first() is not None

    async def claim(self, first_at: int, before_at: int, *, at: int) -> Removal | None:
        """Leases a month's removal to the caller, and makes it if there is none; None if another process works on it."""
        mine = removals.c.first_at == first_at
        query = select(removals).where(mine, removals.c.done_at.is_(None)).with_for_update()
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            part = (
                await self._connection.execute(select(func.coalesce(func.max(removals.c.part), 0)).where(mine))
            ).scalar()
            values = {"first_at": first_at, "before_at": before_at, "part": int(part or 0) + 1, "rows": 0}
            key, last_row = ("first_at", "part"), await self._last_row(first_at, before_at)
            columns = (*values, "last_row", "lease_until")
            made = (*values.values(), last_row, at + LEASE_MICROS)
            if not await bulk.insert_missing(self._connection, "removals", columns, key, [made]):
                return None
            query = select(removals).where(mine, removals.c.part == values["part"])
            return _removal((await self._connection.execute(query)).one())
        if row.lease_until > at:
            return None
        removal = _removal(row)
        if not removal.rows:  # nothing of it is gone: later events of the month go with it
            removal = removal._replace(last_row=await self._last_row(first_at, before_at), file="", sha256="")
        await self._set(row.id, lease_until=at + LEASE_MICROS, last_row=removal.last_row)
        return removal

    async def planned(self, first_at: int, before_at: int) -> Removal:
        """Returns the removal that a claim would make or continue."""
        mine = removals.c.first_at == first_at
        row = (await self._connection.execute(select(removals).where(mine, removals.c.done_at.is_(None)))).one_or_none()
        if row is not None and row.rows:
            return _removal(row)
        parts = (
            await self._connection.execute(select(func.count()).where(mine, removals.c.done_at.is_not(None)))
        ).scalar_one()
        last_row = await self._last_row(first_at, before_at)
        return Removal(0, first_at, before_at, int(parts) + 1, last_row, 0, "", "")

    async def _last_row(self, first_at: int, before_at: int) -> int | None:
        """Returns SQLite's last row of a month; never the table's last one, whose number a new event could get again."""
        if self._is_postgresql:
            return None
        at = usage_events.c.occurred_at
        last = select(func.coalesce(func.max(_ROWID), 0)).select_from(usage_events)
        newest = int((await self._connection.execute(last)).scalar_one())
        found = (await self._connection.execute(last.where(at >= first_at, at < before_at))).scalar_one()
        return min(int(found), newest - 1)

    async def release(self, removal_id: int) -> None:
        """Ends the lease, so that the next run of any process goes on."""
        await self._set(removal_id, lease_until=0)

    async def note_archive(self, removal_id: int, *, file: str, sha256: str) -> None:
        """Stores which file has the events that go."""
        await self._set(removal_id, file=file, sha256=sha256)

    async def count(self, removal: Removal) -> int:
        """Returns the number of events that still have to go."""
        query = select(func.count()).select_from(usage_events).where(removal.events)
        return int((await self._connection.execute(query)).scalar_one())

    async def sums(self, condition: ColumnElement[bool]) -> RemovedSums:
        """Returns the sums of events, in key order."""
        events = usage_events.c
        place = (events.team_id, events.local_day)
        hour = events.occurred_at.op("/", precedence=8)(literal_column(str(HOUR_MICROS)))
        added = select(*place, func.count(), *(func.sum(events[name]) for name in AMOUNTS[1:])).where(condition)
        amounts = {
            (int(team), int(day)): tuple(map(int, row))
            for team, day, *row in await self._connection.execute(added.group_by(*place))
        }
        marked = marks_by(place, usage_events, [hour, events.local_day], condition, calls=literal_column("1"))
        by_place = {
            (int(team), int(day)): (int(hours), int(days))
            for team, day, _, hours, days in await self._connection.execute(marked)
        }
        by_source: Select[Any] = select(events.source_id, func.count()).where(condition).group_by(events.source_id)
        return RemovedSums(
            usage=[(*at, *amounts[at], *by_place[at]) for at in sorted(amounts)],
            calls=sorted((int(s), int(n)) for s, n in await self._connection.execute(by_source)),
            rows=sum(row[0] for row in amounts.values()),
        )

    async def remove_piece(self, removal: Removal, *, at: int) -> int:
        """Removes some events on SQLite and adds up their sums. Returns how many went; 0 at the end."""
        waits = select(usage_pending.c.id).where(
            _ROWID.between(usage_pending.c.first_event, usage_pending.c.last_event)
        )
        query = select(_ROWID).select_from(usage_events).where(removal.events, ~waits.exists()).limit(PIECE)
        rows = [int(row) for row in (await self._connection.execute(query)).scalars()]
        if not rows:
            return 0
        listed = {"rows": json.dumps(rows)}
        condition: Any = text("usage_events.rowid IN (SELECT value FROM json_each(:rows))").bindparams(**listed)
        await self._add(await self.sums(condition))
        await self._set(removal.id, is_deleting=1)
        await self._connection.execute(
            text("DELETE FROM usage_events WHERE rowid IN (SELECT value FROM json_each(:rows))"), listed
        )
        await self._set(removal.id, is_deleting=0, rows=removals.c.rows + len(rows), lease_until=at + LEASE_MICROS)
        return len(rows)

    async def empty_month(self, removal: Removal, sums: RemovedSums) -> bool:
        """Empties a month's partition on PostgreSQL, if it holds just the events of these sums; else returns False.

        Nobody waits for longer than half a second: neither this for a reader of the month, nor others for this.
        """
        name = f"usage_events_{removal.month.replace('-', '_')}"
        await self._connection.execute(text("SET LOCAL lock_timeout = 500"))
        await self._connection.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
        if await self.count(removal) != sums.rows:
            return False
        await self._add(sums)
        await self._connection.execute(text(f"TRUNCATE {name}"))
        await self._set(removal.id, rows=sums.rows)
        return True

    async def mark_done(self, removal_id: int, *, at: int) -> Removal:
        """Ends a removal and returns it."""
        await self._set(removal_id, done_at=at)
        return _removal((await self._connection.execute(select(removals).where(removals.c.id == removal_id))).one())

    async def _add(self, sums: RemovedSums) -> None:
        await bulk.add(self._connection, "removed_usage", ("team_id", "local_day"), _SUMS, sums.usage)
        await bulk.add(self._connection, "removed_calls", ("source_id",), ("calls",), sums.calls)

    async def _set(self, removal_id: int, **values: Any) -> None:
        await self._connection.execute(update(removals).where(removals.c.id == removal_id).values(**values))


def month_of(at: int) -> tuple[int, int]:
    """Returns the edges of a moment's month in UTC, in microseconds."""
    day = moment(at).date().replace(day=1)
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return _start(day), _start(following)


def _start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * MICROS


def first_month_kept(at: int, *, days: int) -> int:
    """Returns the start of the month that a number of days ago was in: all events before it are older."""
    return month_of(at - days * 24 * HOUR_MICROS)[0]


def _removal(row: Any) -> Removal:
    return Removal(*(getattr(row, name) for name in Removal._fields))
