"""What the books hold of each source: its events with their adjusting rows added, and what was not booked."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from storage.books.checks import faults
from storage.store import Store
from storage.tables.intake import quarantine, sources, usage_adjustments, usage_events, usage_series
from tests.clients.bills import Counters

COUNTERS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")


@dataclass(frozen=True, kw_only=True)
class Booked:
    """One booked call, as it counts now."""

    event_id: str
    tool: str
    model: str
    basis: str
    tier: str
    counters: Counters
    nanos: int


@dataclass(frozen=True, kw_only=True)
class Books:
    """The booked calls and the reasons of rows in quarantine, by the name of their source; and what `tokens check` finds."""

    calls: Mapping[str, list[Booked]] = field(default_factory=dict)
    quarantined: Mapping[str, list[str]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


async def read_books(store: Store) -> Books:
    """Reads everything in one snapshot."""
    events = select(usage_events, usage_series, sources.c.name.label("source")).join_from(
        usage_events.join(usage_series, usage_series.c.id == usage_events.c.series_id),
        sources,
        sources.c.id == usage_events.c.source_id,
    )
    held = select(sources.c.name, quarantine.c.reason).join(sources, sources.c.id == quarantine.c.source_id)
    async with store.read() as tx:
        rows = (await tx.connection.execute(events)).mappings().all()
        changes = (await tx.connection.execute(select(usage_adjustments))).mappings().all()
        waiting = (await tx.connection.execute(held)).all()
        found = [str(fault) async for fault in faults(tx)]
    added: dict[tuple[int, bytes], list[Mapping[str, int]]] = defaultdict(list)
    for change in changes:
        added[change["source_id"], bytes(change["key_hash"])].append({**change})
    calls: dict[str, list[Booked]] = defaultdict(list)
    for row in rows:
        own = added[row["source_id"], bytes(row["key_hash"])]
        if 1 + sum(change["calls"] for change in own) <= 0:
            continue
        counts = {name: row[name] + sum(change[name] for change in own) for name in COUNTERS}
        calls[row["source"]].append(
            Booked(
                event_id=row["event_id"],
                tool=row["tool"],
                model=row["model"],
                basis=row["basis"],
                tier=row["tier"],
                counters=Counters(**counts),
                nanos=row["cost_nanos"] + sum(change["cost_nanos"] for change in own),
            )
        )
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, reason in waiting:
        reasons[name].append(reason)
    return Books(calls=calls, quarantined=reasons, faults=tuple(found))
