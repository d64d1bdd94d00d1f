"""The canvases.* methods."""

from typing import Any

from bot.sandbox.canvases import markdown_of
from bot.sandbox.errors import SlackError
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]
_LEVELS = ("read", "write")


def create_canvas(workspace: Workspace, args: Json) -> Json:
    """Answers canvases.create, in the tab of a channel that the app is in."""
    room = workspace.rooms.get(str(args.get("channel_id") or ""))
    if args.get("channel_id") and (room is None or room.is_im or not room.bot_is_member):
        raise SlackError("channel_not_found")
    if room is not None and room.is_archived:
        raise SlackError("is_archived")
    markdown = markdown_of(args["document_content"]) if args.get("document_content") else ""
    channel, title = room.id if room else "", str(args.get("title") or "Untitled")
    canvas = workspace.canvases.create(channel=channel, title=title, markdown=markdown, now=workspace.now())
    workspace.tell_rooms()
    return {"canvas_id": canvas.id}


def edit_canvas(workspace: Workspace, args: Json) -> Json:
    """Answers canvases.edit: one change per call, which replaces the whole content or the title."""
    canvas, changes = workspace.canvases.find(args["canvas_id"]), args["changes"]
    if not isinstance(changes, list) or len(changes) != 1 or not isinstance(changes[0], dict):
        raise SlackError("invalid_arguments", ["only one operation per call is supported"])
    change = changes[0]
    if change.get("operation") == "replace" and not change.get("section_id"):
        canvas.markdown = markdown_of(change.get("document_content"))
    elif change.get("operation") == "rename":
        canvas.title = markdown_of(change.get("title_content"))
    else:
        raise SlackError("canvas_editing_failed")
    canvas.updated = workspace.now()
    canvas.edits += 1
    workspace.tell_rooms()
    return {}


def delete_canvas(workspace: Workspace, args: Json) -> Json:
    """Answers canvases.delete."""
    workspace.canvases.delete(args["canvas_id"])
    workspace.tell_rooms()
    return {}


def set_access(workspace: Workspace, args: Json) -> Json:
    """Answers canvases.access.set, for channels."""
    canvas = workspace.canvases.find(args["canvas_id"])
    if args["access_level"] not in _LEVELS:
        raise SlackError("invalid_arguments", ["access_level must be read or write"])
    channels = args.get("channel_ids") or []
    if canvas.channel in (channels.split(",") if isinstance(channels, str) else channels):
        canvas.access = str(args["access_level"])
        workspace.tell_rooms()
    return {}
