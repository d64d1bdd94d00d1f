"""The delivery of alerts: at once, after quiet hours, in the day's summary, or not at all."""

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.alerting.delivery_rules import (
    OPERATIONAL_KINDS,
    Delivery,
    Outcome,
    audience_for,
    delivery_of,
    is_obsolete,
    quiet_hours_end,
)
from bot.alerting.severities import Severity, rank
from bot.messages import Message
from bot.org.teams import Directory, Team
from bot.periods import DAY_MICROS, micros
from bot.refusals import Refusal
from bot.views.alerting import delivery_rules as views
from handlers.alerting.alert_bundles import BUNDLED_KINDS
from handlers.alerting.escalations import escalate, follow_escalations, is_escalation_due, settle_escalations
from handlers.alerting.reactions.answer_text import snooze_if_cause_snoozed
from handlers.context import Context
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest, answers
from handlers.slack.posts import post_to_people, post_to_team, responsible_people
from storage.alerting.alert_bundles import bundle_wait_until
from storage.alerting.alert_records import AlertRecord
from storage.alerting.delivery_rules import AlertDelivery, TrackedAlert
from storage.outbox import NEVER

_SUMMARIZED: tuple[Outcome, ...] = ("summed",)
TRACKED_MICROS = 4 * DAY_MICROS
"""An alert other than a spike is tracked this long. A spike is tracked until it ends, as it may grow."""


def alert_key(alert_id: int) -> str:
    """Returns the dedupe key of an alert's message. `tx.outbox.change(alert_key(…), …)` edits it, posted or not."""
    return f"alert:{alert_id}"


def summary_key(team_id: int, day: int, *, direct: bool) -> str:
    return f"more-alerts:{team_id}:{day}{':direct' if direct else ''}"


async def post_alert(
    scope: TeamScope,
    message: Message,
    *,
    record: AlertRecord,
    severity: Severity,
    people: frozenset[int] | None = None,
) -> None:
    """Puts an alert's message into the outbox by the delivery rules of its team: once per alert, in the transaction
    of its state.

    An operational alert goes to `people`. Muted and held messages are stored too, so that later changes reach them.
    """
    tx, team, at = scope.tx, scope.team, scope.at
    if severity != "critical" and await snooze_if_cause_snoozed(tx, record, at=at):
        return
    await tx.alert_deliveries.lock_team(team.id)
    if await tx.alert_deliveries.of(record.id) is not None:
        return
    delivery = await _delivery(scope, kind=record.kind, severity=severity)
    day = team.day_of(delivery.at)
    await tx.alert_deliveries.add(record.id, team_id=team.id, severity=severity, delivery=delivery, day=day, at=at)
    held_until = _held_until(delivery)
    if record.kind in BUNDLED_KINDS and _is_sent_to_people(team):
        held_until = bundle_wait_until(held_until, at=at)
    await _put(scope, message, key=alert_key(record.id), people=people, held_until=held_until)
    if delivery.outcome == "summed":
        await _put_summary(scope, day=day, direct=record.kind in OPERATIONAL_KINDS)


async def repost_alert(scope: TeamScope, record: AlertRecord, *, severity: Severity) -> None:
    """Delivers a reopened alert whose message was dropped before anybody read it."""
    tx, team = scope.tx, scope.team
    await tx.alert_deliveries.lock_team(team.id)
    before = await tx.alert_deliveries.of(record.id)
    if before is None or before.outcome != "dropped":
        return
    delivery = await _delivery(scope, kind=record.kind, severity=severity)
    day = team.day_of(delivery.at)
    await tx.alert_deliveries.save(
        replace(before, outcome=delivery.outcome, said_at=delivery.at, said_day=day, settled=False)
    )
    await tx.outbox.hold(alert_key(record.id), until=_held_until(delivery))


def _is_sent_to_people(team: Team) -> bool:
    place = team.destination("alerts")
    return audience_for(team) == "finance" or not place.ref or place.state == "broken"


async def _delivery(scope: TeamScope, *, kind: str, severity: Severity, again: int | None = None) -> Delivery:
    """Returns the delivery of an alert that is due now. `again` is the id of an alert that the daily cap already
    counts."""
    team, at = scope.team, scope.at
    posted_by_day = await scope.tx.alert_deliveries.posted_by_day(
        team.id, since_day=team.day_of(at), direct=kind in OPERATIONAL_KINDS, excluded_id=again
    )
    return delivery_of(team, kind=kind, severity=severity, at=at, posted_by_day=posted_by_day)


def _held_until(delivery: Delivery) -> int:
    return {"said": 0, "held": delivery.at}.get(delivery.outcome, NEVER)


async def _put(scope: TeamScope, message: Message, *, key: str, people: frozenset[int] | None, held_until: int) -> None:
    """Puts a message: in mode preview for finance; else for the team, or for `people` unless the organisation has a
    channel for its alerts."""
    tx, directory, team, at = scope.tx, scope.directory, scope.team, scope.at
    if audience_for(team) == "finance":
        people = directory.finance or directory.admins
    elif team.kind == "organisation" and not _is_sent_to_people(team):
        people = None
    if people is not None:
        await post_to_people(tx, people, message, dedupe_key=key, at=at, held_until=held_until)
    else:
        await post_to_team(tx, directory, team, message, dedupe_key=key, at=at, route="alerts", held_until=held_until)


async def _put_summary(scope: TeamScope, *, day: int, direct: bool) -> None:
    """Puts or updates the summary of a day's alerts beyond the daily cap. It waits for quiet hours too."""
    tx, team, at = scope.tx, scope.team, scope.at
    deliveries = await tx.alert_deliveries.on_day(team.id, day, outcomes=_SUMMARIZED, direct=direct)
    lines = [
        (t.alert_id, text) for t in deliveries if (text := await tx.outbox.text_of(alert_key(t.alert_id))) is not None
    ]
    key = summary_key(team.id, day, direct=direct)
    if not lines:  # all of them ended before anybody read them
        await tx.outbox.hold(key, until=NEVER)
        return
    message = views.grouped_alerts_message(team, lines=lines, day=day)
    due = min(delivery.said_at for delivery in deliveries)
    held_until = due if due > at else 0
    if await tx.outbox.known(key):
        await tx.outbox.change(key, message, at=at)
        await tx.outbox.hold(key, until=held_until)
    else:
        people = _responders(scope.directory, team) if direct else None
        await _put(scope, message, key=key, people=people, held_until=held_until)


def _responders(directory: Directory, team: Team) -> frozenset[int]:
    """Returns the people who can fix an operational problem of a team or of the organisation."""
    return directory.admins | directory.finance if team.kind == "organisation" else responsible_people(directory, team)


async def update_deliveries(context: Context) -> int:
    """Updates tracked deliveries: releases alerts that became critical, drops held ones that ended, escalates
    unanswered critical ones, and redraws summaries. Returns the number of changes."""
    now = context.now()
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
        found = await tx.alert_deliveries.unsettled()
    due = {w.delivery.team_id for w in found if _is_due(directory.by_id(w.delivery.team_id), w, at=micros(now))}
    changed = 0
    for team_id in sorted(due):
        async with context.store.begin() as tx:
            scope = await context.scope(tx, now=now)
            changed += await _update_team(scope.of_team_id(team_id))
    if changed:
        context.wake_outbox.set()
    return changed


def _is_due(team: Team, tracked: TrackedAlert, *, at: int) -> bool:
    delivery = tracked.delivery
    return (
        (delivery.outcome == "summed" and delivery.said_day == team.day_of(at))
        or (delivery.outcome == "held" and delivery.said_at <= at)
        or rank(tracked.severity) > rank(delivery.severity)
        or tracked.is_over
        or delivery.escalations > 0
        or _is_old(tracked, delivery, at=at)
        or is_escalation_due(team, tracked, at=at)
    )


def _is_old(tracked: TrackedAlert, delivery: AlertDelivery, *, at: int) -> bool:
    return tracked.kind != "spike" and delivery.said_at + TRACKED_MICROS <= at


async def _update_team(scope: TeamScope) -> int:
    tx, team = scope.tx, scope.team
    await tx.alert_deliveries.lock_team(team.id)
    changed = 0
    days: set[tuple[int, bool]] = set()
    for tracked in await tx.alert_deliveries.unsettled(team_id=team.id):
        if tracked.delivery.outcome == "summed":
            days.add((tracked.delivery.said_day, tracked.kind in OPERATIONAL_KINDS))
        after = await _after(scope, tracked)
        if after != tracked.delivery:
            await tx.alert_deliveries.save(after)
            changed += 1
    for day, direct in sorted(days):
        await _put_summary(scope, day=day, direct=direct)
    return changed


async def _after(scope: TeamScope, tracked: TrackedAlert) -> AlertDelivery:
    """Returns a delivery as it is after this update."""
    tx, team, at = scope.tx, scope.team, scope.at
    delivery = tracked.delivery
    if (
        delivery.outcome in ("held", "summed")
        and is_obsolete(kind=tracked.kind, is_closed=tracked.is_closed)
        and delivery.said_at > at
    ):
        await tx.outbox.hold(alert_key(delivery.alert_id), until=NEVER)
        return replace(delivery, outcome="dropped", settled=True)
    if rank(tracked.severity) > rank(delivery.severity):
        delivery = await _raised(scope, tracked)
    if delivery.outcome == "held" and delivery.said_at <= at:
        delivery = replace(delivery, outcome="said")
    if tracked.is_closed or tracked.state != "open":
        await settle_escalations(scope, replace(tracked, delivery=delivery))
    else:
        await follow_escalations(scope, delivery)
        if is_escalation_due(team, replace(tracked, delivery=delivery), at=at):
            delivery = await escalate(scope, delivery)
    over = tracked.is_over or _is_old(tracked, delivery, at=at)
    return replace(delivery, settled=over and delivery.outcome != "held")


async def _raised(scope: TeamScope, tracked: TrackedAlert) -> AlertDelivery:
    """Returns the delivery of an alert whose severity rose; a held or summarised one may be due now."""
    delivery = replace(tracked.delivery, severity=tracked.severity)
    if tracked.severity == "critical":
        delivery = replace(delivery, critical_at=scope.at)
    if delivery.outcome == "said":
        return delivery
    again = await _delivery(scope, kind=tracked.kind, severity=tracked.severity, again=delivery.alert_id)
    await scope.tx.outbox.hold(alert_key(delivery.alert_id), until=_held_until(again))
    return replace(delivery, outcome=again.outcome, said_at=again.at, said_day=scope.team.day_of(again.at))


async def reschedule_held(scope: TeamScope) -> None:
    """Applies a team's new quiet hours to the alerts that the old ones hold."""
    tx, team, at = scope.tx, scope.team, scope.at
    await tx.alert_deliveries.lock_team(team.id)
    for tracked in await tx.alert_deliveries.unsettled(team_id=team.id):
        delivery = tracked.delivery
        if delivery.outcome not in ("held", "summed") or delivery.said_at <= at:
            continue
        until = quiet_hours_end(team.alerts, at, zone_name=team.zone_on(at))
        when = until or at
        if delivery.outcome == "summed":  # it stays in the summary
            key = summary_key(team.id, delivery.said_day, direct=tracked.kind in OPERATIONAL_KINDS)
            await tx.outbox.hold(key, until=until or 0)
            await tx.alert_deliveries.save(replace(delivery, said_at=when))
            continue
        await tx.outbox.hold(alert_key(delivery.alert_id), until=until or 0)
        day = team.day_of(when)
        await tx.alert_deliveries.save(
            replace(delivery, outcome="held" if until else "said", said_at=when, said_day=day)
        )


async def click_post_summarized(asked: SlackRequest) -> None:
    """Posts one alert of the summary alone, with its buttons."""
    context = asked.context
    async with context.store.begin() as tx:
        delivery = await tx.alert_deliveries.of(asked.id)
        if delivery is None:
            raise Refusal("There is no such alert any more.")
        if delivery.outcome == "summed":
            await tx.alert_deliveries.lock_team(delivery.team_id)
            await tx.alert_deliveries.save(replace(delivery, outcome="said", said_at=context.now_micros()))
            await tx.outbox.hold(alert_key(delivery.alert_id), until=0)
    context.wake_outbox.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.POST_SUMMARIZED_ALERT)(answers(context, click_post_summarized))
