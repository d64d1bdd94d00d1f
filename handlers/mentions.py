"""Questions in messages: a mention in a channel, and a direct message to the app, get the answers of the command."""

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.text import first_word, spaced
from bot.views.reporting.help import command_only_message
from handlers.commands import COMMANDS, dispatch
from handlers.context import Context
from handlers.slack.answers import DoneBefore, SlackRequest, answers
from handlers.slack.asked_messages import DIRECT_MESSAGE, MENTION, asks

ASKING = frozenset({"help", "me"})
"""Commands that only ask; the others change something or open a form, so a message does not run them."""
_MENTION_OF_SOMEBODY = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")


def question_of(event: Mapping[str, Any], app_user_id: str) -> str:
    """Returns what a message asks: its text without the app's mention, as it was typed. Channels stay references."""
    text = str(event.get("text") or "")
    if app_user_id:
        text = re.sub(rf"<@{re.escape(app_user_id)}(?:\|[^>]*)?>", " ", text)
    elif event.get("type") == MENTION:
        text = _MENTION_OF_SOMEBODY.sub(" ", text, count=1)
    return spaced(html.unescape(text))


async def answer_message(asked: SlackRequest) -> None:
    """Answers a message once, however often Slack sends its event. What changes something is typed as a command."""
    context, body = asked.context, asked.body
    if not asked.answer.is_noted:  # else the database undid this try, and it is made again
        async with context.store.begin() as tx:
            key = f"event:{body.get('event_id') or body['event'].get('event_ts', '')}"
            if not await tx.slack_requests.add(key.encode(), at=context.now_micros()):
                raise DoneBefore
        asked.answer.is_noted = True
    text = question_of(body["event"], _app_user_id(body))
    question = replace(asked, body={**body, "text": text})
    word, rest = first_word(text)
    changes = word.casefold() in COMMANDS and word.casefold() not in ASKING
    if changes or (word.casefold() == "me" and first_word(rest)[0].casefold() == "limit"):
        await question.reply(command_only_message(text, context.settings.command))
        return
    await dispatch(question)


def _app_user_id(body: Mapping[str, Any]) -> str:
    """Returns the app's own user id, as the event names it; empty if it does not."""
    named = body.get("authorizations") or [{}]
    return str(named[0].get("user_id") or "")


async def is_question(event: dict[str, Any], body: dict[str, Any]) -> bool:
    """Returns whether an event is a message to answer: never one of a bot, of the app itself, or an edit."""
    return asks(event) and event.get("user") != _app_user_id(body)


def register(app: AsyncApp, context: Context) -> None:
    for name in (MENTION, DIRECT_MESSAGE):
        app.event(name, matchers=[is_question])(answers(context, answer_message))
