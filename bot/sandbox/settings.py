"""The settings of a sandbox workspace: people, channels, terminal, buttons and suggested steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person of the workspace. Strangers belong to another company and share a channel with us."""

    id: str
    name: str
    real_name: str
    email: str = ""
    title: str = ""
    tz: str = "Europe/London"
    status_text: str = ""
    status_emoji: str = ""
    status_expiration: int = 0
    team_id: str = ""  # empty: the sandbox's own workspace
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    is_admin: bool = False  # of the workspace
    deleted: bool = False

    @property
    def is_guest(self) -> bool:
        """Returns whether the person is a multi-channel or single-channel guest."""
        return self.is_restricted or self.is_ultra_restricted


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A channel when the workspace opens; `members` are ids."""

    id: str
    name: str
    purpose: str = ""
    members: tuple[str, ...] = ()
    is_private: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False
    bot_is_member: bool = True


@dataclass(frozen=True, kw_only=True)
class Usergroup:
    """A group that can be mentioned, such as @search-leads."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HttpCall:
    """An HTTP request that a button or terminal line makes. `url` is absolute."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None  # sent as JSON unless None


@dataclass(frozen=True, kw_only=True)
class Control(HttpCall):
    """A button beside the chat. The page shows an answer's `text` and goes to its `channel`; its `now` (epoch seconds)
    moves the clock ahead."""

    id: str
    label: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class TerminalCommand(HttpCall):
    """A line of the terminal: the page shows `argv_text` and makes the call."""

    label: str
    argv_text: str
    method: str = "GET"
    person: str | None = None
    answer: str = "The model answered."  # the model's answer to an allowed call


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """The terminal pane."""

    title: str
    prompt: str
    commands: tuple[TerminalCommand, ...]
    more_hint: str = "Ask for more in Slack: /tokens request"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A suggested step.

    `done_when` names the action that completes it: `terminal:deny`, `terminal:allow`, `click:Approve` (a button's words
    or action id), `command:/tokens request` (a prefix), `submit:<callback id>`, `control:<id>`, `shortcut:<callback id>`
    or `home`. `|` separates alternatives. A step counts only after all earlier ones are done.
    """

    title: str
    text: str
    done_when: str = ""
    person: str | None = None
    channel: str | None = None
    pane: str | None = None


@dataclass(frozen=True, kw_only=True)
class CommandHint:
    """A line of the composer's completion list."""

    text: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    """A shortcut of the app, as its manifest declares it: for anywhere, or in the menu of each message."""

    name: str
    callback_id: str
    kind: Literal["global", "message"]
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class SandboxSettings:
    """The settings of a sandbox. Commands, clicks and events are posted to `bot_url` + /slack/events, or
    go over the app's WebSockets with an `app_token`."""

    bot_url: str
    signing_secret: str
    bot_token: str
    people: tuple[Member, ...]
    channels: tuple[Channel, ...]
    acting: str
    usergroups: tuple[Usergroup, ...] = ()
    command: str = "/tokens"
    app_name: str = "Tokens"
    workspace_name: str = "Acme"
    team_id: str = "TACME"
    app_id: str = "ATOKENS"
    bot_id: str = "BTOKENS"
    bot_user_id: str = "UTOKENS"
    terminal: Terminal | None = None
    controls: tuple[Control, ...] = ()
    steps: tuple[Step, ...] = ()
    command_hints: tuple[CommandHint, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    messages_tab: bool = True
    app_token: str = ""  # set: Slack's requests go out over WebSockets in place of HTTP

    @property
    def team_domain(self) -> str:
        """Returns the workspace's sub-domain, as Slack would derive it from the name."""
        return "".join(letter for letter in self.workspace_name.lower() if letter.isalnum()) or "workspace"
