"""Clicks, choices, submissions and closed modals, as Slack sends them to the app."""

import json
from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.events.dispatch import VERIFICATION_TOKEN, AppReply, Dispatch
from bot.sandbox.events.inputs import refusals, shaped, state
from bot.sandbox.messages import Message, elements_of
from bot.sandbox.settings import Member
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]
TROUBLE = "We had some trouble connecting. Try again?"


def common(workspace: Workspace, kind: str, member: Member, view_id: str | None = None) -> Json:
    """Returns the fields of every interaction, with a trigger unless a modal was closed."""
    settings = workspace.settings
    user_team = member.team_id or settings.team_id
    payload: Json = {
        "type": kind,
        "user": {"id": member.id, "username": member.name, "name": member.name, "team_id": user_team},
        "api_app_id": settings.app_id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": settings.team_id, "domain": settings.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }
    if kind != "view_closed":
        payload["trigger_id"] = workspace.triggers.issue(member.id, view_id)
    return payload


def _action(workspace: Workspace, blocks: list[Json], click: Json) -> Json:
    """Returns the `actions` entry of an existing element. Raises SlackError invalid_arguments."""
    for block, element in elements_of(blocks):
        if (block["block_id"], element["action_id"]) == (click.get("block_id"), click.get("action_id")):
            break
    else:
        raise SlackError("invalid_arguments", ["there is no such element"])
    action = {"block_id": block["block_id"], "action_id": element["action_id"], "type": element["type"]}
    for kept in ("text", "value", "style", "placeholder"):
        if kept in element:
            action[kept] = element[kept]
    action |= shaped(element, click.get("value"))
    if element["type"] == "overflow" and action["selected_option"] is None:
        raise SlackError("invalid_arguments", ["there is no such option"])
    if element["type"] == "feedback_buttons":
        action["value"] = click.get("value")
    return {**action, "action_ts": f"{workspace.now():.6f}"}


async def act_on_message(
    workspace: Workspace, dispatch: Dispatch, member: Member, message: Message, click: Json
) -> AppReply:
    """Sends a click or choice in a message. An ephemeral message is not included, as in Slack."""
    action = _action(workspace, message.blocks, click)
    room = workspace.rooms[message.channel]
    settings = workspace.settings
    response_id = workspace.triggers.issue_response(member.id, room.id, message.ts)
    payload = common(workspace, "block_actions", member) | {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": room.id,
            "is_ephemeral": message.private_to is not None,
        },
        "channel": {"id": room.id, "name": "directmessage" if room.is_im else room.name},
        "state": state(message.blocks, click.get("values")),
        "response_url": f"{workspace.base_url}/response/{response_id}",
        "actions": [action],
    }
    if message.private_to is None:
        payload["message"] = message.as_slack(bot_id=settings.bot_id, app_id=settings.app_id, team_id=settings.team_id)
    return await _send_action(workspace, dispatch, payload, action)


async def act_on_view(workspace: Workspace, dispatch: Dispatch, member: Member, view: Json, click: Json) -> AppReply:
    """Sends a click or choice in a modal or Home."""
    action = _action(workspace, view["blocks"], click)
    inner = view["id"] if view["type"] == "modal" else None
    payload = common(workspace, "block_actions", member, inner) | {
        "container": {"type": "view", "view_id": view["id"]},
        "view": {**view, "state": state(view["blocks"], click.get("values"))},
        "actions": [action],
    }
    return await _send_action(workspace, dispatch, payload, action)


async def _send_action(workspace: Workspace, dispatch: Dispatch, payload: Json, action: Json) -> AppReply:
    words = (action.get("text") or {}).get("text", "")
    delivery = await dispatch.form(
        f"{words or action['type']} ({action['action_id']})", {"payload": json.dumps(payload)}
    )
    if not delivery.error:
        workspace.steps.happened(f"click:{words}")
        workspace.steps.happened(f"click:{action['action_id']}")
    return delivery


async def submit(workspace: Workspace, dispatch: Dispatch, member: Member, view: Json, values: Any) -> Json:
    """Submits a modal. Returns `closed`, `errors` and the remaining modals for the page."""
    held = state(view["blocks"], values)
    errors = refusals(view["blocks"], held["values"])
    if errors:
        return {"ok": True, "closed": False, "errors": errors}
    payload = common(workspace, "view_submission", member, view["id"]) | {
        "view": {**view, "state": held},
        "response_urls": [],
    }
    delivery = await dispatch.form(f"submit {view['callback_id']}".strip(), {"payload": json.dumps(payload)})
    if delivery.error:
        return {"ok": False, "error": TROUBLE, "closed": False, "errors": {}}
    answer = delivery.decoded()
    try:
        errors = _follow(workspace, member, view, answer if isinstance(answer, dict) else {})
    except (SlackError, KeyError, AttributeError):
        return {"ok": False, "error": TROUBLE, "closed": False, "errors": {}}
    if not errors:
        workspace.steps.happened(f"submit:{view['callback_id']}")
    workspace.tell_modals(member.id)
    still_open = any(one["id"] == view["id"] for one in workspace.modals.stack(member.id))
    return {"ok": True, "closed": not still_open, "errors": errors}


def _follow(workspace: Workspace, member: Member, view: Json, answer: Json) -> dict[str, str]:
    """Applies the app's answer to a submission. Returns errors by block id. Raises SlackError."""
    action = answer.get("response_action")
    if action == "errors":
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        errors = {str(block_id): str(words) for block_id, words in answer["errors"].items()}
        if not errors or not inputs.issuperset(errors):
            raise SlackError("invalid_arguments", ["errors name a block that is not an input"])
        return errors
    if action == "update":
        workspace.modals.update(view["id"], answer["view"])
    elif action == "push":
        workspace.modals.open(member.id, answer["view"], push=True)
    elif action == "clear":
        workspace.modals.close(member.id, view["id"], everything=True)
    elif action is None:
        workspace.modals.close(member.id, view["id"])
    else:
        raise SlackError("invalid_arguments", [f"unknown response_action {action}"])
    return {}


async def close(workspace: Workspace, dispatch: Dispatch, member: Member, view: Json, *, everything: bool) -> None:
    """Closes modals and notifies the app of those that requested it."""
    everything = everything or bool(view["clear_on_close"])
    closed = workspace.modals.close(member.id, view["id"], everything=everything)
    workspace.tell_modals(member.id)
    for gone in closed:
        if gone["notify_on_close"]:
            payload = common(workspace, "view_closed", member) | {"view": gone, "is_cleared": everything}
            await dispatch.form(f"close {gone['callback_id']}".strip(), {"payload": json.dumps(payload)})
