"""Answers to alerts: the buttons and the menu of an alert's message."""

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncApp

from bot.refusals import Refusal
from bot.views.alerting import alerts as views
from bot.views.alerting.alerts import Choice
from bot.views.alerting.key_owners import OWNER_ON_IT
from handlers.alerting.alert_messages import NO_ALERT, answer_alert
from handlers.alerting.key_owners import notify_owner, owner_key
from handlers.alerting.reactions import alert_opinions, planned_spikes, snoozes
from handlers.alerting.reactions.alert_details import open_details
from handlers.context import Context
from handlers.slack.answers import Listener, SlackRequest, answers
from storage.alerting.alert_records import AlertRecord

ShowTeam = Callable[[SlackRequest, int], Awaitable[None]]
"""Shows something of the team with this id to the person of the request."""


async def click_acknowledge(asked: SlackRequest) -> None:
    await _acknowledge(asked, as_owner=False)


async def click_owner_on_it(asked: SlackRequest) -> None:
    """Acknowledges an alert as the owner of its key, whose name the channel does not show."""
    await _acknowledge(asked, as_owner=True)


async def _acknowledge(asked: SlackRequest, *, as_owner: bool) -> None:
    context = asked.context
    async with asked.begin() as tx:
        scope = await asked.scope(tx)
        await answer_alert(scope, asked.id, answer="acknowledged", by=asked.person.id, seen_at=None, as_owner=as_owner)
        if await tx.outbox.known(owner_key(asked.id)):
            await notify_owner(scope, asked.id)
    context.wake_outbox.set()
    context.wake_watcher.set()  # a bundle may list the alert
    await asked.ack()


def menu_listener(*, open_request_form: ShowTeam, show_standing: ShowTeam) -> Listener:
    """Returns the listener of an alert's menu, with these two functions for its request form and its standing."""

    async def request_budget(asked: SlackRequest) -> None:
        await open_request_form(asked, (await _record(asked)).team_id)

    async def show_team(asked: SlackRequest) -> None:
        await show_standing(asked, (await _record(asked)).team_id)

    choices: dict[str, Listener] = {
        Choice.SNOOZE: snoozes.open_snooze_form,
        Choice.PLANNED: planned_spikes.open_expect_form,
        Choice.DETAILS: open_details,
        Choice.BUDGET: request_budget,
        Choice.STANDING: show_team,
        Choice.NOT_USEFUL: alert_opinions.open_opinion_form,
    }

    async def choose_from_menu(asked: SlackRequest) -> None:
        chosen = choices.get(asked.value.partition(":")[0])
        if chosen is None:
            raise Refusal(f"This menu no longer works. Ask again with `{asked.context.settings.command}`.")
        await chosen(asked)

    return choose_from_menu


async def _record(asked: SlackRequest) -> AlertRecord:
    async with asked.context.store.read() as tx:
        record = await tx.alerts.by_id(asked.id)
    if record is None:
        raise Refusal(NO_ALERT)
    return record


def register(app: AsyncApp, context: Context, *, open_request_form: ShowTeam, show_standing: ShowTeam) -> None:
    """Adds the listeners. The two functions belong to other wings, so `handlers.listeners` hands them in."""
    choose_from_menu = menu_listener(open_request_form=open_request_form, show_standing=show_standing)
    app.action(views.ACKNOWLEDGE_ALERT)(answers(context, click_acknowledge))
    app.action(views.ALERT_MENU)(answers(context, choose_from_menu))
    app.action(OWNER_ON_IT)(answers(context, click_owner_on_it))
    snoozes.register(app, context)
    planned_spikes.register(app, context)
    alert_opinions.register(app, context)
