"""An alert's answer and its message: saved together, and drawn again after each change."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bot.alerting.reactions.alert_answers import Answer, is_repeated_answer, may_mute, refuse_if_over
from bot.messages import Message
from bot.refusals import Refusal
from bot.views.blocks import name
from handlers.alerting.budget_alerts import THRESHOLD, budget_message
from handlers.alerting.delivery_rules import alert_key, post_alert
from handlers.alerting.forecast_alerts import FORECAST
from handlers.alerting.part_alerts import PART, part_message
from handlers.alerting.reactions.answer_text import answerer_name
from handlers.alerting.spikes import spike_message
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest
from storage.alerting.alert_records import AlertRecord
from storage.store import Transaction

NO_ALERT = "There is no such alert any more."
MESSAGE_BUILDERS: dict[str, Callable[[TeamScope, AlertRecord], Awaitable[Message]]] = {
    "spike": spike_message,
    THRESHOLD: budget_message,
    FORECAST: budget_message,
    PART: part_message,
}
"""Builds the message of an alert of each kind, in the scope of its team."""


async def save_answer(
    scope: Scope, record: AlertRecord, *, by: int | None, action: str, detail: dict[str, Any]
) -> None:
    """Saves an alert with its answer and updates its message. An open alert without a message is posted now."""
    tx, at, team_scope = scope.tx, scope.at, scope.of_team_id(record.team_id)
    await tx.alerts.save(record)
    await tx.audit.record(at=at, actor_id=by, action=action, subject=f"alert:{record.id}", detail=detail)
    message = await MESSAGE_BUILDERS[record.kind](team_scope, record)
    key = alert_key(record.id)
    if await tx.outbox.known(key):
        await tx.outbox.change(key, message, at=at)
    elif record.state == "open":
        await post_alert(team_scope, message, record=record, severity=record.severity or "medium")


async def redraw_alert(scope: Scope, alert_id: int) -> None:
    """Updates an alert's message."""
    record = await scope.tx.alerts.for_answer(alert_id)
    if record is not None:
        message = await MESSAGE_BUILDERS[record.kind](scope.of_team_id(record.team_id), record)
        await scope.tx.outbox.change(alert_key(record.id), message, at=scope.at)


async def answer_alert(
    scope: Scope,
    alert_id: int,
    *,
    answer: Answer,
    by: int,
    seen_at: int | None,
    until: int | None = None,
    as_owner: bool = False,
) -> bool:
    """Saves an answer and shows it in the message in place of the buttons. Returns whether it is new: Slack may
    deliver one click twice.

    `seen_at` is the time of the answer that the person saw, None for none. Raises Refusal if somebody else answered
    since.
    """
    record = await alert_to_answer(scope.tx, alert_id)
    if record.answered_at != seen_at:
        if is_repeated_answer(state=record.state, answered_by=record.answered_by, answer=answer, by=by):
            return False
        await _refuse_answered(scope.tx, record)
    at = scope.at
    answered = replace(
        record,
        state=answer,
        answered_by=by,
        answered_at=at,
        first_answered_at=record.first_answered_at or at,
        snoozed_until=until,
        answered_as="owner" if as_owner else "",
    )
    await save_answer(scope, answered, by=by, action="answer alert", detail={"answer": answer})
    return True


async def _refuse_answered(tx: Transaction, record: AlertRecord) -> None:
    if record.answered_by is None:
        raise Refusal("This alert is open again meanwhile. Look at its message.")
    raise Refusal(f"{await answerer_name(tx, record)} answered this alert already.")


async def alert_to_answer(tx: Transaction, alert_id: int) -> AlertRecord:
    """Returns a running alert, locked. Raises Refusal if there is none or it has ended."""
    record = await tx.alerts.for_answer(alert_id)
    if record is None:
        raise Refusal(NO_ALERT)
    refuse_if_over(record.closed_at)
    return record


async def require_mute_permission(
    scope: Scope, asked: SlackRequest, alert_id: int, *, channel: str = ""
) -> AlertRecord:
    """Returns an alert if the person may mute alerts of its team; raises Refusal otherwise. `channel` is the channel
    of the form, if one was opened."""
    record = await scope.tx.alerts.by_id(alert_id)
    if record is None:
        raise Refusal(NO_ALERT)
    directory = scope.directory
    team = directory.by_id(record.team_id)
    in_its_channel = team.is_at(channel or asked.channel_id)
    if not may_mute(directory, asked.person.id, team, in_its_channel=in_its_channel):
        raise Refusal(
            f"You are not in {name(team.name)}, so you can't say that its spend was planned, snooze its alerts or call "
            "them not useful. Its members and managers can."
        )
    return record
