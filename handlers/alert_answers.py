"""Answers to alerts: who is on it, what was planned, and what else the message's menu offers."""

from dataclasses import replace
from datetime import datetime

from slack_bolt.async_app import AsyncApp

from bot.periods import micros
from bot.refusals import Refusal
from bot.rulebook import Rulebook
from bot.views import alerts as views
from bot.views.budget_alerts import threshold_message
from handlers.answers import Asked, answers
from handlers.callers import called
from handlers.commands import show_team
from handlers.context import Context
from handlers.request_forms import open_request_form
from handlers.spikes import answer_text, spike_message
from handlers.standings import standing_of
from storage.store import Transaction


async def answer_alert(
    tx: Transaction, rulebook: Rulebook, alert_id: int, *, by: int, expected: bool, now: datetime, command: str
) -> None:
    """Somebody is on it, or it was planned: kept, and shown in the message in place of the buttons."""
    record = await tx.alerts.for_answer(alert_id)
    if record is None:
        raise Refusal("There is no such alert any more.")
    if record.answered_by is not None:
        who = called(await tx.people.by_id(record.answered_by))
        raise Refusal(f"{who} answered this alert already.")
    at = micros(now)
    answered = replace(record, state="expected" if expected else "acknowledged", answered_by=by, answered_at=at)
    await tx.alerts.save(answered)
    await tx.audit.record(
        at=at, actor_id=by, action="answer alert", subject=f"alert:{alert_id}", detail={"expected": expected}
    )
    team = rulebook.directory.by_id(record.team_id)
    if record.kind == "spike":
        message = await spike_message(tx, team, answered, command=command)
    else:
        standing = await standing_of(tx, rulebook.directory, team, now=now)
        message = threshold_message(
            standing,
            int(record.facts["percent"]),
            alert_id=record.id,
            command=command,
            answered=await answer_text(tx, answered),
        )
    await tx.outbox.change(f"alert:{record.id}", message, at=at)


async def _click(asked: Asked, *, expected: bool) -> None:
    context = asked.context
    async with context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        await answer_alert(
            tx,
            rulebook,
            asked.id,
            by=asked.person.id,
            expected=expected,
            now=asked.now,
            command=context.settings.command,
        )
    context.wake_outbox.set()
    await asked.ack()


async def click_acknowledge(asked: Asked) -> None:
    await _click(asked, expected=False)


async def click_expected(asked: Asked) -> None:
    await _click(asked, expected=True)


async def choose_from_menu(asked: Asked) -> None:
    """An alert's menu: request budget for its team, or see how it stands."""
    async with asked.context.store.read() as tx:
        record = await tx.alerts.by_id(asked.id)
    if record is None:
        raise Refusal("There is no such alert any more.")
    if asked.value.partition(":")[0] == views.ASK_FOR_BUDGET:
        await open_request_form(asked, team_id=record.team_id)
    else:
        await show_team(asked, record.team_id)


def register(app: AsyncApp, context: Context) -> None:
    app.action(views.ACKNOWLEDGE_ALERT)(answers(context, click_acknowledge))
    app.action(views.EXPECT_ALERT)(answers(context, click_expected))
    app.action(views.ALERT_MENU)(answers(context, choose_from_menu))
