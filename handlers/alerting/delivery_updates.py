"""Updates of deliveries: released, dropped, escalated and summarised as alerts and settings change."""

from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.alerting.delivery_rules import (
    OPERATIONAL_KINDS,
    is_obsolete,
    quiet_hours_end,
)
from bot.alerting.severities import rank
from bot.org.teams import Team
from bot.periods import DAY_MICROS, micros
from bot.refusals import Refusal
from bot.views.alerting import delivery_rules as views
from handlers.alerting.delivery_rules import alert_key, held_until_of, plan_delivery, put_summary, summary_key
from handlers.alerting.escalations import escalate, follow_escalations, is_escalation_due, settle_escalations
from handlers.context import Context
from handlers.scope import TeamScope
from handlers.slack.answers import SlackRequest, answers
from storage.alerting.delivery_rules import AlertDelivery, TrackedAlert
from storage.outbox import NEVER

TRACKED_MICROS = 4 * DAY_MICROS
"""An alert other than a spike is tracked this long. A spike is tracked until it ends, as it may grow."""


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
        await put_summary(scope, day=day, direct=direct)
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
    again = await plan_delivery(scope, kind=tracked.kind, severity=tracked.severity, again=delivery.alert_id)
    await scope.tx.outbox.hold(alert_key(delivery.alert_id), until=held_until_of(again))
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
    async with asked.begin() as tx:
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
