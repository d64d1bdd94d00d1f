"""Most teams rising together: held back from the teams, and told to finance once, so that nothing is lost."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.detection.shared_rises import MAX_HOURS, is_shared, rising_hours
from bot.detection.spike_rule import severity_of
from bot.detection.sweeps import SpikingHour, SweepView, active_teams, judged_costs
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
    """The hours since one in which most teams rose together."""
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
    """The view without the hours in which most teams rise together now, which are kept as such; None if they do not."""
    histories = context.histories
    new = sorted(
        team_id
        for team_id, hours in found.items()
        if team_id not in running and any(f.part is None and f.hour >= view.this_hour - 1 for f in hours)
    )
    if not is_shared(new=len(new), active=active_teams(histories, view)):
        return None
    nanos = judged_costs(histories, new, view)
    held = sum(hour > view.this_hour - _DAY for hour in view.shared)
    columns = rising_hours(nanos)[: MAX_HOURS - held]
    hours = [view.first_hour + column for column in columns]
    if not hours:
        return None
    rise = sum(int(nanos[:, column].sum() - nanos[:, column - 7 * _DAY].sum()) for column in columns)
    facts = {"hours": hours, "teams": len(new), "rise_nanos": rise}
    async with context.store.begin() as tx:
        await _keep(await context.scope(tx, now=now), facts, this_hour=view.this_hour)
    return replace(view, shared=frozenset(view.shared) | frozenset(hours))


async def _keep(scope: Scope, facts: dict[str, Any], *, this_hour: int) -> None:
    tx, root = scope.tx, scope.directory.root
    known = await tx.alerts.newest(team_id=root.id, kind=SHARED, prefix=SHARED)
    if known is not None and max(known.facts["hours"]) > this_hour - _DAY:
        hours = sorted({*known.facts["hours"], *facts["hours"]})
        more = facts["rise_nanos"] if hours != known.facts["hours"] else 0
        teams = max(known.facts["teams"], facts["teams"])
        record = replace(known, facts={"hours": hours, "teams": teams, "rise_nanos": known.facts["rise_nanos"] + more})
        await tx.alerts.save(record)
        await tx.outbox.change(f"alert:{record.id}", shared_rise_message(record.facts, zone=root.timezone), at=scope.at)
        return
    key = f"{SHARED}:{min(facts['hours'])}"
    message = shared_rise_message(facts, zone=root.timezone)
    severity = severity_of(facts["rise_nanos"] / NANOS)
    people = scope.directory.finance
    await notify(scope, message, kind=SHARED, key=key, people=people, severity=severity, facts=facts)
