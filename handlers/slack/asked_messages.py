"""Answers to messages that ask: to a mention the asker alone sees it in the channel, to a direct message it is in the
conversation."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import Message, with_images
from handlers.slack.client import error_name

log = structlog.get_logger()

MENTION, DIRECT_MESSAGE = "app_mention", "message"


def asks(event: Mapping[str, Any]) -> bool:
    """Returns whether an event is a message of a person to the app, written just now: no edit, no bot, no file, nothing of
    the app's own."""
    is_addressed = event.get("type") == MENTION or (
        event.get("type") == DIRECT_MESSAGE and event.get("channel_type") == "im"
    )
    is_new = not event.get("subtype") and not event.get("edited") and not event.get("hidden")
    is_of_person = bool(event.get("user")) and not event.get("bot_id") and not event.get("app_id")
    return is_addressed and is_new and is_of_person and bool(event.get("channel")) and "text" in event


async def answer_where_asked(client: AsyncWebClient, event: Mapping[str, Any], attempts: Sequence[Message]) -> bool:
    """Sends the first attempt whose blocks Slack takes, in the thread of the question if it has one. Returns False if nothing
    can be said there."""
    thread = {"thread_ts": str(event["thread_ts"])} if event.get("thread_ts") else {}
    for attempt in attempts:
        said: dict[str, Any] = {"text": attempt.text, "blocks": with_images(attempt, ()) or None, **thread}
        try:
            if event.get("type") == DIRECT_MESSAGE:
                await client.chat_postMessage(channel=str(event["channel"]), **said)
            else:
                await client.chat_postEphemeral(channel=str(event["channel"]), user=str(event["user"]), **said)
        except SlackApiError as error:
            fault = error_name(error)
            log.warning("answer refused", fault=fault)
            if fault not in ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"):
                return False
        else:
            return True
    return False
