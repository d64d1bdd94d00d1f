"""*Not useful*: a person's private opinion about an alert. It counts in alert quality; the channel sees nothing of it."""

import json
from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.alerting.reactions.alert_opinions import OpinionReason, opinion_reason
from bot.views.alerting import alerts as alert_views
from bot.views.alerting.alert_opinions import opinion_form
from handlers.alerting.alert_messages import require_mute_permission
from handlers.context import Context
from handlers.scope import Scope
from handlers.slack.answers import SlackRequest, answers
from storage.alerting.alert_records import AlertRecord


async def mark_not_useful(scope: Scope, record: AlertRecord, *, reason: OpinionReason, by: int) -> None:
    """Stores an opinion. It counts as a first reaction, and leaves the alert's answer and its message as they are.

    The audit trail doesn't have it, as that would name the person.
    """
    tx, at = scope.tx, scope.at
    await tx.alert_opinions.save(record.id, person_id=by, reason=reason, at=at)
    if record.first_answered_at is None:
        await tx.alerts.save(replace(record, first_answered_at=at))


async def open_opinion_form(asked: SlackRequest) -> None:
    """Asks why an alert is not useful."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        record = await require_mute_permission(scope, asked, asked.id)
        title = alert_views.alert_title(record.kind, scope.directory.by_id(record.team_id))
    metadata = json.dumps({"alert": record.id, "channel": asked.channel_id})
    await asked.open_form(opinion_form(title=title, metadata=metadata))


async def submit_opinion(asked: SlackRequest) -> None:
    alert_id = asked.carried_id("alert")
    reason = opinion_reason(asked.field(alert_views.REASON_FIELD), field=alert_views.REASON_FIELD)
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        channel = str(asked.metadata.get("channel", ""))
        await require_mute_permission(scope, asked, alert_id, channel=channel)
        record = await tx.alerts.for_answer(alert_id)
        assert record is not None, "the permission was judged on it"
        await mark_not_useful(scope, record, reason=reason, by=asked.person.id)
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.view(alert_views.NOT_USEFUL_FORM)(answers(context, submit_opinion))
