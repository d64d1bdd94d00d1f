"""The menu on a request's card, by which its asker changes, withdraws or nudges."""

from slack_bolt.async_app import AsyncApp

from bot.refusals import Refusal
from bot.views.requests.budget_requests import CHANGE, NUDGE, REQUEST_MENU, WITHDRAW
from handlers.context import Context
from handlers.requests.asking.changes import click_withdraw, open_change_form
from handlers.requests.clicks.nudges import click_nudge
from handlers.slack.answers import SlackRequest, answers

_CHOICES = {CHANGE: open_change_form, WITHDRAW: click_withdraw, NUDGE: click_nudge}


async def choose_from_menu(asked: SlackRequest) -> None:
    """Does what the chosen option says."""
    chosen = _CHOICES.get(asked.value.partition(":")[0])
    if chosen is None:
        raise Refusal(asked.old_button)
    await chosen(asked)


def register(app: AsyncApp, context: Context) -> None:
    app.action(REQUEST_MENU)(answers(context, choose_from_menu))
