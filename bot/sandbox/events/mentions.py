"""Typed text as Slack's client sends it."""

import re

from bot.sandbox.workspace import Workspace


def as_client_sends(workspace: Workspace, text: str) -> str:
    """Escapes & < > and converts @name and #channel to references."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    people = {member.name: member.id for member in workspace.members.values()}
    rooms = {room.name: room.id for room in workspace.rooms.values() if not room.is_im}

    def reference(match: re.Match[str]) -> str:
        sign, name = match[1], match[2]
        target = (people if sign == "@" else rooms).get(name)
        return f"<{sign}{target}>" if target else match[0]

    return re.sub(r"(?<!\w)([@#])([\w-]+)", reference, escaped)
