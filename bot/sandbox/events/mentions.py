"""Typed text as Slack's client sends it."""

import re
from typing import Any

from bot.sandbox.messages import Message
from bot.sandbox.rooms import Room
from bot.sandbox.workspace import Workspace


def as_client_sends(workspace: Workspace, text: str) -> str:
    """Escapes & < > and converts @name and #channel to references."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    settings = workspace.settings
    people = {member.name: member.id for member in workspace.members.values()}
    people |= dict.fromkeys((settings.app_name, settings.app_name.lower()), settings.bot_user_id)
    rooms = {room.name: room.id for room in workspace.rooms.values() if not room.is_im}

    def reference(match: re.Match[str]) -> str:
        sign, name = match[1], match[2]
        target = (people if sign == "@" else rooms).get(name)
        return f"<{sign}{target}>" if target else match[0]

    return re.sub(r"(?<!\w)([@#])([\w-]+)", reference, escaped)


def message_event(workspace: Workspace, room: Room, message: Message) -> dict[str, Any] | None:
    """Returns the event that Slack sends to the app about a person's message: a direct message to it, or one that mentions
    it in a channel that it is in; None for all others."""
    is_mention = f"<@{workspace.settings.bot_user_id}>" in message.text
    if not room.is_im and not (is_mention and room.bot_is_member):
        return None
    event = {
        "type": "message" if room.is_im else "app_mention",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "channel": room.id,
        "team": workspace.settings.team_id,
        "event_ts": message.ts,
    }
    if room.is_im:
        event["channel_type"] = "im"
    return event | ({"thread_ts": message.thread_ts} if message.thread_ts else {})
