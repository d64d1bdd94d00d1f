"""Snoozed alerts: muted until a moment, then open again if they still run."""

import json
from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.alerting.reactions.alert_answers import SNOOZES, Snooze, refuse_if_over, snooze_until
from bot.periods import micros
from bot.refusals import FieldRefusal
from bot.views.alerting import alerts as views
from handlers.alerting.alert_messages import alert_to_answer, answer_alert, require_mute_permission, save_answer
from handlers.context import Context
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers
from storage.alerting.alert_records import AlertRecord


async def end_snooze(scope: Scope, record: AlertRecord, *, by: int | None) -> None:
    """Reopens an alert whose snooze is over. An alert of a past budget period ends instead."""
    team, at = scope.directory.by_id(record.team_id), scope.at
    if record.period is not None and record.period != scope.directory.period_at(team, at).name:
        await scope.tx.alerts.save(replace(record, closed_at=at, snoozed_until=None))
        return
    await reopen(scope, record, by=by, action="end snooze")


async def reopen(scope: Scope, record: AlertRecord, *, by: int | None, action: str) -> None:
    """Removes the answer of an alert and shows its buttons again."""
    await scope.tx.alert_deliveries.resume_tracking(record.id, at=scope.at)
    again = replace(record, state="open", answered_by=None, answered_at=None, answered_as="", snoozed_until=None)
    await save_answer(scope, again, by=by, action=action, detail={})


async def wake_snoozed(context: Context) -> int:
    """Reopens running alerts whose snooze is over, or that became critical meanwhile. Returns the number of them."""
    now = context.now()
    async with context.store.begin() as tx:
        records = await tx.alerts.snoozes_due(at=micros(now))
        if not records:
            return 0
        scope = await context.scope(tx, now=now)
        for record in records:
            await end_snooze(scope, record, by=None)
    context.wake_outbox.set()
    return len(records)


async def open_snooze_form(asked: SlackRequest) -> None:
    """Opens the form that snoozes an alert."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        record = await require_mute_permission(scope, asked, asked.id)
        refuse_if_over(record.closed_at)
        team_scope = scope.of_team_id(record.team_id)
    metadata = {"alert": record.id, "seen": record.answered_at, "channel": asked.channel_id}
    form = views.snooze_form(
        title=views.alert_title(record.kind, team_scope.team),
        until=_ends(team_scope),
        is_snoozed=record.state == "snoozed",
        metadata=json.dumps(metadata),
    )
    await asked.open_form(form)


def _ends(scope: TeamScope) -> list[tuple[Snooze, int]]:
    zone = scope.team.zone_on(scope.at)
    period = scope.directory.period_at(scope.team, scope.at)
    return [(choice, snooze_until(choice, now=scope.now, zone_name=zone, period=period)) for choice in SNOOZES]


async def submit_snooze(asked: SlackRequest) -> None:
    """Snoozes an alert, or ends its snooze."""
    context = asked.context
    alert_id, metadata = asked.carried_id("alert"), asked.metadata
    chosen = asked.field(views.SNOOZE_FIELD)
    choice = next((known for known in SNOOZES if known == chosen), None)
    if choice is None and chosen != "now":
        raise FieldRefusal(views.SNOOZE_FIELD, "Choose for how long.")
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        await require_mute_permission(scope, asked, alert_id, channel=str(metadata.get("channel", "")))
        record = await alert_to_answer(tx, alert_id)
        if choice is None:
            if record.state == "snoozed":
                await end_snooze(scope, record, by=asked.person.id)
        else:
            await answer_alert(
                scope,
                alert_id,
                answer="snoozed",
                by=asked.person.id,
                seen_at=metadata.get("seen"),
                until=dict(_ends(scope.of_team_id(record.team_id)))[choice],
            )
    context.wake_outbox.set()
    context.wake_watcher.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.view(views.SNOOZE_FORM)(answers(context, submit_snooze))
