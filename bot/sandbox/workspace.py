"""The workspace in memory: people, rooms, messages, views and files."""

import asyncio
import collections
import time
from typing import Any

from bot.sandbox.canvases import Canvases
from bot.sandbox.errors import SlackError
from bot.sandbox.events.sockets import Sockets
from bot.sandbox.events.triggers import Triggers
from bot.sandbox.files import Files
from bot.sandbox.messages import Message
from bot.sandbox.modals import Modals
from bot.sandbox.page.feed import Feed
from bot.sandbox.page.steps import Steps
from bot.sandbox.page.traffic import Traffic
from bot.sandbox.rooms import Room
from bot.sandbox.settings import Member, SandboxSettings

Json = dict[str, Any]
SLACKBOT = "USLACKBOT"


class Workspace:
    """One Slack workspace with one installed app. `calls` is every Web API call, as JSON."""

    def __init__(self, settings: SandboxSettings, *, log: list[Json] | None = None) -> None:
        self.settings = settings
        self.calls: list[Json] = [] if log is None else log
        self.offline = False
        self.patience_seconds = 3.0  # how long an app may take to answer
        self.base_url = ""
        self.feed = Feed()
        self.canvases = Canvases()
        self.files = Files()
        self.modals = Modals(settings)
        self.sockets = Sockets(settings.app_id)
        self.steps = Steps(settings.steps, self.feed)
        self.traffic = Traffic(self.feed)
        self.triggers = Triggers()
        self.terminal_lines: list[Json] = []
        self.failures: dict[str, collections.deque[Json]] = {}
        self.held: dict[str, asyncio.Event] = {}  # methods that answer after their event alone, as a slow Slack
        self._ahead = 0.0
        self._last_ts = 0
        bot = Member(id=settings.bot_user_id, name=settings.app_name.lower(), real_name=settings.app_name, is_bot=True)
        self.members = {member.id: member for member in (*settings.people, bot)}
        created = int(self.now())
        self.rooms: dict[str, Room] = {}
        for channel in settings.channels:
            self.rooms[channel.id] = Room.of(channel, created=created, creator=settings.acting)
        for i, person in enumerate(settings.people, start=1):
            room = Room(
                id=f"D{i:07d}{person.id}",
                name=settings.app_name,
                members=[person.id],
                created=created,
                creator=person.id,
                is_im=True,
            )
            self.rooms[room.id] = room

    def now(self) -> float:
        """Returns epoch seconds on the workspace's clock, which a control may move ahead."""
        return time.time() + self._ahead

    def jump_to(self, moment: float) -> None:
        """Moves the clock ahead to an epoch second, never back."""
        self._ahead += max(0.0, moment - self.now())
        self.feed.tell("clock", {"now": self.now()})

    def new_ts(self) -> str:
        """Returns a message's timestamp: unique and growing."""
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def fail_next(self, method: str, error: str | None = None, *, status: int = 200, retry_after: int = 0) -> None:
        """Makes the next call of a method fail, with an error's name or with a status such as 429 or 503.

        `drop` as the error runs the call and then breaks the connection. `response_url` counts as a method here.
        """
        failure = {"error": error, "status": status, "retry_after": retry_after}
        self.failures.setdefault(method, collections.deque()).append(failure)

    def member(self, member_id: object) -> Member:
        """Returns a person or the app's own user. Raises SlackError user_not_found."""
        person = self.members.get(str(member_id))
        if person is None:
            raise SlackError("user_not_found")
        return person

    def room(self, room_id: object) -> Room:
        """Returns a channel by id, a public one also by `#name`, or a person's direct messages by user id. Raises
        SlackError channel_not_found.
        """
        name = str(room_id)
        for room in self.rooms.values():
            if room.id == name or (name.startswith("#") and room.name == name[1:] and not room.is_private):
                return room
            if room.is_im and room.members == [name]:
                return room
        raise SlackError("channel_not_found")

    def direct(self, member_id: str) -> Room:
        """Returns the direct messages between a person and the app."""
        return self.room(member_id)

    def can_see(self, member_id: str, room: Room) -> bool:
        """Returns whether a person sees a room: members do, and others see public channels unless they are guests or
        strangers.
        """
        if member_id in room.members:
            return True
        person = self.member(member_id)
        return not (room.is_im or room.is_private or person.is_guest or person.is_stranger)

    def audience(self, message: Message) -> set[str]:
        """Returns the people whose pages show a message."""
        room = self.rooms[message.channel]
        return {m for m in self.feed.pages() if message.private_to in (None, m) and self.can_see(m, room)}

    def put(self, message: Message) -> Message:
        """Adds a message, or updates an existing one."""
        room = self.rooms[message.channel]
        if room.find(message.ts) is None:
            room.messages.append(message)
            if not message.is_bot:
                room.last_read[message.user] = message.ts
        self.feed.tell("message", message.as_page(), to=self.audience(message))
        self.tell_rooms()
        return message

    def remove(self, message: Message) -> None:
        """Deletes a message."""
        audience = self.audience(message)
        self.rooms[message.channel].messages.remove(message)
        self.feed.tell("message_deleted", {"channel": message.channel, "ts": message.ts}, to=audience)

    def slackbot(self, room: Room, member_id: str, words: str) -> None:
        """Posts Slackbot's message to one person, such as a failed command."""
        self.put(
            Message(
                channel=room.id,
                ts=self.new_ts(),
                user=SLACKBOT,
                username="Slackbot",
                text=words,
                private_to=member_id,
            )
        )

    def tell_modals(self, member_id: str) -> None:
        """Sends a person's modals to their pages."""
        self.feed.tell("modals", {"modals": self.modals.stack(member_id)}, to={member_id})

    def tell_home(self, member_id: str) -> None:
        """Sends a person's Home to their pages."""
        self.feed.tell("home", {"home": self.modals.home(member_id)}, to={member_id})

    def tell_rooms(self) -> None:
        """Updates the list of channels on every page."""
        for member_id in self.feed.pages():
            self.feed.tell("channels", self.room_lists(member_id), to={member_id})

    def room_lists(self, member_id: str) -> Json:
        """Returns the channels and direct messages of one person's list."""
        visible = [room for room in self.rooms.values() if self.can_see(member_id, room)]
        dms = [{**room.as_page(member_id), "user": self.settings.bot_user_id} for room in visible if room.is_im]
        channels = [
            {**room.as_page(member_id), "canvases": [canvas.as_page() for canvas in self.canvases.of(room.id)]}
            for room in visible
            if not room.is_im
        ]
        return {"channels": channels, "dms": dms}
