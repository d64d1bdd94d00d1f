"""The state of booked events: as they were booked, changed by their adjusting rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.intake.adjustments import BookedEvent, with_figures
from storage import bulk
from storage.intake.event_columns import conditions_of_text, parts_of_text, units_of_text
from storage.tables.base import COUNTER_COLUMNS

OUT = ":out"
"""The end of a dedupe key of the row that removes an event from its old place; the row with the key itself puts it into
the new one.
"""


class Placement(NamedTuple):
    """Where an event counts, and by which price and rule."""

    team_id: int
    local_day: int
    series_id: int
    book_nanos: int | None
    book: str
    rule: str
    cost_reason: str
    figures: str = ""


class Series(NamedTuple):
    """The parts of a series, without its team."""

    tool: str
    provider: str
    model: str
    workflow: str
    person_id: int
    credential: str
    basis: str


@dataclass
class Adjusted:
    """The sum of an event's adjusting rows, and the placement of the last one. `count` leaves out rows that only remove
    it from an old place; with no `calls` it counts nowhere.
    """

    placement: Placement
    count: int = 0
    calls: int = 1
    cost_nanos: int = 0
    notional_nanos: int = 0


async def adjusted_of(
    connection: AsyncConnection, keys: Sequence[tuple[int, bytes]]
) -> dict[tuple[int, bytes], Adjusted]:
    """Returns the sum of the adjusting rows of each event that has any."""
    columns = ("id", "source_id", "key_hash", "dedupe_key", "calls", "cost_nanos", "notional_nanos", *Placement._fields)
    rows = await bulk.select(connection, "usage_adjustments", columns, ("source_id", "key_hash"), keys)
    adjusted: dict[tuple[int, bytes], Adjusted] = {}
    for _, source_id, key_hash, dedupe_key, calls, cost, notional, *rest in sorted(rows, key=lambda row: int(row[0])):
        placement = Placement(*rest)
        sums = adjusted.setdefault((source_id, bytes(key_hash)), Adjusted(placement))
        sums.cost_nanos += cost
        sums.notional_nanos += notional
        sums.calls += calls
        sums.count += not dedupe_key.endswith(OUT)
        if calls >= 0:  # the others remove the previous booking
            sums.placement = placement
    return adjusted


async def series_of(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, Series]:
    """Returns series by their id."""
    columns, keys = ("id", *Series._fields), sorted((series_id,) for series_id in set(ids))
    rows = await bulk.select(connection, "usage_series", columns, ("id",), keys)
    return {row[0]: Series(*row[1:]) for row in rows}


def booked_of(row: Any, adjusted: Adjusted | None, series_by_id: Mapping[int, Series]) -> BookedEvent:
    if adjusted is None:
        adjusted = Adjusted(placement_of(row))
        series = Series(*(getattr(row, name) for name in Series._fields))
    else:
        series = series_by_id[adjusted.placement.series_id]
    texts = {name: getattr(row, name) for name in ("event_id", "gateway_team", "declared_team")}
    user = row.email or row.slack_id or row.name or ""
    return _current(row, row.basis, series, adjusted, **texts, tags=tuple(json.loads(row.tags)), user=user)


def booked_amounts(row: Any, series: Mapping[int, Series], adjusted: Adjusted | None = None) -> BookedEvent:
    """Returns an event as it counts now, without its id, its person's name and the labels of attribution."""
    sums = adjusted or Adjusted(placement_of(row))
    texts = {"event_id": "", "gateway_team": "", "declared_team": "", "tags": (), "user": ""}
    return _current(row, series[row.series_id].basis, series[sums.placement.series_id], sums, **texts)


def placement_of(row: Any) -> Placement:
    return Placement(*(getattr(row, name) for name in Placement._fields[:-1]))


def _current(row: Any, first_basis: str, series: Series, adjusted: Adjusted, **texts: Any) -> BookedEvent:
    placement = adjusted.placement
    booked = BookedEvent(
        source_id=row.source_id,
        key_hash=bytes(row.key_hash),
        occurred_at=row.occurred_at,
        **{name: getattr(row, name) for name in COUNTER_COLUMNS},
        reported_nanos=row.reported_nanos,
        tier=row.tier,
        **conditions_of_text(row.conditions)._asdict(),
        parts=parts_of_text(row.parts),
        units=units_of_text(row.units),
        first_basis=first_basis,
        adjustments=adjusted.count,
        team_id=placement.team_id,
        local_day=placement.local_day,
        **series._asdict(),
        cost_nanos=row.cost_nanos + adjusted.cost_nanos,
        notional_nanos=row.notional_nanos + adjusted.notional_nanos,
        book_nanos=placement.book_nanos,
        book=placement.book,
        rule=placement.rule,
        cost_reason=placement.cost_reason,
        counts=adjusted.calls > 0,
        **texts,
    )
    return with_figures(booked, placement.figures)
