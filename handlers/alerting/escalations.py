"""Escalations: an unanswered critical alert goes to the team's managers, then to those above them, once each."""

from dataclasses import replace

from bot.alerting.delivery_rules import audience_for, escalation_due, escalation_people
from bot.messages import Message
from bot.org.teams import Team
from bot.periods import MICROS
from bot.views.alerting.delivery_rules import escalation_message
from handlers.alerting.reactions.answer_text import answerer_name
from handlers.scope import TeamScope
from handlers.slack.posts import post_to_people
from storage.alerting.delivery_rules import AlertDelivery, TrackedAlert


def _key(alert_id: int, step: int) -> str:
    return f"escalation:{alert_id}:{step}"


def is_escalation_due(team: Team, tracked: TrackedAlert, *, at: int) -> bool:
    """Whether an alert is critical, posted and unanswered for long enough. In mode preview nothing escalates."""
    delivery = tracked.delivery
    return (
        delivery.critical_at is not None
        and delivery.outcome == "said"
        and tracked.state == "open"
        and not tracked.is_closed
        and audience_for(team) == "team"
        and escalation_due(team.alerts, since=delivery.critical_at, done=delivery.escalations, at=at)
    )


async def escalate(scope: TeamScope, delivery: AlertDelivery) -> AlertDelivery:
    """Sends the alert to the people of the next step."""
    tx, team, at = scope.tx, scope.team, scope.at
    step = delivery.escalations
    steps = escalation_people(scope.directory, team)
    text = await tx.outbox.text_of(f"alert:{delivery.alert_id}")
    if step < len(steps) and text is not None and delivery.critical_at is not None:
        message = _message(scope, delivery, step, text=text)
        key = _key(delivery.alert_id, step)
        await post_to_people(tx, steps[step], message, dedupe_key=key, at=at, about=team)
        await tx.audit.record(
            at=at,
            actor_id=None,
            action="escalate alert",
            subject=f"alert:{delivery.alert_id}",
            detail={"step": step + 1},
        )
    return replace(delivery, escalations=step + 1)


async def follow_escalations(scope: TeamScope, delivery: AlertDelivery) -> None:
    """Updates the messages of past steps with the current text of the alert."""
    text = await scope.tx.outbox.text_of(f"alert:{delivery.alert_id}")
    for step in range(delivery.escalations if text is not None else 0):
        assert text is not None
        message = _message(scope, delivery, step, text=text)
        await scope.tx.outbox.change(_key(delivery.alert_id, step), message, at=scope.at)


def _message(scope: TeamScope, delivery: AlertDelivery, step: int, *, text: str) -> Message:
    team = scope.team
    minutes = team.alerts.escalate_minutes * (step + 1)
    has_passed = delivery.critical_at is not None and delivery.critical_at + minutes * 60 * MICROS <= scope.at
    return escalation_message(
        team,
        alert_id=delivery.alert_id,
        text=text,
        minutes=minutes if has_passed else 0,  # the setting may have changed, or the alert may have been reopened
        channel_id=_channel(team),
        ended=None,
    )


async def settle_escalations(scope: TeamScope, tracked: TrackedAlert) -> None:
    """Removes the button from the escalation's messages, after an answer or the end of the alert."""
    tx, team, delivery = scope.tx, scope.team, tracked.delivery
    if not delivery.escalations:
        return
    ended = "This critical alert has ended."
    if tracked.answered_by is not None:
        record = await tx.alerts.by_id(delivery.alert_id)
        assert record is not None, "its turn names it"
        ended = f"{await answerer_name(tx, record)} has answered this critical alert."
    text = await tx.outbox.text_of(f"alert:{delivery.alert_id}") or ""
    message = escalation_message(
        team, alert_id=delivery.alert_id, text=text, minutes=0, channel_id=_channel(team), ended=ended
    )
    for step in range(delivery.escalations):
        await tx.outbox.change(_key(delivery.alert_id, step), message, at=scope.at)


def _channel(team: Team) -> str:
    """Returns the id of the channel that shows the alert; empty without one."""
    place = team.destination("alerts")
    return place.ref if place.state == "linked" else ""
