"""Rises that most teams share: held back from the teams, and reported to finance once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.detection.detector.spike_rule import severity_of
from bot.detection.shared_rises import SharedRise, find_shared_rise
from bot.detection.sweeps import SpikingHour, SweepView
from bot.money import NANOS
from bot.periods import HOUR_MICROS
from bot.views.detection.spikes import shared_rise_message
from handlers.alerting.delivery_rules import alert_key
from handlers.alerting.notices import notify
from handlers.context import Context
from handlers.scope import Scope
from storage.store import Transaction

SHARED = "shared rise"
_DAY = 24


async def shared_hours(tx: Transaction, organisation_id: int, *, since_hour: int) -> frozenset[int]:
    """Returns the hours since `since_hour` in which most teams rose together."""
    records = await tx.alerts.of_kind(team_id=organisation_id, kind=SHARED, since=since_hour * HOUR_MICROS)
    return frozenset(hour for record in records for hour in SharedRise.from_facts(record.facts).hours)


async def hold_shared_rise(
    context: Context,
    found: Mapping[int, Sequence[SpikingHour]],
    view: SweepView,
    *,
    running: Collection[int],
    now: datetime,
) -> SweepView | None:
    """Records the hours in which most teams rise together now; returns the view without them, None if there are none."""
    rise = find_shared_rise(context.histories, found, view, running=running)
    if rise is None:
        return None
    async with context.store.begin() as tx:
        await _keep(await context.scope(tx, now=now), rise, this_hour=view.this_hour)
    return replace(view, shared=frozenset(view.shared) | frozenset(rise.hours))


async def _keep(scope: Scope, rise: SharedRise, *, this_hour: int) -> None:
    """Records a shared rise and notifies finance, or adds it to the one that goes on, whose message it edits."""
    tx, root = scope.tx, scope.directory.root
    known = await tx.alerts.newest(team_id=root.id, kind=SHARED, prefix=SHARED)
    before = None if known is None else SharedRise.from_facts(known.facts)
    if known is not None and before is not None and max(before.hours) > this_hour - _DAY:
        whole = before.with_more(rise)
        await tx.alerts.save(replace(known, facts=whole.to_facts()))
        message = shared_rise_message(whole, zone=root.timezone)
        await tx.outbox.change(alert_key(known.id), message, at=scope.at)
        return
    key = f"{SHARED}:{min(rise.hours)}"
    message = shared_rise_message(rise, zone=root.timezone)
    severity = severity_of(rise.rise_nanos / NANOS)
    people = scope.directory.reachable_finance
    await notify(scope, message, kind=SHARED, key=key, people=people, severity=severity, facts=rise.to_facts())
