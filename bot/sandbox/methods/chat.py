"""The chat.* methods, and the checks of every posted message."""

from typing import Any

from bot.sandbox.blocks.limits import METADATA_BYTES, TEXT_CHARACTERS, message_faults, too_long
from bot.sandbox.errors import SlackError
from bot.sandbox.messages import Json, Message, with_ids
from bot.sandbox.rooms import Room
from bot.sandbox.workspace import Workspace


def checked_blocks(workspace: Workspace, blocks: Any) -> list[Json]:
    """Returns blocks with their ids. Raises SlackError invalid_blocks or msg_blocks_too_long."""
    if not blocks:
        return []
    faults = message_faults(blocks) or workspace.files.faults(blocks)
    if faults:
        raise SlackError("invalid_blocks", faults)
    if too_long(blocks):
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks)


def checked_text(args: Json) -> str:
    """Returns the text. Raises SlackError no_text or msg_too_long."""
    text = str(args.get("text") or args.get("markdown_text") or "")
    if not text.strip() and not args.get("blocks") and not args.get("attachments"):
        raise SlackError("no_text")
    if len(text) > TEXT_CHARACTERS:
        raise SlackError("msg_too_long")
    return text


def _metadata(args: Json) -> Json | None:
    metadata = args.get("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("metadata_must_be_sent_from_app")
    if not metadata.get("event_type"):
        raise SlackError("invalid_metadata_format")
    if len(str(metadata)) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return metadata


def _writable(workspace: Workspace, channel: Any) -> Room:
    room = workspace.room(channel)
    if room.is_im and not workspace.settings.messages_tab:
        raise SlackError("messages_tab_disabled")
    if not room.is_im and not room.bot_is_member:
        # Slack hides a private channel from people outside it.
        raise SlackError("channel_not_found" if room.is_private else "not_in_channel")
    if room.is_archived:
        raise SlackError("is_archived")
    return room


def _bot_message(workspace: Workspace, room: Room, args: Json) -> Message:
    text = checked_text(args)
    return Message(
        channel=room.id,
        ts=workspace.new_ts(),
        user=workspace.settings.bot_user_id,
        username=str(args.get("username") or workspace.settings.app_name),
        is_bot=True,
        text=text,
        blocks=checked_blocks(workspace, args.get("blocks")),
        thread_ts=args.get("thread_ts") or None,
        metadata=_metadata(args),
    )


def slack_form(workspace: Workspace, message: Message) -> Json:
    """Returns a message as the API shows it."""
    settings = workspace.settings
    return message.as_slack(bot_id=settings.bot_id, app_id=settings.app_id, team_id=settings.team_id)


def post_message(workspace: Workspace, args: Json) -> Json:
    """Answers chat.postMessage."""
    room = _writable(workspace, args["channel"])
    message = _bot_message(workspace, room, args)
    if message.thread_ts and room.find(message.thread_ts) is None:
        raise SlackError("thread_not_found")
    workspace.put(message)
    return {"channel": room.id, "ts": message.ts, "message": slack_form(workspace, message)}


def post_ephemeral(workspace: Workspace, args: Json) -> Json:
    """Answers chat.postEphemeral."""
    room = _writable(workspace, args["channel"])
    member = workspace.member(args["user"])
    if member.id not in room.members:
        raise SlackError("user_not_in_channel")
    message = _bot_message(workspace, room, args)
    message.private_to = member.id
    workspace.put(message)
    return {"message_ts": message.ts}


def update(workspace: Workspace, args: Json) -> Json:
    """Answers chat.update. Text without blocks removes the blocks."""
    room, message = _own_message(workspace, args["channel"], args["ts"])
    if room.is_archived:
        raise SlackError("is_archived")
    rewrite(workspace, message, args)
    return {
        "channel": room.id,
        "ts": message.ts,
        "text": message.text,
        "message": slack_form(workspace, message),
    }


def rewrite(workspace: Workspace, message: Message, args: Json) -> None:
    """Changes a message in place. Raises SlackError if the new content is invalid."""
    text = checked_text(args)
    blocks = checked_blocks(workspace, args.get("blocks"))
    metadata = _metadata(args)
    message.text, message.blocks = text, blocks
    message.metadata = metadata or message.metadata
    message.edited = message.edited or not blocks
    message.updated_at = workspace.now()
    workspace.put(message)


def delete(workspace: Workspace, args: Json) -> Json:
    """Answers chat.delete."""
    room, message = _own_message(workspace, args["channel"], args["ts"])
    workspace.remove(message)
    return {"channel": room.id, "ts": message.ts}


def get_permalink(workspace: Workspace, args: Json) -> Json:
    """Answers chat.getPermalink."""
    room = workspace.room(args["channel"])
    message = room.find(str(args["message_ts"]))
    if message is None or message.private_to:
        raise SlackError("message_not_found")
    path = f"archives/{room.id}/p{message.ts.replace('.', '')}"
    return {"channel": room.id, "permalink": f"{workspace.base_url}/{path}"}


def validate_blocks(workspace: Workspace, args: Json) -> Json:
    """Answers blocks.validate."""
    checked_blocks(workspace, args.get("blocks") or args.get("message", {}).get("blocks"))
    return {}


def _own_message(workspace: Workspace, channel: Any, ts: Any) -> tuple[Room, Message]:
    room = workspace.rooms.get(str(channel))  # updates require a channel id, not a user's id or a name
    if room is None:
        raise SlackError("channel_not_found")
    message = room.find(str(ts))
    if message is None or message.private_to:
        raise SlackError("message_not_found")
    if not message.is_bot:
        raise SlackError("cant_update_message")
    return room, message
