"""Booked events by their current booking, adjusting rows included."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, exists, func, literal, select, tuple_

from bot.intake.adjustments import BookedEvent
from storage.intake.twins.states import Series, adjusted_of, booked_amounts, booked_of, series_of
from storage.tables.intake import usage_adjustments, usage_events, usage_series
from storage.tables.org import people
from storage.transaction import OpenTransaction

_EVENT = (usage_events.c.occurred_at, usage_events.c.source_id, usage_events.c.key_hash)
EventPosition = tuple[int, int, bytes]
"""An event's position among all: its moment, source and key."""


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Selects events that match every given field. `since` and `until` are microseconds since 1970; `until` is
    exclusive, and `moments` are all that may be.

    Team and basis are those of the current booking, adjusting rows included. Events whose call is booked by a twin are
    left out, unless `with_twins`.
    """

    since: int | None = None
    until: int | None = None
    source_id: int | None = None
    event_id: str | None = None
    moments: Collection[int] | None = None
    gateway_team: str | None = None
    provider: str | None = None
    model: str | None = None
    workflow: str | None = None
    credential: str | None = None
    person_ids: Sequence[int] | None = None
    team_id: int | None = None
    basis: str | None = None
    with_twins: bool = False

    def fits(self, booked: BookedEvent) -> bool:
        """Returns True if the current booking matches: SQL can't tell before adjusting rows are applied."""
        return (
            (booked.counts or self.with_twins)
            and self.team_id in (None, booked.team_id)
            and self.basis in (None, booked.basis)
        )


class EventPage(NamedTuple):
    """Events in order of time, and the position after them; None at the end."""

    events: list[BookedEvent]
    after: EventPosition | None


class EventAmounts(NamedTuple):
    """What the price of an event depends on, as it was booked."""

    source_id: int
    key_hash: bytes
    occurred_at: int
    uncached_input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int
    reported_nanos: int | None
    cost_nanos: int
    notional_nanos: int
    tier: str
    conditions: str
    parts: str
    units: str
    is_adjusted: int
    team_id: int
    local_day: int
    series_id: int
    book_nanos: int | None
    book: str
    rule: str
    cost_reason: str


class AmountsPage(NamedTuple):
    """Events to price: those as they were booked and their series, those with adjusting rows, the position after them."""

    plain: list[EventAmounts]
    series: "Mapping[int, Series]"
    adjusted: list[BookedEvent]
    after: EventPosition | None


class BookedEvents:
    """The booked events within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def page(self, filters: EventFilter, *, after: EventPosition | None = None, limit: int = 2_000) -> EventPage:
        """Returns the next matching events by their current booking: at most `limit`, possibly none although more
        follow.
        """
        rows = (await self._connection.execute(_events(filters, after).limit(limit))).all()
        if not rows:
            return EventPage([], None)
        adjusted = await adjusted_of(self._connection, [(row.source_id, bytes(row.key_hash)) for row in rows])
        series = await series_of(self._connection, (sums.placement.series_id for sums in adjusted.values()))
        found = [booked_of(row, adjusted.get((row.source_id, bytes(row.key_hash))), series) for row in rows]
        last = (rows[-1].occurred_at, rows[-1].source_id, bytes(rows[-1].key_hash))
        return EventPage([b for b in found if filters.fits(b)], last if len(rows) == limit else None)

    async def amounts(
        self, filters: EventFilter, *, after: EventPosition | None = None, limit: int = 20_000
    ) -> AmountsPage:
        """Returns the next matching events with what their price depends on: a fraction of the work of `page`."""
        rows = [
            EventAmounts._make(row) for row in await self._connection.execute(_amounts(filters, after).limit(limit))
        ]
        if not rows:
            return AmountsPage([], {}, [], None)
        moved = [row for row in rows if row.is_adjusted]
        sums = await adjusted_of(self._connection, [(row.source_id, bytes(row.key_hash)) for row in moved])
        of_sums = (adjusted.placement.series_id for adjusted in sums.values())
        series = await series_of(self._connection, {*(row.series_id for row in rows), *of_sums})
        changed = (booked_amounts(row, series, sums[row.source_id, bytes(row.key_hash)]) for row in moved)
        adjusted = [booked for booked in changed if booked.counts]
        last = (rows[-1].occurred_at, rows[-1].source_id, bytes(rows[-1].key_hash))
        plain = [row for row in rows if not row.is_adjusted] if moved else rows
        return AmountsPage(plain, series, adjusted, last if len(rows) == limit else None)


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
            page = await BookedEvents(tx).page(filters, after=after, limit=limit)
        if page.events:
            yield page.events
        if page.after is None:
            return
        after = page.after


def _amounts(filters: EventFilter, after: EventPosition | None) -> Select[Any]:
    c, adjusted = usage_events.c, usage_adjustments.c
    has_rows = exists().where(adjusted.source_id == c.source_id, adjusted.key_hash == c.key_hash)
    columns = (has_rows.label(name) if name == "is_adjusted" else c[name] for name in EventAmounts._fields)
    of_series = [
        usage_series.c[name] == value for name in ("provider", "model") if (value := getattr(filters, name)) is not None
    ]
    found = select(*columns)
    if of_series:
        found = found.where(c.series_id.in_(select(usage_series.c.id).where(*of_series)))
    return _in_order(found, filters, after)


def _events(filters: EventFilter, after: EventPosition | None) -> Select[Any]:
    series = [usage_series.c[name] for name in Series._fields]
    current = people.alias("current")  # of a merged record the one it was merged into
    found = (
        select(usage_events, *series, current.c.email, current.c.slack_id, current.c.name)
        .join(usage_series, usage_series.c.id == usage_events.c.series_id)
        .outerjoin(people, people.c.id == usage_series.c.person_id)
        .outerjoin(current, current.c.id == func.coalesce(people.c.merged_into, people.c.id))
    )
    if filters.moments is not None:
        found = found.where(usage_events.c.occurred_at.in_(sorted(filters.moments)))
    of_event, of_series = ("source_id", "event_id", "gateway_team"), ("provider", "model", "workflow", "credential")
    for name in (*of_event, *of_series):
        if (value := getattr(filters, name)) is not None:
            found = found.where((usage_events if name in of_event else usage_series).c[name] == value)
    if filters.person_ids is not None:
        found = found.where(usage_series.c.person_id.in_(list(filters.person_ids)))
    return _in_order(found, filters, after)


def _in_order(found: Select[Any], filters: EventFilter, after: EventPosition | None) -> Select[Any]:
    """Adds the order of events, their span, and the position they begin after."""
    found = found.order_by(*_EVENT)
    if filters.since is not None:
        found = found.where(usage_events.c.occurred_at >= filters.since)
    if filters.until is not None:
        found = found.where(usage_events.c.occurred_at < filters.until)
    if after is not None:
        place = tuple_(*(literal(value, column.type) for value, column in zip(after, _EVENT, strict=True)))
        found = found.where(and_(usage_events.c.occurred_at >= after[0], tuple_(*_EVENT) > place))
    return found
