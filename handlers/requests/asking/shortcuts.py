"""Slack's shortcuts: the request form from anywhere, and about a message."""

import re

from slack_bolt.async_app import AsyncApp

from handlers.context import Context
from handlers.requests.asking.request_forms import open_request_form
from handlers.slack.answers import SlackRequest, answers

REQUEST_BUDGET_ANYWHERE = "request_ai_budget"
REQUEST_BUDGET_FOR_MESSAGE = "request_budget_for_this"
"""The callback ids of manifest.yml."""
_CHANNEL = re.compile(r"[A-Z0-9]{1,40}")
_TIMESTAMP = re.compile(r"([0-9]{1,20})\.([0-9]{1,6})")


async def open_from_anywhere(asked: SlackRequest) -> None:
    """Opens the form for one of the person's teams."""
    await open_request_form(asked, origin="shortcut")


async def open_for_message(asked: SlackRequest) -> None:
    """Opens the form about a message: its link goes with the request, and none of its words."""
    await open_request_form(asked, origin="message", origin_ref=permalink(asked))


def permalink(asked: SlackRequest) -> str:
    """Returns the link of the message that the shortcut was run on, as Slack makes it; "" if it can't be made.

    Only who may read the channel can follow it. The bot need not be there, as it would for chat.getPermalink.
    """
    workspace, message = asked.context.workspace, asked.body.get("message") or {}
    sent = _TIMESTAMP.fullmatch(str(asked.body.get("message_ts") or message.get("ts") or ""))
    if workspace is None or not workspace.url.startswith("http") or sent is None:
        return ""
    if not _CHANNEL.fullmatch(asked.channel_id):
        return ""
    thread = str(message.get("thread_ts") or "")
    is_reply = bool(_TIMESTAMP.fullmatch(thread)) and thread != sent.group()
    place = f"?thread_ts={thread}&cid={asked.channel_id}" if is_reply else ""
    return f"{workspace.url.rstrip('/')}/archives/{asked.channel_id}/p{sent[1]}{sent[2]}{place}"


def register(app: AsyncApp, context: Context) -> None:
    app.shortcut(REQUEST_BUDGET_ANYWHERE)(answers(context, open_from_anywhere))
    app.shortcut(REQUEST_BUDGET_FOR_MESSAGE)(answers(context, open_for_message))
