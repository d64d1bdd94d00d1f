"""Gateways: notifies each blocked person once, and finance of lasting drift between a gateway's figures and the books."""

from dataclasses import replace

import msgspec

from bot.alerting.crosscheck_facts import DriftFacts
from bot.crosschecks.gateways import (
    Drift,
    DriftLine,
    GatewayTeam,
    blocked_call,
    judge_drift,
    largest_disagreement,
    line_of,
    updated_line,
)
from bot.messages import Message
from bot.org.attribution import Source
from bot.org.teams import Directory, Team
from bot.periods import DAY_MICROS, HOUR_MICROS, MICROS
from bot.views.crosschecks import gateways as views
from handlers.alerting.delivery_rules import alert_key, post_alert
from handlers.books.standings import standing_of
from handlers.context import Context
from handlers.scope import Scope
from handlers.slack.identity.lookups import find_in_slack, is_outsider
from handlers.slack.posts import post_to_people
from storage.alerting.alert_records import AlertRecord
from storage.crosschecks.gateways import BlockedPerson
from storage.store import Transaction

KIND = "drift"
_WAITS_MICROS = HOUR_MICROS
"""How long to look for the Slack account of a blocked person."""
_MODELS_DAYS = 7
_NEVER = 2**62
_ONE_SWEEP_MICROS = 60 * MICROS
"""Two workers that sweep at once post one message."""


async def notify_blocked(context: Context) -> int:
    """Notifies each person whom a gateway's budget blocked, once per cap. Blocks older than a day expire."""
    if context.slack is None:
        return 0
    at = context.now_micros()
    async with context.store.read() as tx:
        waiting = await tx.gateways.unnotified()
    if not waiting:
        return 0
    await find_in_slack(context, frozenset(blocked.person_id for blocked in waiting))
    async with context.store.read() as tx:
        people = await tx.people.by_ids({blocked.person_id for blocked in waiting})
    outsiders = {p.id for p in people.values() if p.slack_id and await is_outsider(context, p.slack_id)}
    notified = 0
    async with context.store.begin() as tx:
        await tx.gateways.expire_blocks(before=at - DAY_MICROS)
        scope = await context.scope(tx)
        for blocked in await tx.gateways.unnotified():
            person = people.get(blocked.person_id)
            if person is None:
                continue  # blocked since the read above: the next round notifies
            if person.slack_id and person.id not in outsiders:
                notified += await _notify(scope, blocked)
            elif not person.slack_id and at - blocked.block.at < _WAITS_MICROS:
                continue
            await tx.gateways.mark_notified(blocked.id, at=at)
    if notified:
        context.wake_outbox.set()
    return notified


async def _notify(scope: Scope, blocked: BlockedPerson) -> bool:
    """Posts the message once per person; in preview posts finance's, once per cap."""
    tx, at, block = scope.tx, scope.at, blocked.block
    team = await team_of_block(scope, blocked)
    alias = await tx.gateways.alias(blocked.source_id, block.gateway_team)
    directory = scope.directory
    zone = (team or directory.root).zone_on(at)
    standing = await standing_of(scope.of_team(team)) if team is not None else None
    if team is None and directory.organisation.mode == "preview":
        return False
    if standing is not None and standing.team.mode == "preview":
        cap = (block.entity, block.entity_id, block.limit_nanos, block.resets_at)
        key = ":".join(map(str, ("block", blocked.source_id, *cap)))
        message = views.block_preview_message(block, alias=alias, standing=standing, block_id=blocked.id, zone=zone)
        await post_to_people(tx, directory.reachable_finance, message, dedupe_key=key, at=at)
        return True
    message = views.block_message(
        block, alias=alias, standing=standing, block_id=blocked.id, command=scope.command, zone=zone
    )
    return await tx.outbox.put(message, dedupe_key=f"block:{blocked.id}", at=at, to_person_id=blocked.person_id)


async def team_of_block(scope: Scope, blocked: BlockedPerson) -> Team | None:
    """Returns the team that the call would have been booked to, else the person's first team."""
    directory = scope.directory
    source = await source_of(scope.tx, blocked.source_id)
    if source is not None:
        placement = scope.rulebook.attribution.place(blocked_call(blocked.block), source)
        team = directory.by_id(placement.team_id)
        if team.kind == "team":
            return team
    person = await scope.tx.people.by_id(blocked.person_id)  # a merged record's teams are those of the person
    return next(iter(directory.teams_of(person.id)), None)


async def source_of(tx: Transaction, source_id: int) -> Source | None:
    return next((source for source, _ in await tx.keys.listed() if source.id == source_id), None)


async def watch_gateways(context: Context) -> int:
    """Compares gateways' figures with the books, and notifies finance of lasting drift and of its end."""
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        directory, at = scope.directory, scope.at
        teams = {(w.source_id, w.gateway_team): w for w in await tx.gateways.all()}
        records = await tx.alerts.of_kind(team_id=directory.root.id, kind=KIND, since=at - DAY_MICROS)
        posted: set[tuple[int, str, int]] = set()
        changed = 0
        for record in records:
            facts = DriftFacts.from_facts(record.facts)
            posted |= {(facts.source_id, line.gateway_team, line.base_at) for line in facts.lines}
            if record.closed_at is None:
                changed += await _update_message(scope, record, facts, teams)
        drifts: dict[int, list[Drift]] = {}
        for known in teams.values():
            marked, drift = judge_drift(known, now=at)
            if marked.over_since != known.over_since:
                await tx.gateways.mark_over(marked)
            if drift is not None and (known.source_id, known.gateway_team, known.base_at) not in posted:
                drifts.setdefault(known.source_id, []).append(drift)
        for source_id in sorted(drifts):
            changed += await _post_drifts(scope, source_id, drifts[source_id])
    if changed:
        context.wake_outbox.set()
    return changed


async def _post_drifts(scope: Scope, source_id: int, drifts: list[Drift]) -> bool:
    """Posts one message to finance about all teams of a gateway with new drift, largest first."""
    tx, directory, at = scope.tx, scope.directory, scope.at
    source = await source_of(tx, source_id)
    ranked = sorted(drifts, key=lambda drift: -abs(drift.team.drift_nanos))
    lines = []
    for drift in ranked:
        since = max(drift.team.base_at, at - _MODELS_DAYS * DAY_MICROS)
        model = largest_disagreement(await tx.gateways.by_model(drift.team, since=since))
        lines.append(line_of(drift, model=model))
    facts = DriftFacts(source_id=source_id, source=source.name if source else "", lines=tuple(lines))
    record = await tx.alerts.add(
        dedupe_key=f"{KIND}:{source_id}:{at // _ONE_SWEEP_MICROS}",
        team_id=directory.root.id,
        kind=KIND,
        state="open",
        at=at,
        facts=facts.to_facts(),
    )
    if record is None:
        return False
    people = directory.reachable_finance
    root_scope = scope.of_team(directory.root)
    message = _message(root_scope, record, facts)
    await post_alert(root_scope, message, record=record, severity="medium", people=people)
    return True


async def _update_message(
    scope: Scope, record: AlertRecord, facts: DriftFacts, teams: dict[tuple[int, str], GatewayTeam]
) -> bool:
    """Updates a message whose figures changed; its alert closes with the last drift."""
    lines = tuple(updated_line(line, teams.get((facts.source_id, line.gateway_team))) for line in facts.lines)
    if lines == facts.lines:
        return False
    has_gone = all(line.is_closed for line in lines)
    now = msgspec.structs.replace(facts, lines=lines)
    kept = replace(
        record,
        state="closed" if has_gone else record.state,
        closed_at=scope.at if has_gone else None,
        facts=now.to_facts(),
    )
    await scope.tx.alerts.save(kept)
    return await scope.tx.outbox.change(alert_key(record.id), _message(scope, kept, now), at=scope.at)


def _message(scope: Scope, record: AlertRecord, facts: DriftFacts) -> Message:
    zone = scope.directory.root.zone_on(scope.at)
    return views.drift_message(facts.lines, source=facts.source, alert_id=record.id, zone=zone)


async def open_drifts(tx: Transaction, directory: Directory) -> tuple[tuple[str, DriftLine], ...]:
    """Returns (source, team) of every posted drift that is still open, for Home."""
    records = [
        r for r in await tx.alerts.of_kind(team_id=directory.root.id, kind=KIND, since=_NEVER) if r.closed_at is None
    ]
    drifts = [DriftFacts.from_facts(r.facts) for r in records]
    return tuple((drift.source, line) for drift in drifts for line in drift.lines if not line.is_closed)
