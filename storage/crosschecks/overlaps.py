"""Sources that seem to report the same calls: a bounded sample to find them, and the overlaps people know of."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select, update

from bot.crosschecks.overlaps import MIN_TOKENS, ComparedCall, Overlap
from bot.periods import HOUR_MICROS
from storage import bulk
from storage.tables.crosschecks import source_overlaps
from storage.tables.intake import usage_events, usage_series
from storage.transaction import OpenTransaction

MAX_SCANNED = 100_000
MAX_COMPARED = 20_000
LONGEST_MICROS = 24 * HOUR_MICROS
_COLUMNS = ("first_id", "second_id", "matches", "calls", "cost_nanos", "from_at", "seen_at", "told_at")


class Sample(NamedTuple):
    """A sample of `1 / scale` of the calls since `from_at`, chosen by content, so that twins are chosen together."""

    calls: list[ComparedCall]
    from_at: int
    scale: int


class SeenOverlap(NamedTuple):
    """An overlap as last measured, over the time since `from_at`. `told_at` is 0 if nobody was notified."""

    overlap: Overlap
    from_at: int
    seen_at: int
    told_at: int


class Overlaps:
    """The overlaps within one transaction."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def sample(self, source_ids: Sequence[int], *, end: int) -> Sample:
        """Returns a sample of the newest calls before `end`, of at most a day and a bounded number."""
        at = usage_events.c.occurred_at
        first = end - LONGEST_MICROS
        within = (at >= first, at < end)
        newest = select(at).where(*within).order_by(at.desc()).limit(1).offset(MAX_SCANNED)
        cut = (await self._connection.execute(newest)).scalar()
        from_at = first if cut is None else int(cut) + 1
        within = (at >= from_at, at < end)
        count = (await self._connection.execute(select(func.count()).select_from(usage_events).where(*within))).scalar()
        scale = -(-int(count or 0) // MAX_COMPARED) or 1
        c = usage_events.c
        tokens_in = c.uncached_input + c.cache_read + c.cache_write_5m + c.cache_write_1h
        rows = await self._connection.execute(
            select(c.source_id, at, usage_series.c.model, tokens_in, c.output, c.cost_nanos, c.team_id)
            .join(usage_series, usage_series.c.id == c.series_id)
            .where(*within, c.source_id.in_(list(source_ids)), tokens_in + c.output >= MIN_TOKENS)
            .where((tokens_in + c.output * 31) % scale == 0)
            .limit(MAX_COMPARED * 2)
        )
        return Sample([ComparedCall(*row) for row in rows], from_at, scale)

    async def record(self, found: Overlap, *, from_at: int, at: int) -> SeenOverlap:
        """Stores an overlap as measured now; returns it, locked, with the moment of its last notification."""
        amounts = (found.twins, found.calls, found.cost_nanos, from_at, at)
        kept = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:-1])
        tail = f"ON CONFLICT (first_id, second_id) DO UPDATE SET {kept}"
        rows = [(found.first_id, found.second_id, *amounts, 0)]
        await bulk.upsert(self._connection, "source_overlaps", _COLUMNS, rows, tail)
        last_told = select(source_overlaps.c.told_at).where(
            source_overlaps.c.first_id == found.first_id, source_overlaps.c.second_id == found.second_id
        )
        told_at = (await self._connection.execute(last_told)).scalar_one()
        return SeenOverlap(found, from_at, at, int(told_at))

    async def mark_notified(self, overlap: Overlap, *, at: int) -> None:
        changed = update(source_overlaps).where(
            source_overlaps.c.first_id == overlap.first_id, source_overlaps.c.second_id == overlap.second_id
        )
        await self._connection.execute(changed.values(told_at=at))

    async def seen_since(self, since: int) -> list[SeenOverlap]:
        """Returns overlaps measured since a moment, the largest first."""
        query = select(source_overlaps).where(source_overlaps.c.seen_at >= since)
        rows = await self._connection.execute(query.order_by(source_overlaps.c.matches.desc()))
        return [
            SeenOverlap(
                Overlap(
                    first_id=row.first_id,
                    second_id=row.second_id,
                    twins=row.matches,
                    calls=row.calls,
                    cost_nanos=row.cost_nanos,
                ),
                row.from_at,
                row.seen_at,
                row.told_at,
            )
            for row in rows
        ]
