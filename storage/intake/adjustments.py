"""Adjusting rows: signed amounts beside the events and in the rollups that correct a team or a price."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, literal, literal_column, select, text, tuple_

from bot.intake.adjustments import BookedEvent, Change
from bot.periods import DAY_MICROS, HOUR_MICROS
from storage import bulk
from storage.intake.rollups import AMOUNTS, Bucket, add_sums
from storage.intake.usage import SERIES_KEY, Usage
from storage.sums import nano_sums, whole
from storage.tables.base import COUNTER_COLUMNS
from storage.tables.intake import usage_adjustments, usage_events, usage_series
from storage.tables.org import people
from storage.transaction import OpenTransaction

_COLUMNS = (
    *("dedupe_key", "source_id", "key_hash", "kind", "made_at", "actor_id", "document"),
    *("occurred_at", "team_id", "local_day", "series_id", "calls", *COUNTER_COLUMNS),
    *("cost_nanos", "notional_nanos", "book_nanos", "book", "rule"),
)
_FACTS = ("team_id", "local_day", "series_id", "cost_nanos", "notional_nanos", "book_nanos", "book", "rule")
_EVENT = (usage_events.c.occurred_at, usage_events.c.source_id, usage_events.c.key_hash)
_IN_STORE = ("provider", "model", "workflow", "credential", "person_id")
EventPosition = tuple[int, int, bytes]
"""An event's position among all: its moment, source and key."""


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Selects events that match every given field. `since` and `until` are microseconds since 1970; `until` is
    exclusive.

    Team and basis are those of the current booking, adjusting rows included.
    """

    since: int | None = None
    until: int | None = None
    source_id: int | None = None
    event_id: str | None = None
    gateway_team: str | None = None
    provider: str | None = None
    model: str | None = None
    workflow: str | None = None
    credential: str | None = None
    person_ids: Sequence[int] | None = None
    team_id: int | None = None
    basis: str | None = None

    def fits(self, booked: BookedEvent) -> bool:
        """Returns True if the current booking matches: SQL can't tell before adjusting rows are applied."""
        return self.team_id in (None, booked.team_id) and self.basis in (None, booked.basis)


class EventPage(NamedTuple):
    """Events in order of time, and the position after them; None at the end."""

    events: list[BookedEvent]
    after: EventPosition | None


class Adjustments:
    """The adjusting rows within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._tx = transaction
        self._connection = transaction.connection

    async def current(
        self, filters: EventFilter, *, after: EventPosition | None = None, limit: int = 2_000
    ) -> EventPage:
        """Returns the next matching events by their current booking: at most `limit`, possibly none although more
        follow.
        """
        rows = (await self._connection.execute(_events(filters, after).limit(limit))).all()
        if not rows:
            return EventPage([], None)
        latest = await self._latest([(row.source_id, bytes(row.key_hash)) for row in rows])
        found = [_booked(row, latest.get((row.source_id, bytes(row.key_hash)))) for row in rows]
        last = (rows[-1].occurred_at, rows[-1].source_id, bytes(rows[-1].key_hash))
        return EventPage([b for b in found if filters.fits(b)], last if len(rows) == limit else None)

    async def _latest(self, keys: Sequence[tuple[int, bytes]]) -> dict[tuple[int, bytes], "_Latest"]:
        """Returns the sum of the adjusting rows of each event that has any."""
        columns = ("id", "source_id", "key_hash", "calls", *_FACTS)
        rows = await bulk.select(self._connection, "usage_adjustments", columns, ("source_id", "key_hash"), keys)
        found: dict[tuple[int, bytes], _Latest] = {}
        for _, source_id, key_hash, calls, *facts in sorted(rows, key=lambda row: int(row[0])):
            latest = found.setdefault((source_id, bytes(key_hash)), _Latest())
            latest.cost_nanos += facts[3]
            latest.notional_nanos += facts[4]
            if calls >= 0:  # the others remove the previous booking
                latest.count += 1
                latest.facts = dict(zip(_FACTS, facts, strict=True))
        ids = sorted({(latest.facts["series_id"],) for latest in found.values()})
        series = {
            row[0]: dict(zip(SERIES_KEY, row[1:], strict=True))
            for row in await bulk.select(self._connection, "usage_series", ("id", *SERIES_KEY), ("id",), ids)
        }
        for latest in found.values():
            latest.series = series[latest.facts["series_id"]]
        return found

    async def by_hour(self, team_ids: Sequence[int], *, first_hour: int) -> dict[int, dict[int, int]]:
        """Returns nano-dollars by team and UTC hour of use that adjusting rows moved to teams, or away from them."""
        hour = usage_adjustments.c.occurred_at.op("/")(literal_column(str(HOUR_MICROS)))
        rows = await self._connection.execute(
            select(usage_adjustments.c.team_id, hour, *nano_sums(usage_adjustments.c.cost_nanos))
            .where(usage_adjustments.c.team_id.in_(list(team_ids)))
            .where(usage_adjustments.c.local_day >= first_hour * HOUR_MICROS // DAY_MICROS - 1)
            .where(usage_adjustments.c.occurred_at >= first_hour * HOUR_MICROS)
            .group_by(usage_adjustments.c.team_id, hour)
        )
        found: dict[int, dict[int, int]] = {}
        for team, at, dollars, rest in rows:
            found.setdefault(int(team), {})[int(at)] = whole(dollars, rest)
        return found

    async def adjust(
        self, changes: Sequence[Change], *, kind: str, at: int, actor_id: int | None, document: str
    ) -> list[Change]:
        """Applies new bookings to events and rollups, and returns the changes made.

        Skips a change that alters no total. Skips an event that was adjusted since it was read: the number of its
        adjusting rows is part of the new row's key, so one of two concurrent processes wins. Call it once per
        transaction, so that rollups are locked in key order; charges follow by `handlers.books.periods.post_charges`.
        """
        changes = sorted({c.old.key: c for c in changes if c.is_one}.values(), key=lambda c: c.old.key)
        if not changes:
            return []
        if self._connection.dialect.name == "postgresql":  # adjusters take turns; there are few
            await self._connection.execute(text("SELECT pg_advisory_xact_lock(7041778)"))
        series = await Usage(self._tx).series_ids([s for c in changes for s in (c.old.series, c.new.series)])
        made_by = (kind, at, actor_id, document)
        arriving = {
            _dedupe_key(change): _row(change, made_by, into=series[2 * place + 1])
            for place, change in enumerate(changes)
        }
        rows = [arriving[key] for key in sorted(arriving)]
        key = ("dedupe_key",)
        new = await bulk.insert_missing(self._connection, "usage_adjustments", _COLUMNS, key, rows)
        places = [place for place, change in enumerate(changes) if (_dedupe_key(change),) in new]
        leaving = [_row_out(changes[p], made_by, out_of=series[2 * p]) for p in places if changes[p].moves]
        await bulk.insert(self._connection, "usage_adjustments", _COLUMNS, leaving)
        made = [changes[place] for place in places]
        await self._roll_up([*leaving, *(arriving[_dedupe_key(change)] for change in made)])
        return made

    async def _roll_up(self, rows: Sequence[tuple[Any, ...]]) -> None:
        at = {name: _COLUMNS.index(name) for name in ("team_id", "occurred_at", "local_day", "series_id")}
        amounts = [_COLUMNS.index(name) for name in AMOUNTS]
        sums: dict[Bucket, list[int]] = {}
        for row in rows:
            hour = row[at["occurred_at"]] // HOUR_MICROS
            there = sums.setdefault(
                (row[at["team_id"]], hour, row[at["local_day"]], row[at["series_id"]]), [0] * len(AMOUNTS)
            )
            for place, column in enumerate(amounts):
                there[place] += row[column]
        await add_sums(self._connection, sums)


async def current_pages(
    snapshot: Callable[[], AbstractAsyncContextManager[OpenTransaction]], filters: EventFilter, *, limit: int = 2_000
) -> AsyncIterator[list[BookedEvent]]:
    """Yields all matching events, page by page, each page in its own snapshot: memory stays flat, and long reads don't
    block vacuum.

    An event that is adjusted meanwhile can't be adjusted again from an earlier read.
    """
    after: EventPosition | None = None
    while True:
        async with snapshot() as tx:
            page = await Adjustments(tx).current(filters, after=after, limit=limit)
        if page.events:
            yield page.events
        if page.after is None:
            return
        after = page.after


class _Latest:
    """The sum of an event's adjusting rows."""

    def __init__(self) -> None:
        self.count = 0
        self.cost_nanos = 0
        self.notional_nanos = 0
        self.facts: dict[str, Any] = {}
        self.series: dict[str, Any] = {}


def _events(filters: EventFilter, after: EventPosition | None) -> Select[Any]:
    series = [usage_series.c[name] for name in SERIES_KEY if name != "team_id"]
    found = (
        select(usage_events, *series, people.c.email, people.c.slack_id, people.c.name)
        .join(usage_series, usage_series.c.id == usage_events.c.series_id)
        .outerjoin(people, people.c.id == usage_series.c.person_id)
        .order_by(*_EVENT)
    )
    if filters.since is not None:
        found = found.where(usage_events.c.occurred_at >= filters.since)
    if filters.until is not None:
        found = found.where(usage_events.c.occurred_at < filters.until)
    for name in ("source_id", "event_id", "gateway_team"):
        if (value := getattr(filters, name)) is not None:
            found = found.where(usage_events.c[name] == value)
    for name in ("provider", "model", "workflow", "credential"):
        if (value := getattr(filters, name)) is not None:
            found = found.where(usage_series.c[name] == value)
    if filters.person_ids is not None:
        found = found.where(usage_series.c.person_id.in_(list(filters.person_ids)))
    if after is not None:
        place = tuple_(*(literal(value, column.type) for value, column in zip(after, _EVENT, strict=True)))
        found = found.where(and_(usage_events.c.occurred_at >= after[0], tuple_(*_EVENT) > place))
    return found


def _booked(row: Any, latest: _Latest | None) -> BookedEvent:
    facts = {name: getattr(row, name) for name in _FACTS}
    series = {name: getattr(row, name) for name in SERIES_KEY if name != "team_id"}
    if latest is not None:
        facts = latest.facts
        series = latest.series
    return BookedEvent(
        source_id=row.source_id,
        key_hash=bytes(row.key_hash),
        event_id=row.event_id,
        occurred_at=row.occurred_at,
        **{name: getattr(row, name) for name in COUNTER_COLUMNS},
        reported_nanos=row.reported_nanos,
        gateway_team=row.gateway_team,
        declared_team=row.declared_team,
        tags=tuple(json.loads(row.tags)),
        tier=row.tier,
        user=row.email or row.slack_id or row.name or "",
        first_basis=row.basis,
        adjustments=latest.count if latest else 0,
        team_id=facts["team_id"],
        local_day=facts["local_day"],
        **{name: series[name] for name in SERIES_KEY if name != "team_id"},
        cost_nanos=row.cost_nanos + (latest.cost_nanos if latest else 0),
        notional_nanos=row.notional_nanos + (latest.notional_nanos if latest else 0),
        book_nanos=facts["book_nanos"],
        book=facts["book"],
        rule=facts["rule"],
    )


def _dedupe_key(change: Change) -> str:
    return f"{change.old.source_id}:{change.old.key_hash.hex()}:{change.old.adjustments + 1}"


def _row(change: Change, made_by: tuple[str, int, int | None, str], *, into: int) -> tuple[Any, ...]:
    """Returns the row for the new booking: all of it if the event moves, else the difference of its cost."""
    old, new = change
    kind, at, actor_id, document = made_by
    counters = old.counters if change.moves else (0,) * len(COUNTER_COLUMNS)
    before = (0, 0) if change.moves else (old.cost_nanos, old.notional_nanos)
    return (
        *(_dedupe_key(change), old.source_id, old.key_hash, kind, at, actor_id, document),
        *(old.occurred_at, new.team_id, new.local_day, into, int(change.moves), *counters),
        *(new.cost_nanos - before[0], new.notional_nanos - before[1], new.book_nanos, new.book, new.rule),
    )


def _row_out(change: Change, made_by: tuple[str, int, int | None, str], *, out_of: int) -> tuple[Any, ...]:
    """Returns the row that removes the event from its old booking."""
    old = change.old
    kind, at, actor_id, document = made_by
    return (
        *(f"{_dedupe_key(change)}:out", old.source_id, old.key_hash, kind, at, actor_id, document),
        *(old.occurred_at, old.team_id, old.local_day, out_of, -1, *(-count for count in old.counters)),
        *(-old.cost_nanos, -old.notional_nanos, old.book_nanos, old.book, old.rule),
    )
