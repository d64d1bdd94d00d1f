"""Rows of raw events as an archive keeps them: labels by name, people by their opaque id alone."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import ColumnElement, func, select

from storage.tables.base import COUNTER_COLUMNS
from storage.tables.intake import sources, usage_events, usage_series
from storage.tables.org import people, teams
from storage.transaction import OpenTransaction

PAGE = 20_000
"""Rows in memory at a time."""
_EVENT, _SERIES = usage_events.c, usage_series.c
_COLUMNS: dict[str, Any] = {
    "source": sources.c.name,
    "event_id": _EVENT.event_id,
    "key": _EVENT.key_hash,
    "occurred_at": _EVENT.occurred_at,
    "received_at": _EVENT.received_at,
    "team": teams.c.slug,
    "local_day": _EVENT.local_day,
    "tool": _SERIES.tool,
    "provider": _SERIES.provider,
    "model": _SERIES.model,
    "workflow": _SERIES.workflow,
    "person": func.coalesce(people.c.merged_into, _SERIES.person_id),
    "credential": _SERIES.credential,
    **{name: _EVENT[name] for name in COUNTER_COLUMNS},
    "cost_usd": _EVENT.cost_nanos,
    "book_usd": _EVENT.book_nanos,
    "reported_usd": _EVENT.reported_nanos,
    "notional_usd": _EVENT.notional_nanos,
    "cost_basis": _SERIES.basis,
    "price_book": _EVENT.book,
    "attribution_rule": _EVENT.rule,
    "gateway_team": _EVENT.gateway_team,
    "declared_team": _EVENT.declared_team,
    "tags": _EVENT.tags,
    "service_tier": _EVENT.tier,
    "parts": _EVENT.parts,
    "units": _EVENT.units,
    "conditions": _EVENT.conditions,
    "cost_reason": _EVENT.cost_reason,
}
NAMES = tuple(_COLUMNS)
"""The columns of a row, in order; those that end with `_usd` are integers of nano-dollars."""


async def archive_rows(tx: OpenTransaction, condition: ColumnElement[bool]) -> AsyncIterator[list[Any]]:
    """Yields the columns of events in order of time, page by page, as they were booked: adjusting rows stay in the books.

    A person is the id of `people`, which says nothing once the person is erased there.
    """
    query = (
        select(*(column.label(name) for name, column in _COLUMNS.items()))
        .select_from(usage_events)
        .join(usage_series, _SERIES.id == _EVENT.series_id)
        .outerjoin(sources, sources.c.id == _EVENT.source_id)
        .outerjoin(teams, teams.c.id == _EVENT.team_id)
        .outerjoin(people, people.c.id == _SERIES.person_id)
        .where(condition)
        .order_by(_EVENT.occurred_at)
    )
    async with tx.connection.stream(query) as rows:
        async for page in rows.partitions(PAGE):
            yield list(zip(*page, strict=True))
