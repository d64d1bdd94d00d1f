"""Planned spikes: which cause is muted, and for how long."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.alerting.expectations import TEAM_TOTAL, Cause, cause_to_expect
from bot.alerting.reactions.alert_answers import refuse_if_over
from bot.alerting.spike_facts import SpikeFacts
from bot.periods import DAY_MICROS, day_start, micros
from bot.refusals import FieldRefusal, Refusal
from bot.text import plain
from bot.views.alerting import alerts as alert_views
from bot.views.alerting.alerts import CAUSE_FIELD, DURATION_FIELD, EXPECT_FORM
from bot.views.alerting.expectations import expect_form
from handlers.alerting.alert_messages import alert_to_answer, answer_alert, redraw_alert, require_mute_permission
from handlers.alerting.expectations import expect_spike, withdraw_expectation
from handlers.alerting.reactions.answer_text import answer_text
from handlers.alerting.reactions.snoozes import reopen
from handlers.context import Context
from handlers.scope import Scope, TeamScope
from handlers.slack.answers import SlackRequest, answers
from storage.alerting.alert_records import AlertRecord

_LONG = {"day": 1, "three days": 3, "week": 7, "month": 31}
_MOST_NAME, _MOST_CAUSES, _MOST_METADATA = 200, 6, 3_000
"""Names travel in the form's metadata, which Slack limits to 3,000 characters."""


async def plan_spike(
    scope: Scope, record: AlertRecord, *, cause: Cause, until_at: int | None, by: int, seen_at: int | None
) -> None:
    """Answers a spike as planned and expects its cause until `until_at`; None until a week after it ends."""
    if record.kind != "spike":
        raise Refusal("Only a spike can have been planned. Snooze this alert if it should be quiet.")
    if await answer_alert(scope, record.id, answer="expected", by=by, seen_at=seen_at):
        await expect_spike(scope, record, cause=cause, until_at=until_at, by=by)
        await redraw_alert(scope, record.id)


async def click_undo(asked: SlackRequest) -> None:
    """Takes back that a spike was planned: its cause is not muted any more, and its buttons are back."""
    context = asked.context
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        await require_mute_permission(scope, asked, asked.id)
        await take_back(scope, await alert_to_answer(tx, asked.id), by=asked.person.id)
    context.wake_outbox.set()
    context.wake_watcher.set()
    await asked.ack()


async def take_back(scope: Scope, record: AlertRecord, *, by: int) -> None:
    """Reopens a planned spike. Any other alert stays as it is: Slack may deliver one click twice."""
    if record.state == "expected":
        await withdraw_expectation(scope.tx, record.id, by=by)
        await reopen(scope, record, by=by, action="take back expected")


async def open_expect_form(asked: SlackRequest) -> None:
    """Opens the form of a planned spike: its cause and how long, or that it was not planned."""
    async with asked.context.store.read() as tx:
        scope = await asked.scope(tx)
        record = await require_mute_permission(scope, asked, asked.id)
        refuse_if_over(record.closed_at)
        answered = await answer_text(tx, record)
    team = scope.directory.by_id(record.team_id)
    causes = _causes(record)
    until = [
        ("For a day", "day"),
        ("For three days", "three days"),
        ("For a week", "week"),
        ("For a month", "month"),
        ("Until the budget period ends", "period"),
        ("Until a week after it ends", "ended"),
    ]
    if record.state == "expected":
        until.append(("It was not planned after all", "never"))
    context = {"alert": record.id, "seen": record.answered_at, "channel": asked.channel_id}
    metadata = _metadata(context, causes)
    while len(metadata) > _MOST_METADATA:
        causes.pop(-2)  # the team's whole spend stays a choice
        metadata = _metadata(context, causes)
    form = expect_form(
        title=alert_views.alert_title(record.kind, team),
        causes=[(_words(cause, plain(team.name, limit=40)), str(at)) for at, cause in enumerate(causes)],
        until=until,
        answered=answered,
        metadata=metadata,
    )
    await asked.open_form(form)


def _metadata(context: Mapping[str, Any], causes: Sequence[Cause]) -> str:
    return json.dumps({**context, "causes": [[cause.dimension, cause.name] for cause in causes]}, ensure_ascii=False)


def _causes(record: AlertRecord) -> list[Cause]:
    """Returns the causes to choose from: the leading cause, other contributors, and the team's whole spend."""
    facts = SpikeFacts.from_facts(record.facts)
    listed = [c for c in facts.contributors if c.dimension != "person" and len(c.name) <= _MOST_NAME]
    found = [cause_to_expect(facts), *(Cause(dimension=c.dimension, name=c.name) for c in listed), TEAM_TOTAL]
    return list(dict.fromkeys(found))[:_MOST_CAUSES]


def _words(cause: Cause, team_name: str) -> str:
    """Returns a cause in plain text."""
    if cause.is_total:
        return f"All spend of {team_name}"
    kind = "Key" if cause.dimension == "credential" else cause.dimension.capitalize()
    return f"{kind} {plain(cause.name, limit=50)}"


async def submit_expected(asked: SlackRequest) -> None:
    context = asked.context
    alert_id, metadata = asked.carried_id("alert"), asked.metadata
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        await require_mute_permission(scope, asked, alert_id, channel=str(metadata.get("channel", "")))
        record = await alert_to_answer(tx, alert_id)
        chosen = asked.field(DURATION_FIELD)
        if chosen == "never":
            await take_back(scope, record, by=asked.person.id)
        else:
            cause = _chosen_cause(metadata, asked.field(CAUSE_FIELD))
            until_at = _until(scope.of_team_id(record.team_id), chosen)
            await plan_spike(
                scope, record, cause=cause, until_at=until_at, by=asked.person.id, seen_at=metadata.get("seen")
            )
    context.wake_outbox.set()
    await asked.ack()


def _chosen_cause(metadata: Mapping[str, Any], chosen: str) -> Cause:
    """Returns the chosen one of the causes that the form carries."""
    try:
        dimension, part = metadata["causes"][int(chosen)]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise FieldRefusal(CAUSE_FIELD, "Choose one of the causes.") from error
    return Cause(dimension=dimension, name=str(part))


def _until(scope: TeamScope, chosen: str) -> int | None:
    if chosen == "ended":
        return None
    team, at = scope.team, scope.at
    if chosen == "period":
        return micros(day_start(scope.directory.period_at(team, at).end_day, team.zone_on(at)))
    if chosen not in _LONG:
        raise FieldRefusal(DURATION_FIELD, "Choose for how long.")
    return at + _LONG[chosen] * DAY_MICROS


def register(app: AsyncApp, context: Context) -> None:
    app.action(alert_views.EXPECT_ALERT)(answers(context, open_expect_form))
    app.action(alert_views.UNDO_PLANNED)(answers(context, click_undo))
    app.view(EXPECT_FORM)(answers(context, submit_expected))
