"""Health alerts: a silent source or an unreachable channel. Each is one message that ends by itself."""

from dataclasses import replace

import msgspec

from bot.alerting.crosscheck_facts import RouteFacts, SilenceFacts
from bot.alerting.severities import Severity
from bot.crosschecks.health import HISTORY_DAYS, SLOTS_A_DAY, find_silence, slot_of
from bot.messages import Message
from bot.org.attribution import Source
from bot.org.teams import Directory
from bot.periods import DAY_MICROS
from bot.reporting.reports import SilentSource
from bot.views.crosschecks import health_alerts as views
from handlers.alerting.delivery_rules import alert_key, post_alert, repost_alert
from handlers.context import Context
from handlers.scope import Scope, TeamScope
from storage.alerting.alert_records import AlertRecord
from storage.crosschecks.health import WATCHER
from storage.store import Transaction

SILENCE, ROUTE = "silence", "route"
SAME_MICROS = DAY_MICROS
"""A fault that returns within a day of its last alert reopens that alert's message."""
_NEVER = 2**62


async def watch_sources(context: Context) -> int:
    """Records when each source sends, and notifies admins and finance of unusual silences and their end. Returns the
    number of changed messages.

    The first worker in each quarter of an hour judges silences.
    """
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        directory, at = scope.directory, scope.at
        last_received = {source: last for source, last in (await tx.observations.last_received()).items() if last <= at}
        slot = slot_of(at)
        fresh = [(source, slot_of(last)) for source, last in last_received.items() if slot - slot_of(last) <= 1]
        is_first = (WATCHER, slot) in await tx.health.mark([(WATCHER, slot), *fresh])
        sources = {source.id: (source, keys > 0) for source, keys in await tx.keys.listed()}
        changed = 0
        running: set[int] = set()
        for record in await tx.alerts.open_alerts(team_id=directory.root.id, kind=SILENCE):
            running.add(SilenceFacts.from_facts(record.facts).source_id)
            changed += await _end_silence(scope, record, sources, last_received)
        if is_first:
            for source, is_in_force in sources.values():
                last = last_received.get(source.id)
                if is_in_force and last is not None and source.id not in running:
                    changed += await _judge_silence(scope, source, last=last)
            await tx.health.expire(before_slot=slot - (HISTORY_DAYS + 1) * SLOTS_A_DAY)
    if changed:
        context.wake_outbox.set()
    return changed


async def _judge_silence(scope: Scope, source: Source, *, last: int) -> bool:
    tx, directory, at = scope.tx, scope.directory, scope.at
    since = slot_of(last) - HISTORY_DAYS * SLOTS_A_DAY
    if slot_of(at) - slot_of(last) <= 1:
        return False
    beats = await tx.health.beats(source.id, from_slot=since)
    observed = await tx.health.beats(WATCHER, from_slot=since)
    if find_silence(beats, observed, last_at=last, now=at, zone_name=directory.root.zone_on(at)) is None:
        return False
    facts = SilenceFacts(source_id=source.id, source=source.name, role=source.role, since=last)
    prefix = f"{SILENCE}:{source.id}:"
    return await _notify(
        scope.of_team(directory.root),
        kind=SILENCE,
        severity="high" if source.role == "meter" else "low",
        prefix=prefix,
        facts=facts,
        people=directory.reachable(directory.admins | directory.finance),
        key=f"{prefix}{last}",
    )


async def _end_silence(
    scope: Scope, record: AlertRecord, sources: dict[int, tuple[Source, bool]], last_received: dict[int, int]
) -> bool:
    """Closes the alert if the source sends again or its keys were revoked."""
    facts = SilenceFacts.from_facts(record.facts)
    last = last_received.get(facts.source_id, 0)
    is_in_force = facts.source_id in sources and sources[facts.source_id][1]
    if last > facts.since:
        facts = msgspec.structs.replace(facts, heard_at=last)
    elif not is_in_force:
        facts = msgspec.structs.replace(facts, is_revoked=True)
    else:
        return False
    return await _change(scope, replace(record, closed_at=scope.at, facts=facts.to_facts()))


async def watch_routes(context: Context) -> int:
    """Notifies a team's managers when its channel is unreachable, and when it recovers. Returns the number of changed
    messages.
    """
    async with context.store.read() as tx:  # most of the time nothing is due, and nothing is written
        told = await tx.alerts.teams_with_open(kind=ROUTE)
        teams = (await context.rulebooks.current(tx)).directory.alert_teams
        due = {t.id for t in teams if t.id in told or any(place.state == "broken" for place in t.destinations)}
    if not due:
        return 0
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        directory, at = scope.directory, scope.at
        changed = 0
        for team in (t for t in directory.alert_teams if t.id in due):
            broken = [place.ref for place in team.destinations if place.state == "broken"]
            records = await tx.alerts.open_alerts(team_id=team.id, kind=ROUTE)
            if broken and not records:
                prefix = f"{ROUTE}:{team.id}:"
                changed += await _notify(
                    scope.of_team(team),
                    kind=ROUTE,
                    severity="high",
                    prefix=prefix,
                    facts=RouteFacts(
                        since=at,
                        channel=team.channel_ref if broken[0] == team.destination().ref else broken[0],
                    ),
                    people=directory.responsible_for(team) | directory.reachable_finance,
                    key=None,
                )
            elif all(place.state in ("linked", "none") for place in team.destinations):
                for record in records:
                    facts = msgspec.structs.replace(RouteFacts.from_facts(record.facts), works_since=at)
                    changed += await _change(scope, replace(record, closed_at=at, facts=facts.to_facts()))
    if changed:
        context.wake_outbox.set()
    return changed


async def _notify(
    scope: TeamScope,
    *,
    kind: str,
    severity: Severity,
    prefix: str,
    facts: SilenceFacts | RouteFacts,
    people: frozenset[int],
    key: str | None,
) -> bool:
    """Posts an alert to people by their team's delivery rules, or reopens the alert if the same fault is less than a day
    old.

    Without a key of its own, an alert is numbered by the one before it.
    """
    tx, team, at = scope.tx, scope.team, scope.at
    last = await tx.alerts.newest(team_id=team.id, kind=kind, prefix=prefix)
    if last is not None and 0 <= at - last.opened_at < SAME_MICROS:
        again = replace(last, closed_at=None, facts=facts.to_facts())
        changed = await _change(scope, again)
        await repost_alert(scope, again, severity=severity)
        return changed
    number = 0 if last is None else last.id
    record = await tx.alerts.add(
        dedupe_key=key or f"{prefix}{number}",
        team_id=team.id,
        kind=kind,
        state="open",
        at=at,
        facts=facts.to_facts(),
    )
    if record is None:
        return False
    await post_alert(scope, _message(scope, record), record=record, severity=severity, people=people)
    return True


async def _change(scope: Scope, record: AlertRecord) -> bool:
    await scope.tx.alerts.save(record)
    return await scope.tx.outbox.change(alert_key(record.id), _message(scope, record), at=scope.at)


def _message(scope: Scope, record: AlertRecord) -> Message:
    team = scope.directory.by_id(record.team_id)
    zone = team.zone_on(scope.at)
    if record.kind == SILENCE:
        return views.silence_message(_silent(record), alert_id=record.id, zone=zone)
    facts = RouteFacts.from_facts(record.facts)
    return views.route_message(
        team,
        channel=team.channel_ref if facts.channel is None else facts.channel,
        since=facts.since,
        works_since=facts.works_since,
        alert_id=record.id,
        zone=zone,
    )


def _silent(record: AlertRecord) -> SilentSource:
    facts = SilenceFacts.from_facts(record.facts)
    return SilentSource(
        name=facts.source,
        role=facts.role,
        since=facts.since,
        heard_at=facts.heard_at,
        is_revoked=facts.is_revoked,
    )


async def silent_sources(tx: Transaction, directory: Directory) -> tuple[SilentSource, ...]:
    """Returns the sources that are silent now, for Home and the doctor."""
    records = await tx.alerts.of_kind(team_id=directory.root.id, kind=SILENCE, since=_NEVER)
    return tuple(_silent(record) for record in records if record.closed_at is None)
