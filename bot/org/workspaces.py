"""The workspace that the app belongs to, and who is an outsider there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The workspace that the app is installed in, by its token.

    `enterprise_id` is its organisation in Slack, empty without one. An app installed for a whole organisation can have
    the organisation's id in place of a workspace's. `url` is its address, `https://acme.slack.com/`, and `bot_user_id` the
    app's own user.
    """

    team_id: str
    enterprise_id: str = ""
    url: str = ""
    bot_user_id: str = ""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Workspace | None":
        """Returns the workspace of an answer of auth.test; None if it names none."""
        team_id, enterprise_id = str(answer.get("team_id") or ""), str(answer.get("enterprise_id") or "")
        if not (team_id or enterprise_id):
            return None
        url, bot_user_id = str(answer.get("url") or ""), str(answer.get("user_id") or "")
        return cls(team_id=team_id, enterprise_id=enterprise_id, url=url, bot_user_id=bot_user_id)

    def has_member(self, user: Mapping[str, Any]) -> bool:
        """Returns whether Slack's user object is of this workspace, or of another one of its organisation.

        `is_stranger` does not tell: Slack sets it to false for people of other companies in channels that the app sees.
        """
        in_organisation = user.get("enterprise_user") or {}
        organisation = str(in_organisation.get("enterprise_id") or "")
        if self.enterprise_id and organisation:
            return organisation == self.enterprise_id
        own = {self.team_id, self.enterprise_id} - {""}
        home = str(user.get("team_id") or (user.get("profile") or {}).get("team") or "")
        return not home or home in own or self.team_id in (in_organisation.get("teams") or ())


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The sender of a signed Slack request, as Slack describes them."""

    slack_id: str
    is_guest: bool
    is_stranger: bool
    is_bot: bool
    is_deleted: bool

    @property
    def is_outsider(self) -> bool:
        """Returns whether the person is a guest, from another company, a bot or deleted. Outsiders see nothing."""
        return self.is_guest or self.is_stranger or self.is_bot or self.is_deleted


def names_user(user: object) -> TypeGuard[dict[str, Any]]:
    """Returns whether a part of Slack's answer is a user object: an answer without one says nothing of the person."""
    return isinstance(user, dict) and bool(user.get("id"))


def caller_of(user: Mapping[str, Any], workspace: Workspace) -> Caller:
    """Returns the caller of Slack's user object, as seen from the app's workspace."""
    return Caller(
        slack_id=str(user["id"]),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")) or not workspace.has_member(user),
        is_bot=bool(user.get("is_bot")),
        is_deleted=bool(user.get("deleted")),
    )
