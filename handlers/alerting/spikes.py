"""Spikes as incidents: one message each, edited as it grows, and closed with its total.

Each team's incidents change in a transaction that locks the team. A second worker, or one that restarts, changes
nothing: an incident knows its hours, and a team has one running incident beside planned ones.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.alerting.alerts import spike_key
from bot.alerting.spike_facts import SpikeFacts
from bot.detection.expected_parts import spend_part
from bot.detection.histories import SpendPart
from bot.detection.incident_measures import SweepContext
from bot.detection.incidents import (
    QUIET_HOURS,
    Incident,
    belongs_to,
    goes_on,
    group_incidents,
    has_grown,
    is_over,
    opens_incident,
)
from bot.detection.spike_incidents import closing_facts, incident_facts, incident_of
from bot.detection.sweeps import SpikingHour
from bot.messages import Message
from bot.periods import HOUR_MICROS
from bot.views.detection import spikes as views
from handlers.alerting.delivery_rules import alert_key, post_alert
from handlers.alerting.reactions.answer_text import answer_text
from handlers.scope import TeamScope
from storage.alerting.alert_records import AlertRecord


async def follow_spikes(scope: TeamScope, found: Sequence[SpikingHour], sweep: SweepContext) -> None:
    """Opens, extends, reopens and closes a team's incidents by its spiking hours."""
    tx, team, this_hour = scope.tx, scope.team, sweep.view.this_hour
    await tx.alerts.lock_team(team.id)
    planned = [r for r in await tx.alerts.running_of_team(team_id=team.id, kind="spike") if r.state == "expected"]
    newest = await tx.alerts.newest_spike(team.id)
    for hours in group_incidents(await _news(scope, found, planned)):
        if newest is None or opens_incident(_incident(newest), hours):
            if newest is not None and newest.closed_at is None:
                await _close(scope, newest, sweep)
            newest = await _open(scope, hours, sweep, beside=planned) or newest
        elif belongs_to(_incident(newest), hours):
            newest = await _extend(scope, newest, hours, sweep)
    if newest is not None and newest.closed_at is None:
        is_shared = not found and _facts(newest).from_hour in sweep.view.shared
        if is_shared or is_over(_incident(newest), this_hour=this_hour):
            shared = replace(newest, facts=replace(_facts(newest), shared=is_shared).to_facts())
            await _close(scope, shared, sweep)
    for record in planned:  # detection excludes their spend, so they keep the figures of their answer
        if this_hour - _incident(record).last_hour >= QUIET_HOURS:
            await _save_closed(scope, record)


async def _news(scope: TeamScope, found: Sequence[SpikingHour], planned: Sequence[AlertRecord]) -> list[SpikingHour]:
    """Returns the spiking hours without those before a planned spike of the same cause: who planned it knows of them."""
    starts: dict[SpendPart | None, int] = {}
    for record in planned:
        expected = await scope.tx.expectations.of_alert(record.id)
        if expected is not None:
            part = spend_part(scope.team.id, expected.cause)
            for known in (part, None):
                starts[known] = max(starts.get(known, 0), _facts(record).from_hour)
    return [one for one in found if one.hour >= starts.get(one.part, 0)]


async def _open(
    scope: TeamScope, hours: Sequence[SpikingHour], sweep: SweepContext, *, beside: Sequence[AlertRecord]
) -> AlertRecord | None:
    """Opens an incident and posts its message; returns None if it was opened before. It may start in the hour of a
    planned one."""
    tx, team = scope.tx, scope.team
    facts = incident_facts(team, hours, sweep, before=None)
    if facts.excess_nanos <= 0:
        return None  # nothing is left of it without what was planned
    key = spike_key(team.id, facts.from_hour) + "".join(f":{record.id}" for record in beside)
    record = await tx.alerts.add(
        dedupe_key=key, team_id=team.id, kind="spike", state="open", at=scope.at, facts=facts.to_facts()
    )
    if record is None:
        return None
    message = await spike_message(scope, record)
    await post_alert(scope, message, record=record, severity=facts.severity)
    return await tx.alerts.by_id(record.id)  # `post_alert` may have snoozed it


async def _extend(
    scope: TeamScope, record: AlertRecord, hours: Sequence[SpikingHour], sweep: SweepContext
) -> AlertRecord:
    """Extends an incident with its new hours. A closed incident reopens only if its dear hours end later than before."""
    tx = scope.tx
    facts = incident_facts(scope.team, hours, sweep, before=_facts(record))
    before, after = _incident(record), incident_of(facts, team_id=record.team_id)
    is_running = goes_on(before, after, is_closed=record.closed_at is not None)
    if not has_grown(before, after):
        if is_running and after.last_hour > before.last_hour:
            record = replace(record, facts=replace(_facts(record), last_hour=facts.last_hour).to_facts())
            await tx.alerts.save(record)
        return record
    if is_running and record.closed_at is not None:
        await tx.alert_deliveries.resume_tracking(record.id, at=scope.at)
    record = replace(record, facts=facts.to_facts(), closed_at=None if is_running else record.closed_at)
    await tx.alerts.save(record)
    await _edit(scope, record)
    return record


async def _close(scope: TeamScope, record: AlertRecord, sweep: SweepContext) -> None:
    """Closes an incident and shows its total."""
    total = replace(record, facts=closing_facts(scope.team, _facts(record), sweep).to_facts())
    await _save_closed(scope, total)


async def _save_closed(scope: TeamScope, record: AlertRecord) -> None:
    closed = replace(record, closed_at=scope.at)
    await scope.tx.alerts.save(closed)
    await _edit(scope, closed)


async def _edit(scope: TeamScope, record: AlertRecord) -> None:
    await scope.tx.outbox.change(alert_key(record.id), await spike_message(scope, record), at=scope.at)


def _facts(record: AlertRecord) -> SpikeFacts:
    return SpikeFacts.from_facts(record.facts)


def _incident(record: AlertRecord) -> Incident:
    return incident_of(_facts(record), team_id=record.team_id)


async def spike_message(scope: TeamScope, record: AlertRecord) -> Message:
    """Returns the message of a spike with its answer."""
    facts = _facts(record)
    return views.spike_message(
        facts.as_alert(ongoing=record.closed_at is None),
        team=scope.team,
        alert_id=record.id,
        command=scope.command,
        zone=scope.team.zone_on(facts.from_hour * HOUR_MICROS),
        answered=await answer_text(scope.tx, record),
        closed=record.closed_at is not None,
        is_planned=record.state == "expected",
        chart=facts.chart,
    )
