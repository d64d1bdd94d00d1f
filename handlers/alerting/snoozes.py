"""Snoozed alerts: quiet until then, and among the open ones again if what they tell of still runs."""

import json
from dataclasses import replace
from datetime import datetime

from slack_bolt.async_app import AsyncApp

from bot.alerting.alert_answers import SNOOZES, Snooze, refuse_if_over, snooze_until
from bot.periods import micros
from bot.refusals import FieldRefusal
from bot.rulebook import Rulebook
from bot.views.alerting import alerts as views
from handlers.alerting.alert_messages import alert_to_answer, answer_alert, require_mute_permission, save_answer
from handlers.context import Context
from handlers.slack.answers import SlackRequest, answers
from storage.alerting.alerts import AlertRecord
from storage.store import Transaction


async def end_snooze(
    tx: Transaction, rulebook: Rulebook, record: AlertRecord, *, by: int | None, now: datetime, command: str
) -> None:
    """A snooze is over: the alert is open again, with its buttons. One about a budget period that ended is over itself."""
    team = rulebook.directory.by_id(record.team_id)
    at = micros(now)
    period = record.facts.get("period")
    if period is not None and period != rulebook.directory.period_at(team, at).name:
        await tx.alerts.save(replace(record, closed_at=at, snoozed_until=None))
        return
    await reopen(tx, rulebook, record, by=by, action="end snooze", now=now, command=command)


async def reopen(
    tx: Transaction,
    rulebook: Rulebook,
    record: AlertRecord,
    *,
    by: int | None,
    action: str,
    now: datetime,
    command: str,
) -> None:
    """An alert is as if nobody had answered it, with its buttons."""
    await tx.alert_deliveries.resume_tracking(record.id, at=micros(now))
    again = replace(record, state="open", answered_by=None, answered_at=None, answered_as="", snoozed_until=None)
    await save_answer(tx, rulebook, again, by=by, action=action, detail={}, now=now, command=command)


async def wake_snoozed(context: Context) -> int:
    """Puts alerts whose snooze is over, or that became critical meanwhile, back among the open ones if they still run;
    returns how many."""
    now = context.now()
    async with context.store.begin() as tx:
        records = await tx.alerts.snoozes_due(at=micros(now))
        if not records:
            return 0
        rulebook = await context.rulebooks.current(tx)
        for record in records:
            await end_snooze(tx, rulebook, record, by=None, now=now, command=context.settings.command)
    context.wake_outbox.set()
    return len(records)


async def open_snooze_form(asked: SlackRequest) -> None:
    """Snooze…: for how long, with the moments at which it would end."""
    async with asked.context.store.read() as tx:
        rulebook = await asked.context.rulebooks.current(tx)
        record = await require_mute_permission(tx, rulebook, asked, asked.id)
        refuse_if_over(record.closed_at)
        until = _ends(rulebook, record, asked.now)
        team = rulebook.directory.by_id(record.team_id)
    metadata = {"alert": record.id, "seen": record.answered_at, "channel": asked.channel_id}
    form = views.snooze_form(
        title=views.alert_title(record.kind, team),
        until=until,
        is_snoozed=record.state == "snoozed",
        metadata=json.dumps(metadata),
    )
    await asked.client.views_open(trigger_id=asked.trigger_id, view=form)


def _ends(rulebook: Rulebook, record: AlertRecord, now: datetime) -> list[tuple[Snooze, int]]:
    team = rulebook.directory.by_id(record.team_id)
    zone = team.zone_on(micros(now))
    period = rulebook.directory.period_at(team, micros(now))
    return [(choice, snooze_until(choice, now=now, zone_name=zone, period=period)) for choice in SNOOZES]


async def submit_snooze(asked: SlackRequest) -> None:
    """The alert stays quiet until then, or no longer."""
    context = asked.context
    kept = json.loads(asked.body["view"]["private_metadata"])
    chosen = asked.field(views.SNOOZE_FIELD)
    choice = next((known for known in SNOOZES if known == chosen), None)
    if choice is None and chosen != "now":
        raise FieldRefusal(views.SNOOZE_FIELD, "Choose for how long.")
    async with context.store.begin() as tx:
        rulebook = await context.rulebooks.current(tx)
        await require_mute_permission(tx, rulebook, asked, kept["alert"], channel=str(kept["channel"]))
        command = context.settings.command
        record = await alert_to_answer(tx, kept["alert"])
        if choice is None:
            if record.state == "snoozed":
                await end_snooze(tx, rulebook, record, by=asked.person.id, now=asked.now, command=command)
        else:
            await answer_alert(
                tx,
                rulebook,
                kept["alert"],
                answer="snoozed",
                by=asked.person.id,
                seen_at=kept["seen"],
                until=dict(_ends(rulebook, record, asked.now))[choice],
                now=asked.now,
                command=command,
            )
    context.wake_outbox.set()
    context.wake_watcher.set()
    await asked.ack()


def register(app: AsyncApp, context: Context) -> None:
    app.view(views.SNOOZE_FORM)(answers(context, submit_snooze))
