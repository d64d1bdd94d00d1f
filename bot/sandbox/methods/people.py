"""The methods users.*, usergroups.*, team.info and auth.test."""

from typing import Any

from bot.sandbox.errors import SlackError
from bot.sandbox.methods.cursors import page_of
from bot.sandbox.settings import Member, Usergroup
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]


def auth_test(workspace: Workspace, args: Json) -> Json:
    """Answers auth.test."""
    settings = workspace.settings
    return {
        "url": f"{workspace.base_url}/",
        "team": settings.workspace_name,
        "user": settings.app_name.lower(),
        "team_id": settings.team_id,
        "user_id": settings.bot_user_id,
        "bot_id": settings.bot_id,
        "is_enterprise_install": False,
    }


def team_info(workspace: Workspace, args: Json) -> Json:
    """Answers team.info."""
    settings = workspace.settings
    team = {"id": settings.team_id, "name": settings.workspace_name, "domain": settings.team_domain, "icon": {}}
    return {"team": {**team, "email_domain": "", "is_verified": False}}


def user_object(workspace: Workspace, member: Member) -> Json:
    """Returns Slack's user object."""
    profile = {
        "real_name": member.real_name,
        "display_name": member.name,
        "real_name_normalized": member.real_name,
        "display_name_normalized": member.name,
        "title": member.title,
        "status_text": member.status_text,
        "status_emoji": member.status_emoji,
        "status_expiration": member.status_expiration,
        "email": member.email,
        "team": member.team_id or workspace.settings.team_id,
    }
    if member.is_bot:
        profile |= {"bot_id": workspace.settings.bot_id, "api_app_id": workspace.settings.app_id}
    user: Json = {
        "id": member.id,
        "team_id": member.team_id or workspace.settings.team_id,
        "name": member.name,
        "real_name": member.real_name,
        "deleted": member.deleted,
        "tz": member.tz,
        "tz_label": member.tz,
        "tz_offset": 0,
        "profile": profile,
        "is_admin": member.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": member.is_restricted,
        "is_ultra_restricted": member.is_ultra_restricted,
        "is_bot": member.is_bot,
        "is_app_user": False,
        "is_email_confirmed": True,
        "updated": 1_760_000_000,
    }
    if member.is_stranger:
        user["is_stranger"] = True
    return user


def users_info(workspace: Workspace, args: Json) -> Json:
    """Answers users.info."""
    return {"user": user_object(workspace, workspace.member(args["user"]))}


def users_lookup(workspace: Workspace, args: Json) -> Json:
    """Answers users.lookupByEmail. Strangers are not found, as in Slack."""
    email = str(args["email"]).casefold()
    for member in workspace.members.values():
        if member.email.casefold() == email and email and not member.is_stranger and not member.deleted:
            return {"user": user_object(workspace, member)}
    raise SlackError("users_not_found")


def users_list(workspace: Workspace, args: Json) -> Json:
    """Answers users.list, page by page."""
    own = [member for member in workspace.members.values() if not member.is_stranger]
    page, cursor = page_of(own, args)
    return {
        "members": [user_object(workspace, member) for member in page],
        "response_metadata": {"next_cursor": cursor},
    }


def usergroups_list(workspace: Workspace, args: Json) -> Json:
    """Answers usergroups.list."""
    with_users = str(args.get("include_users")).lower() in ("true", "1")
    return {"usergroups": [_usergroup_object(workspace, group, with_users) for group in workspace.settings.usergroups]}


def usergroups_users(workspace: Workspace, args: Json) -> Json:
    """Answers usergroups.users.list."""
    for group in workspace.settings.usergroups:
        if group.id == args["usergroup"]:
            return {"users": list(group.users)}
    raise SlackError("no_such_subteam")


def _usergroup_object(workspace: Workspace, group: Usergroup, with_users: bool) -> Json:
    users = {"users": list(group.users)} if with_users else {}
    names = {"id": group.id, "team_id": workspace.settings.team_id, "name": group.name, "handle": group.handle}
    return {**names, "is_usergroup": True, "date_delete": 0, "user_count": len(group.users), **users}
