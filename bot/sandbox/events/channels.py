"""Changes of channels by people, and the events they send to the app."""

from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.events.dispatch import AppReply, Dispatch
from bot.sandbox.rooms import Room
from bot.sandbox.settings import Member
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]
OTHER_COMPANY = "TSTRANGERS"


async def change_channel(
    workspace: Workspace, dispatch: Dispatch, member: Member, room: Room, *, change: str, name: str
) -> AppReply:
    """Archives, renames, shares, joins or leaves a channel, and sends the event. Raises SlackError."""
    if room.is_im:
        raise SlackError("method_not_supported_for_channel_type")
    event = _changed(workspace, member, room, change, name)
    workspace.tell_rooms()
    return await dispatch.event(event)


def _changed(workspace: Workspace, member: Member, room: Room, change: str, name: str) -> Json:
    settings = workspace.settings
    by = {"channel": room.id, "user": member.id}
    if change in ("archive", "unarchive"):
        room.is_archived = change == "archive"
        return {"type": f"channel_{change}", **by}
    if change == "rename":
        if not name or any(other.name == name for other in workspace.rooms.values()):
            raise SlackError("name_taken" if name else "invalid_name_required")
        room.name = name
        created = {"created": room.created, "name_normalized": name}
        return {"type": "channel_rename", "channel": {"id": room.id, "name": name, **created}}
    if change in ("share", "unshare"):
        room.is_ext_shared = change == "share"
        return {
            "type": f"channel_{change}d",
            "channel": room.id,
            "connected_team_id" if change == "share" else "previously_connected_team_id": OTHER_COMPANY,
            **({} if change == "share" else {"is_ext_shared": False}),
        }
    if change in ("join", "leave"):
        if change == "join" and member.id not in room.members:
            room.members.append(member.id)
        elif change == "leave" and member.id in room.members:
            room.members.remove(member.id)
        return _membership(settings.team_id, room, member.id, joined=change == "join")
    if change in ("invite_app", "remove_app"):
        room.bot_is_member = change == "invite_app"
        return _membership(settings.team_id, room, settings.bot_user_id, joined=room.bot_is_member)
    raise SlackError("invalid_arguments", [f"unknown change {change}"])


def _membership(team_id: str, room: Room, user: str, *, joined: bool) -> Json:
    kind = "member_joined_channel" if joined else "member_left_channel"
    return {
        "type": kind,
        "user": user,
        "channel": room.id,
        "channel_type": "G" if room.is_private else "C",
        "team": team_id,
    }
