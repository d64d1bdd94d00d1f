"""Spikes as incidents: one message each, edited as it grows, closed with its total when it ends.

What is found is followed in a transaction that holds the team. Of two workers, or of one that comes back, whoever finds
the same again changes nothing: an incident knows its hours, and a team has one that runs, beside what was planned.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.alerting.alerts import spike_key
from bot.detection.extents import group_incidents
from bot.detection.incidents import QUIET_HOURS
from bot.detection.spike_facts import alert_of
from bot.detection.spike_incidents import SweepContext, closing_facts, incident_facts
from bot.detection.sweeps import SpikingHour
from bot.messages import Message
from bot.org.teams import Team
from bot.periods import HOUR_MICROS, micros
from bot.rulebook import Rulebook
from bot.views.detection import spikes as views
from handlers.alerting.answer_text import answer_text
from handlers.alerting.delivery_rules import alert_key, post_alert
from storage.alerting.alerts import AlertRecord
from storage.store import Transaction


async def follow_spikes(
    tx: Transaction,
    rulebook: Rulebook,
    team: Team,
    found: Sequence[SpikingHour],
    seen: SweepContext,
    *,
    now: datetime,
    command: str,
) -> None:
    """Opens, edits, goes on with or ends a team's incidents, by the hours that spike."""
    at, this_hour = micros(now), seen.view.this_hour
    await tx.alerts.lock_team(team.id)
    planned = [r for r in await tx.alerts.running_of_team(team_id=team.id, kind="spike") if r.state == "expected"]
    newest = await tx.alerts.newest_spike(team.id)
    for hours in group_incidents(found):
        if newest is None or hours[0].hour - _last_hour(newest) > QUIET_HOURS:
            if newest is not None and newest.closed_at is None:
                await _close(tx, team, newest, seen, at=at, command=command)
            newest = await _open(tx, rulebook, team, hours, seen, beside=planned, at=at, command=command) or newest
        elif hours[-1].hour >= int(newest.facts["from_hour"]) - QUIET_HOURS:
            newest = await _extend(tx, team, newest, hours, seen, at=at, command=command)
    if newest is not None and newest.closed_at is None:
        is_shared = not found and int(newest.facts["from_hour"]) in seen.view.shared
        if is_shared or this_hour - _ended_at(newest.facts) >= QUIET_HOURS:
            shared = replace(newest, facts={**newest.facts, "shared": is_shared})
            await _close(tx, team, shared, seen, at=at, command=command)
    for record in planned:  # what goes on of them is set aside, so it is as it was when somebody said so
        if this_hour - _last_hour(record) >= QUIET_HOURS:
            await _save_closed(tx, team, record, at=at, command=command)


async def _open(
    tx: Transaction,
    rulebook: Rulebook,
    team: Team,
    hours: Sequence[SpikingHour],
    seen: SweepContext,
    *,
    beside: Sequence[AlertRecord],
    at: int,
    command: str,
) -> AlertRecord | None:
    """A new incident and its message; None if it was opened before. It may begin in the hour of one that was planned."""
    facts = incident_facts(team, hours, seen, before=None)
    key = spike_key(team.id, int(facts["from_hour"])) + "".join(f":{record.id}" for record in beside)
    record = await tx.alerts.add(dedupe_key=key, team_id=team.id, kind="spike", state="open", at=at, facts=facts)
    if record is None:
        return None
    message = await spike_message(tx, team, record, command=command)
    await post_alert(tx, rulebook, team, message, record=record, severity=facts["severity"], at=at)
    return await tx.alerts.by_id(record.id)  # it may have been kept as snoozed


async def _extend(
    tx: Transaction,
    team: Team,
    record: AlertRecord,
    hours: Sequence[SpikingHour],
    seen: SweepContext,
    *,
    at: int,
    command: str,
) -> AlertRecord:
    """The same incident with more hours, or with the same ones as before; one that had ended goes on only by later hours."""
    facts = incident_facts(team, hours, seen, before=record.facts)
    goes_on = record.closed_at is None or _ended_at(facts) > _ended_at(record.facts)
    if not _grew(record.facts, facts):
        if goes_on and facts["last_hour"] > _last_hour(record):
            record = replace(record, facts={**record.facts, "last_hour": facts["last_hour"]})
            await tx.alerts.save(record)
        return record
    if goes_on and record.closed_at is not None:
        await tx.alert_deliveries.resume_tracking(record.id, at=at)
    record = replace(record, facts=facts, closed_at=None if goes_on else record.closed_at)
    await tx.alerts.save(record)
    await _edit(tx, team, record, at=at, command=command)
    return record


async def _close(
    tx: Transaction, team: Team, record: AlertRecord, seen: SweepContext, *, at: int, command: str
) -> None:
    """A spike has ended when days passed without one; its message then shows the total."""
    total = replace(record, facts=closing_facts(team, record.facts, seen))
    await _save_closed(tx, team, total, at=at, command=command)


async def _save_closed(tx: Transaction, team: Team, record: AlertRecord, *, at: int, command: str) -> None:
    closed = replace(record, closed_at=at)
    await tx.alerts.save(closed)
    await _edit(tx, team, closed, at=at, command=command)


async def _edit(tx: Transaction, team: Team, record: AlertRecord, *, at: int, command: str) -> None:
    await tx.outbox.change(alert_key(record.id), await spike_message(tx, team, record, command=command), at=at)


def _last_hour(record: AlertRecord) -> int:
    return int(record.facts["last_hour"])


def _ended_at(facts: dict[str, Any]) -> int:
    """The last hour of an incident's extent. Long windows spike for days after it."""
    return int(facts["from_hour"]) + int(facts["window_hours"]) - 1


def _grew(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether it is worth editing the message: by a twentieth, so that it does not flicker with every event."""
    more = int(after["observed_nanos"]) * 20 > int(before["observed_nanos"]) * 21
    return more or after["severity"] != before["severity"] or after["silences"] != before.get("silences", [])


async def spike_message(tx: Transaction, team: Team, record: AlertRecord, *, command: str) -> Message:
    """The message of a spike as it stands, with its answer if somebody gave one."""
    facts = record.facts
    return views.spike_message(
        alert_of(facts, ongoing=record.closed_at is None),
        team=team,
        alert_id=record.id,
        command=command,
        zone=team.zone_on(facts["from_hour"] * HOUR_MICROS),
        answered=await answer_text(tx, record),
        closed=record.closed_at is not None,
        chart=facts["chart"],
    )
