"""Rises that most teams share: held back from the teams, and reported to finance once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.detection.shared_rises import SharedRise, find_shared_rise
from bot.detection.spike_rule import severity_of
from bot.detection.sweeps import SpikingHour, SweepView
from bot.money import NANOS
from bot.periods import HOUR_MICROS
from bot.views.detection.spikes import shared_rise_message
from handlers.alerting.notices import notify
from handlers.context import Context
from handlers.scope import Scope
from storage.store import Transaction

SHARED = "shared rise"
_DAY = 24


async def shared_hours(tx: Transaction, organisation_id: int, *, since_hour: int) -> frozenset[int]:
    """Returns the hours since `since_hour` in which most teams rose together."""
    records = await tx.alerts.of_kind(team_id=organisation_id, kind=SHARED, since=since_hour * HOUR_MICROS)
    return frozenset(hour for record in records for hour in record.facts["hours"])


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
    if known is not None and max(known.facts["hours"]) > this_hour - _DAY:
        hours = sorted({*known.facts["hours"], *rise.hours})
        more = rise.rise_nanos if hours != known.facts["hours"] else 0
        teams = max(known.facts["teams"], rise.teams)
        record = replace(known, facts={"hours": hours, "teams": teams, "rise_nanos": known.facts["rise_nanos"] + more})
        await tx.alerts.save(record)
        await tx.outbox.change(f"alert:{record.id}", shared_rise_message(record.facts, zone=root.timezone), at=scope.at)
        return
    facts = {"hours": list(rise.hours), "teams": rise.teams, "rise_nanos": rise.rise_nanos}
    key = f"{SHARED}:{min(rise.hours)}"
    message = shared_rise_message(facts, zone=root.timezone)
    severity = severity_of(rise.rise_nanos / NANOS)
    people = scope.directory.finance
    await notify(scope, message, kind=SHARED, key=key, people=people, severity=severity, facts=facts)
