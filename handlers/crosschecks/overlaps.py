"""Finds metering sources that appear to report the same calls, and notifies once a month per pair. It changes no data."""

import asyncio

from bot.crosschecks.overlaps import REPEAT_AFTER_DAYS, Overlap, overlaps
from bot.periods import DAY_MICROS, MICROS, micros
from bot.reporting.reports import OverlapView
from bot.rulebook import Rulebook
from bot.views.crosschecks.sources import overlap_message
from handlers.alerting.notices import notify
from handlers.context import Context
from storage.crosschecks.overlaps import SeenOverlap
from storage.store import Transaction

LATE_MICROS = 120 * MICROS
"""How long calls may take to arrive from both sources before they are compared."""
SHOWN_MICROS = DAY_MICROS


async def find_overlaps(context: Context) -> int:
    """Compares the newest calls of all metering sources and notifies admins and finance. Returns the number of pairs."""
    started = context.now()
    now = micros(started)
    async with context.store.read() as tx:
        meters = await _meters(tx)
        if len(meters) < 2:
            return 0
        sample = await tx.overlaps.sample(list(meters), end=now - LATE_MICROS)
    pairs = await asyncio.to_thread(overlaps, sample.calls)
    notified = 0
    for overlap in pairs:
        async with context.store.begin() as tx:
            scope = await context.scope(tx, now=started)
            whole = _scaled(overlap, sample.scale)
            known = await tx.overlaps.record(whole, from_at=sample.from_at, at=now)
            if known.told_at + REPEAT_AFTER_DAYS * DAY_MICROS > now:
                continue
            message = overlap_message(_view(known, meters))
            key = f"overlap:{overlap.first_id}:{overlap.second_id}:{now // DAY_MICROS}"
            people = scope.directory.reachable(scope.directory.admins | scope.directory.finance)
            await notify(
                scope,
                message,
                kind="overlap",
                key=key,
                people=people,
                severity="medium",
                facts={"sources": [overlap.first_id, overlap.second_id]},
            )
            await tx.overlaps.mark_notified(overlap, at=now)
            notified += 1
    if notified:
        context.wake_outbox.set()
    return notified


async def shown_overlaps(tx: Transaction, rulebook: Rulebook, *, now: int) -> tuple[OverlapView, ...]:
    """Returns the pairs found in the last day whose sources both still meter, for Home."""
    known = await tx.overlaps.seen_since(now - SHOWN_MICROS)
    meters = await _meters(tx) if known else {}
    return tuple(_view(k, meters) for k in known if {k.overlap.first_id, k.overlap.second_id} <= meters.keys())


async def _meters(tx: Transaction) -> dict[int, str]:
    return {source.id: source.name for source, _ in await tx.keys.listed() if source.role == "meter"}


def _scaled(overlap: Overlap, scale: int) -> Overlap:
    """Scales the sample's figures to all calls."""
    return Overlap(
        first_id=overlap.first_id,
        second_id=overlap.second_id,
        twins=overlap.twins * scale,
        calls=overlap.calls * scale,
        cost_nanos=overlap.cost_nanos * scale,
    )


def _view(known: SeenOverlap, names: dict[int, str]) -> OverlapView:
    overlap = known.overlap
    return OverlapView(
        smaller=names[overlap.first_id],
        larger=names[overlap.second_id],
        twins=overlap.twins,
        calls=overlap.calls,
        cost_nanos=overlap.cost_nanos,
        minutes=max(1, (known.seen_at - known.from_at) // (60 * MICROS)),
    )
