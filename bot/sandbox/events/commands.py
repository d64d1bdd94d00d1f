"""Slash commands: a person's input, sent to the app, and the app's answer."""

import json
from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.events.dispatch import VERIFICATION_TOKEN, AppReply, Dispatch
from bot.sandbox.messages import Message
from bot.sandbox.methods.chat import checked_blocks, checked_text
from bot.sandbox.rooms import Room
from bot.sandbox.settings import Member
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]


async def run_command(workspace: Workspace, dispatch: Dispatch, member: Member, room: Room, typed: str) -> AppReply:
    """Sends a typed command to the app. Slackbot shows failures to this person only."""
    settings = workspace.settings
    word, _, text = typed.strip().partition(" ")
    if word != settings.command:
        workspace.slackbot(
            room, member.id, f"`{word}` is not a valid command. This workspace knows {settings.command}."
        )
        return AppReply(status=None, error="unknown_command")
    fields = {
        "token": VERIFICATION_TOKEN,
        "team_id": settings.team_id,
        "team_domain": settings.team_domain,
        "channel_id": room.id,
        "channel_name": _shown_name(room),
        "user_id": member.id,
        "user_name": member.name,
        "command": word,
        "text": text.strip(),
        "api_app_id": settings.app_id,
        "is_enterprise_install": "false",
        "response_url": f"{workspace.base_url}/response/{workspace.triggers.issue_response(member.id, room.id)}",
        "trigger_id": workspace.triggers.issue(member.id),
    }
    delivery = await dispatch.form(f"{word} {text}".strip(), fields)
    if delivery.error is None:
        delivery = _show_answer(workspace, member, room, delivery)
    if delivery.error is not None:
        workspace.slackbot(room, member.id, f'{word} failed with the error "{delivery.error}"')
    else:
        workspace.steps.happened(f"command:{typed.strip()}")
    return delivery


def _shown_name(room: Room) -> str:
    if room.is_im:
        return "directmessage"
    return "privategroup" if room.is_private else room.name


def _show_answer(workspace: Workspace, member: Member, room: Room, delivery: AppReply) -> AppReply:
    """Shows the answer's text or message, privately unless it is in_channel."""
    answer = (
        delivery.decoded() if delivery.content_type == "application/json" else delivery.body.decode("utf-8", "replace")
    )
    if answer in (None, "", {}):
        return delivery
    payload: Json = (
        answer if isinstance(answer, dict) else {"text": answer if isinstance(answer, str) else json.dumps(answer)}
    )
    try:
        say(workspace, room, member.id, payload)
    except SlackError:
        return AppReply(status=delivery.status, body=delivery.body, error="invalid_command_response")
    return delivery


def say(workspace: Workspace, room: Room, member_id: str, payload: Json) -> Message:
    """Posts an app's answer to a command or click. Raises SlackError if Slack would reject it."""
    text, blocks = checked_text(payload), checked_blocks(workspace, payload.get("blocks"))
    in_channel = payload.get("response_type") == "in_channel"
    return workspace.put(
        Message(
            channel=room.id,
            ts=workspace.new_ts(),
            user=workspace.settings.bot_user_id,
            username=workspace.settings.app_name,
            is_bot=True,
            text=text,
            blocks=blocks,
            thread_ts=payload.get("thread_ts") or None,
            private_to=None if in_channel else member_id,
        )
    )
