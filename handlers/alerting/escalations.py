"""Critical alerts that nobody answers: carried to the team's managers, then to those above them, once each."""

from dataclasses import replace

from bot.alerting.manners import audience_of, escalation_due, escalation_people
from bot.messages import Message
from bot.org.teams import Team
from bot.periods import MICROS
from bot.rulebook import Rulebook
from bot.views.alerting.manners import escalation_message
from handlers.alerting.answered import answerer
from handlers.slack.outbox import say_to_people
from storage.alerting.manners import AlertTurn, Watched
from storage.store import Transaction


def _key(alert_id: int, step: int) -> str:
    return f"escalation:{alert_id}:{step}"


def is_escalation_due(team: Team, watched: Watched, *, at: int) -> bool:
    """Whether an alert is critical, was said, is unanswered, and has been for so long. In preview nobody is asked."""
    turn = watched.turn
    return (
        turn.critical_at is not None
        and turn.way == "said"
        and watched.state == "open"
        and not watched.is_closed
        and audience_of(team) == "team"
        and escalation_due(team.alerts, since=turn.critical_at, done=turn.escalations, at=at)
    )


async def escalate(tx: Transaction, rulebook: Rulebook, team: Team, turn: AlertTurn, *, at: int) -> AlertTurn:
    """Tells the next ones, by DM."""
    step = turn.escalations
    steps = escalation_people(rulebook.directory, team)
    text = await tx.outbox.text_of(f"alert:{turn.alert_id}")
    if step < len(steps) and text is not None and turn.critical_at is not None:
        message = _message(team, turn, step, text=text, at=at)
        await say_to_people(tx, steps[step], message, dedupe_key=_key(turn.alert_id, step), at=at)
        await tx.audit.record(
            at=at, actor_id=None, action="escalate alert", subject=f"alert:{turn.alert_id}", detail={"step": step + 1}
        )
    return replace(turn, escalations=step + 1)


async def follow_escalations(tx: Transaction, team: Team, turn: AlertTurn, *, at: int) -> None:
    """What was carried further says what the alert has come to, and has its button again after a snooze."""
    text = await tx.outbox.text_of(f"alert:{turn.alert_id}")
    for step in range(turn.escalations if text is not None else 0):
        assert text is not None
        await tx.outbox.change(_key(turn.alert_id, step), _message(team, turn, step, text=text, at=at), at=at)


def _message(team: Team, turn: AlertTurn, step: int, *, text: str, at: int) -> Message:
    minutes = team.alerts.escalate_minutes * (step + 1)
    has_passed = turn.critical_at is not None and turn.critical_at + minutes * 60 * MICROS <= at
    return escalation_message(
        team,
        alert_id=turn.alert_id,
        text=text,
        minutes=minutes if has_passed else 0,  # the setting, or since when it counts, may be another by now
        channel_id=_channel(team),
        ended=None,
    )


async def settle_escalations(tx: Transaction, rulebook: Rulebook, team: Team, watched: Watched, *, at: int) -> None:
    """Somebody answered, or it ended: the messages of its escalation say so, without the button."""
    turn = watched.turn
    if not turn.escalations:
        return
    ended = "This critical alert has ended."
    if watched.answered_by is not None:
        record = await tx.alerts.by_id(turn.alert_id)
        assert record is not None, "its turn names it"
        ended = f"{await answerer(tx, record)} has answered this critical alert."
    text = await tx.outbox.text_of(f"alert:{turn.alert_id}") or ""
    message = escalation_message(
        team, alert_id=turn.alert_id, text=text, minutes=0, channel_id=_channel(team), ended=ended
    )
    for step in range(turn.escalations):
        await tx.outbox.change(_key(turn.alert_id, step), message, at=at)


def _channel(team: Team) -> str:
    """The id of the channel in which the alert stands, where it has one."""
    place = team.place("alerts")
    return place.ref if place.state == "linked" else ""
