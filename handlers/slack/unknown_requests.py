"""Buttons, menus, forms, shortcuts and commands that this version does not know, as those of old messages."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.refusals import Refusal
from handlers.context import Context
from handlers.slack.answers import OLD_FORM, SlackRequest, answers

_ANY = re.compile(".*", re.DOTALL)
_CLOSED = ("view_closed", "dialog_cancellation")


async def refuse_unknown(asked: SlackRequest) -> None:
    """Tells the person what to do instead."""
    kind, command = asked.body.get("type"), asked.context.settings.command
    if kind in _CLOSED:
        return
    if kind in ("view_submission", "dialog_submission"):
        raise Refusal(OLD_FORM)
    if kind in ("shortcut", "message_action"):
        raise Refusal(f"This shortcut no longer works. Type `{command} help` to see what does.")
    if kind is None:
        raise Refusal(f"Tokens does not answer to this command. Type `{command} help`.")
    raise Refusal(asked.old_button)


def register(app: AsyncApp, context: Context) -> None:
    """Adds listeners for everything that no other listener takes; register them last."""

    async def no_options(ack: AsyncAck) -> None:
        await ack(options=[])

    async def ignore_event(event: dict[str, Any]) -> None:
        """Takes an event that nothing needs, so that Slack does not count it as failed."""

    refuses = answers(context, refuse_unknown)
    app.action(_ANY)(refuses)
    app.view(_ANY)(refuses)
    app.view_closed(_ANY)(refuses)
    app.shortcut(_ANY)(refuses)
    app.command(_ANY)(refuses)
    app.options(_ANY)(no_options)
    app.event(_ANY)(ignore_event)
