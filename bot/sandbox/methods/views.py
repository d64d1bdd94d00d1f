"""The views.* methods: modals opened with a trigger, and Home."""

from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]


def open_view(workspace: Workspace, args: Json) -> Json:
    """Answers views.open."""
    workspace.modals.made(args["view"], kind="modal")  # an invalid view does not consume the trigger
    trigger = workspace.triggers.exchange(args.get("trigger_id"))
    view = workspace.modals.open(trigger.user, args["view"])
    workspace.tell_modals(trigger.user)
    return {"view": view}


def push_view(workspace: Workspace, args: Json) -> Json:
    """Answers views.push, only with a trigger from an open modal."""
    workspace.modals.made(args["view"], kind="modal")
    trigger = workspace.triggers.exchange(args.get("trigger_id"))
    if trigger.view_id is None:
        raise SlackError("invalid_trigger_id")
    view = workspace.modals.open(trigger.user, args["view"], push=True)
    workspace.tell_modals(trigger.user)
    return {"view": view}


def update_view(workspace: Workspace, args: Json) -> Json:
    """Answers views.update, by view_id or external_id, with `hash` against races."""
    view_id = args.get("view_id") or args.get("external_id")
    if not view_id:
        raise SlackError("invalid_arguments", ["missing required field: view_id or external_id"])
    member, view = workspace.modals.update(view_id, args["view"], expected_hash=args.get("hash"))
    workspace.tell_modals(member)
    if view["type"] == "home":
        workspace.tell_home(member)
    return {"view": view}


def publish_view(workspace: Workspace, args: Json) -> Json:
    """Answers views.publish: a person's Home."""
    member = workspace.member(args["user_id"])
    if member.is_bot or member.is_stranger:
        raise SlackError("user_not_found")
    view = workspace.modals.publish(member.id, args["view"], expected_hash=args.get("hash"))
    workspace.tell_home(member.id)
    return {"view": view}
