"""The page's state for one person, as one JSON object."""

from typing import Any

from bot.sandbox.settings import CommandHint, Member, SandboxSettings
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]


def whole_state(workspace: Workspace, member: Member) -> Json:
    """Returns the state that a page loads when it opens, and again after a pause."""
    settings = workspace.settings
    rooms = [room for room in workspace.rooms.values() if workspace.can_see(member.id, room)]
    return {
        "ok": True,
        "version": workspace.feed.version,
        "now": workspace.now(),
        "workspace": {"id": settings.team_id, "name": settings.workspace_name, "domain": settings.team_domain},
        "app": {
            "name": settings.app_name,
            "id": settings.app_id,
            "bot_id": settings.bot_id,
            "user": settings.bot_user_id,
            "command": settings.command,
        },
        "commands": [{"text": one.text, "hint": one.hint} for one in _hints(settings)],
        "acting": person(member),
        "people": [person(workspace.members[one.id]) for one in settings.people],
        "usergroups": [
            {"id": group.id, "handle": group.handle, "name": group.name, "users": list(group.users)}
            for group in settings.usergroups
        ],
        **workspace.room_lists(member.id),
        "messages": {room.id: [message.as_page() for message in room.visible(member.id)] for room in rooms},
        "home": workspace.modals.home(member.id),
        "modals": workspace.modals.stack(member.id),
        "shortcuts": [
            {"id": one.callback_id, "name": one.name, "kind": one.kind, "hint": one.description}
            for one in settings.shortcuts
        ],
        "controls": [{"id": one.id, "label": one.label, "hint": one.hint} for one in settings.controls],
        "steps": workspace.steps.as_page(),
        "terminal": _terminal(workspace),
        "traffic": workspace.traffic.entries(),
    }


def person(member: Member) -> Json:
    """Returns a person for the page's list."""
    return {
        "id": member.id,
        "name": member.name,
        "real_name": member.real_name,
        "email": member.email,
        "title": member.title,
        "tz": member.tz,
        "status": member.status_text,
        "is_guest": member.is_guest,
        "is_stranger": member.is_stranger,
        "is_bot": member.is_bot,
    }


def _hints(settings: SandboxSettings) -> tuple[CommandHint, ...]:
    return settings.command_hints or (
        CommandHint(text=settings.command, hint="this channel's team: spent, available, run-out date"),
        CommandHint(text=f"{settings.command} me", hint="your own use, shown to you alone"),
        CommandHint(text=f"{settings.command} request ", hint="ask for more budget"),
        CommandHint(text=f"{settings.command} help", hint="what to type"),
    )


def _terminal(workspace: Workspace) -> Json | None:
    terminal = workspace.settings.terminal
    if terminal is None:
        return None
    return {
        "title": terminal.title,
        "prompt": terminal.prompt,
        "commands": [{"label": one.label, "shown": one.argv_text, "person": one.person} for one in terminal.commands],
        "lines": workspace.terminal_lines,
    }
