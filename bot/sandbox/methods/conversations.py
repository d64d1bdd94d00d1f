"""The conversations.* methods, and users.conversations."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.methods.cursors import page_of
from bot.sandbox.rooms import Room
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]


def room_object(workspace: Workspace, room: Room) -> Json:
    """Returns Slack's conversation object."""
    made = room.as_slack(team_id=workspace.settings.team_id, bot_user=workspace.settings.bot_user_id)
    tabs = [canvas.as_tab() for canvas in workspace.canvases.of(room.id)]
    return {**made, "properties": {"tabs": tabs}} if tabs else made


def _known_room(workspace: Workspace, channel: Any) -> Room:
    room = workspace.rooms.get(str(channel))
    if room is None or (room.is_private and not room.bot_is_member):
        raise SlackError("channel_not_found")
    return room


def conversations_info(workspace: Workspace, args: Json) -> Json:
    """Answers conversations.info."""
    return {"channel": room_object(workspace, _known_room(workspace, args["channel"]))}


def conversations_members(workspace: Workspace, args: Json) -> Json:
    """Answers conversations.members."""
    room = _known_room(workspace, args["channel"])
    bot = [workspace.settings.bot_user_id] if room.bot_is_member else []
    page, cursor = page_of([*room.members, *bot], args)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def conversations_list(workspace: Workspace, args: Json) -> Json:
    """Answers conversations.list: every public channel, and the app's own."""
    return _rooms(workspace, args, lambda room: room.bot_is_member or not (room.is_private or room.is_im))


def users_conversations(workspace: Workspace, args: Json) -> Json:
    """Answers users.conversations: the channels of a person, or the app's own."""
    member = args.get("user")
    if member and member != workspace.settings.bot_user_id:
        workspace.member(member)
        return _rooms(
            workspace, args, lambda room: member in room.members and (room.bot_is_member or not room.is_private)
        )
    return _rooms(workspace, args, lambda room: room.bot_is_member)


def conversations_join(workspace: Workspace, args: Json) -> Json:
    """Answers conversations.join, for public channels only."""
    room = _known_room(workspace, args["channel"])
    if room.is_archived:
        raise SlackError("is_archived")
    if room.is_private or room.is_im:
        raise SlackError("method_not_supported_for_channel_type")
    already = room.bot_is_member
    room.bot_is_member = True
    workspace.tell_rooms()
    return {"channel": room_object(workspace, room)} | ({"warning": "already_in_channel"} if already else {})


def conversations_open(workspace: Workspace, args: Json) -> Json:
    """Answers conversations.open, for the direct messages with one person."""
    if args.get("channel"):
        return {"channel": room_object(workspace, _known_room(workspace, args["channel"]))}
    users = args.get("users") or ""
    ids = [user.strip() for user in users.split(",")] if isinstance(users, str) else list(users)
    if len(ids) != 1 or not ids[0]:
        raise SlackError("invalid_user_combination" if ids and ids[0] else "invalid_arguments")
    if workspace.member(ids[0]).is_bot:
        raise SlackError("cannot_dm_bot")
    return {"channel": {"id": workspace.direct(ids[0]).id}, "no_op": True, "already_open": True}


def _rooms(workspace: Workspace, args: Json, is_listed: Callable[[Room], bool]) -> Json:
    kinds = str(args.get("types") or "public_channel").replace(" ", "").split(",")
    without_archived = str(args.get("exclude_archived")).lower() in ("true", "1")
    rooms = [
        room
        for room in workspace.rooms.values()
        if _kind(room) in kinds and is_listed(room) and not (without_archived and room.is_archived)
    ]
    page, cursor = page_of(rooms, args)
    return {
        "channels": [room_object(workspace, room) for room in page],
        "response_metadata": {"next_cursor": cursor},
    }


def _kind(room: Room) -> str:
    if room.is_im:
        return "im"
    return "private_channel" if room.is_private else "public_channel"
