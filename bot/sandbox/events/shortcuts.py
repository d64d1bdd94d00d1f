"""Shortcuts: global ones from anywhere, and those of a message, as Slack sends them to the app."""

import json
from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.events.dispatch import AppReply, Dispatch
from bot.sandbox.events.interactions import common
from bot.sandbox.messages import Message
from bot.sandbox.settings import Member, Shortcut
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]


def shortcut_named(workspace: Workspace, callback_id: object, *, kind: str) -> Shortcut:
    """Returns one of the app's shortcuts. Raises SlackError if it has none of this name and kind."""
    for shortcut in workspace.settings.shortcuts:
        if (shortcut.callback_id, shortcut.kind) == (callback_id, kind):
            return shortcut
    raise SlackError("invalid_arguments", ["there is no such shortcut"])


async def run_global(workspace: Workspace, dispatch: Dispatch, member: Member, shortcut: Shortcut) -> AppReply:
    """Sends a global shortcut. It names no channel, and has no response_url."""
    return await _send(workspace, dispatch, shortcut, common(workspace, "shortcut", member))


async def run_on_message(
    workspace: Workspace, dispatch: Dispatch, member: Member, shortcut: Shortcut, message: Message
) -> AppReply:
    """Sends a shortcut of a message, with the message."""
    room, settings = workspace.rooms[message.channel], workspace.settings
    response_id = workspace.triggers.issue_response(member.id, room.id)
    payload = common(workspace, "message_action", member) | {
        "channel": {"id": room.id, "name": "directmessage" if room.is_im else room.name},
        "message": message.as_slack(bot_id=settings.bot_id, app_id=settings.app_id, team_id=settings.team_id),
        "message_ts": message.ts,
        "response_url": f"{workspace.base_url}/response/{response_id}",
    }
    return await _send(workspace, dispatch, shortcut, payload)


async def _send(workspace: Workspace, dispatch: Dispatch, shortcut: Shortcut, payload: Json) -> AppReply:
    payload |= {"callback_id": shortcut.callback_id, "action_ts": f"{workspace.now():.6f}"}
    delivery = await dispatch.form(f"{shortcut.name} ({shortcut.callback_id})", {"payload": json.dumps(payload)})
    if not delivery.error:
        workspace.steps.happened(f"shortcut:{shortcut.callback_id}")
    return delivery
