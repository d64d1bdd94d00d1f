"""What a sandbox workspace is made of: its people, channels, terminal, buttons and suggested steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person of the workspace. Strangers belong to another company and share a channel with us."""

    id: str
    name: str
    real_name: str
    email: str = ""
    title: str = ""
    tz: str = "Europe/London"
    team_id: str = ""  # empty: the sandbox's own workspace
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    is_admin: bool = False
    deleted: bool = False

    @property
    def is_guest(self) -> bool:
        """Slack's multi-channel and single-channel guests."""
        return self.is_restricted or self.is_ultra_restricted


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A channel as it is when the workspace opens; `members` are ids."""

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
    """An HTTP request that the sandbox makes when somebody presses something. `url` is absolute."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None  # sent as JSON unless None


@dataclass(frozen=True, kw_only=True)
class Control(HttpCall):
    """A button beside the chat. An answer's `text` is shown, its `now` (epoch seconds) moves the page's clock ahead."""

    id: str
    label: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class TerminalCommand(HttpCall):
    """A line somebody can run in the terminal: `argv_text` is what is shown, the call is what happens."""

    label: str
    argv_text: str
    method: str = "GET"
    person: str | None = None
    answer: str = "The model answered."  # what a model would have said, once the call is allowed


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """The terminal pane."""

    title: str
    prompt: str
    commands: tuple[TerminalCommand, ...]
    more_hint: str = "Ask for more in Slack: /tokens request"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A suggested step. `done_when` names what completes it: `terminal:deny`, `terminal:allow`, `click:Approve` (a button's
    words or action id), `command:/tokens request` (a prefix), `submit:<callback id>`, `control:<id>` or `home`.
    Several ways are separated by `|`; a step counts only once the steps before it are done."""

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
class SandboxSettings:
    """Everything a sandbox needs to know. Commands, clicks and events are posted to `bot_url` + /slack/events."""

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
    messages_tab: bool = True

    @property
    def team_domain(self) -> str:
        """The workspace's sub-domain, as Slack would make it from the name."""
        return "".join(letter for letter in self.workspace_name.lower() if letter.isalnum()) or "workspace"
