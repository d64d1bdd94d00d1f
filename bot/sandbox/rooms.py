"""Channels and direct messages: members, visibility and messages."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.messages import Message
from bot.sandbox.settings import Channel

Json = dict[str, Any]


@dataclass(kw_only=True)
class Room:
    """A channel, or the direct messages between one person and the app (`is_im`)."""

    id: str
    name: str
    members: list[str]
    created: int
    creator: str
    purpose: str = ""
    is_private: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False
    bot_is_member: bool = True
    is_im: bool = False
    messages: list[Message] = field(default_factory=list)
    last_read: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, channel: Channel, *, created: int, creator: str) -> "Room":
        """Returns the room of a channel in the settings."""
        return cls(
            id=channel.id,
            name=channel.name,
            members=list(channel.members),
            created=created,
            creator=creator,
            purpose=channel.purpose,
            is_private=channel.is_private,
            is_ext_shared=channel.is_ext_shared,
            is_archived=channel.is_archived,
            bot_is_member=channel.bot_is_member,
        )

    def find(self, ts: object) -> Message | None:
        """Returns the message with this timestamp."""
        return next((message for message in self.messages if message.ts == ts), None)

    def visible(self, member: str) -> list[Message]:
        """Returns the messages that one person sees."""
        return [message for message in self.messages if message.private_to in (None, member)]

    def unread(self, member: str) -> int:
        """Returns the number of other people's messages since this person last read."""
        read_ts = self.last_read.get(member, "0")
        return sum(message.ts > read_ts and message.user != member for message in self.visible(member))

    def as_slack(self, *, team_id: str, bot_user: str) -> Json:
        """Returns Slack's conversation object."""
        base: Json = {
            "id": self.id,
            "created": self.created,
            "is_im": self.is_im,
            "is_archived": self.is_archived,
            "is_org_shared": False,
            "context_team_id": team_id,
            "updated": self.created * 1000,
        }
        if self.is_im:
            return {**base, "user": self.members[0], "is_user_deleted": False, "is_open": True, "priority": 0}
        return {
            **base,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": self.is_private,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_general": False,
            "unlinked": 0,
            "creator": self.creator,
            "is_shared": self.is_ext_shared,
            "is_ext_shared": self.is_ext_shared,
            "is_pending_ext_shared": False,
            "pending_shared": [],
            "parent_conversation": None,
            "shared_team_ids": [team_id, "TSTRANGERS"] if self.is_ext_shared else [team_id],
            "is_member": self.bot_is_member,
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": self.purpose, "creator": self.creator, "last_set": self.created},
            "previous_names": [],
            "num_members": len(self.members) + (bot_user not in self.members and self.bot_is_member),
        }

    def as_page(self, member: str) -> Json:
        """Returns the room for one person's list."""
        if self.is_im:
            return {"id": self.id, "user": "", "name": self.name, "unread": self.unread(member)}
        return {
            "id": self.id,
            "name": self.name,
            "purpose": self.purpose,
            "is_private": self.is_private,
            "is_ext_shared": self.is_ext_shared,
            "is_archived": self.is_archived,
            "is_member": member in self.members,
            "bot_is_member": self.bot_is_member,
            "member_count": len(self.members),
            "unread": self.unread(member) if member in self.members else 0,
        }
