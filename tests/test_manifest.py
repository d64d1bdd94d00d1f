"""manifest.yml, the code and docs/security-review.md say the same: scopes, events, the command, hosts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import SystemClock
from bot.refusals import ConfigError
from bot.settings import Settings
from handlers.context import make_context
from handlers.listeners import register_all
from handlers.slack.installing.credentials import required_scopes
from handlers.slack.installing.manifest import for_address, for_socket_mode

ROOT = Path(__file__).parent.parent
MANIFEST_TEXT = (ROOT / "manifest.yml").read_text()
MANIFEST: dict[str, Any] = yaml.safe_load(MANIFEST_TEXT)
REVIEW = (ROOT / "docs" / "security-review.md").read_text()
SCOPES = set(MANIFEST["oauth_config"]["scopes"]["bot"])
OFFERED = set(MANIFEST["oauth_config"]["scopes"]["bot_optional"])
EVENTS = set(MANIFEST["settings"]["event_subscriptions"]["bot_events"])
CODE = sorted(
    path
    for room in ("bot", "handlers", "storage")
    for path in (ROOT / room).rglob("*.py")
    if "sandbox" not in path.parts  # a stand-in for Slack, which the bot never imports
)

METHOD_SCOPES = {
    "apps.connections.open": (),  # its app-level token has connections:write
    "auth.test": (),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.list": ("channels:read", "groups:read"),
    "conversations.members": ("channels:read", "groups:read"),
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "users.info": ("users:read",),
    "users.lookupByEmail": ("users:read.email",),
    "views.open": (),
    "views.publish": (),
    "views.push": (),
    "views.update": (),
}
"""What the called methods need, by https://docs.slack.dev/reference/methods. Conversations of both kinds are asked for."""
OPTIONAL_METHODS = {
    "conversations.history": ("channels:history", "groups:history"),
    "canvases.access.set": ("canvases:write",),
    "canvases.create": ("canvases:write",),
    "canvases.delete": ("canvases:write",),
    "canvases.edit": ("canvases:write",),
}
"""Methods that the code tries and does without: an admin may leave their scopes out."""
EVENT_SCOPES = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "channel_archive": ("channels:read",),
    "channel_deleted": ("channels:read",),
    "channel_left": ("channels:read",),
    "channel_shared": ("channels:read", "groups:read"),
    "channel_unarchive": ("channels:read",),
    "channel_unshared": ("channels:read", "groups:read"),
    "group_archive": ("groups:read",),
    "group_left": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "message.im": ("im:history",),
}
"""What the events need, by https://docs.slack.dev/reference/events."""
SLACKS_OWN_HOSTS = {"files.slack.com", "hooks.slack.com", "wss-primary.slack.com", "wss-backup.slack.com"}
"""Hosts that no code of ours names: Slack gives their addresses, for an upload, an answer and Socket Mode."""


class Registered(AsyncApp):
    """A real app that also notes what it is asked to listen to."""

    def __init__(self) -> None:
        super().__init__(token="xoxb-none", signing_secret="none")
        self.events: set[str] = set()
        self.commands: set[str] = set()
        self.shortcuts: set[str] = set()

    def event(self, event: Any, *args: Any, **options: Any) -> Any:
        if isinstance(event, str):  # a pattern answers what this version does not know
            self.events.add(event)
        return super().event(event, *args, **options)

    def command(self, command: Any, *args: Any, **options: Any) -> Any:
        if isinstance(command, str):
            self.commands.add(command)
        return super().command(command, *args, **options)

    def shortcut(self, constraints: Any, *args: Any, **options: Any) -> Any:
        if isinstance(constraints, str):
            self.shortcuts.add(constraints)
        return super().shortcut(constraints, *args, **options)


@pytest.fixture
def registered(tmp_path: Path) -> Registered:
    app = Registered()
    context = make_context(Settings(database_url=f"sqlite:///{tmp_path}/tokens.db"), SystemClock())
    register_all(app, context)
    return app


def methods_called() -> set[str]:
    """Every Web API method that the code names, as `client.views_open` or by `api_call("views.open")`."""
    found = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "api_call":
                assert isinstance(node.args[0], ast.Constant), f"{path.name}: a method that can't be told from the code"
                found.add(str(node.args[0].value))
            name = node.attr if isinstance(node, ast.Attribute) else ""
            if name != "api_call" and re.match(r"[a-z]+_", name) and hasattr(AsyncWebClient, name):
                found.add(name.replace("_", ".", 2 if name.startswith("apps_") else 1))
    return found


def texts_in_code() -> Iterator[tuple[str, str]]:
    """(file, text) of every text in the code that is no docstring."""
    for path in CODE:
        tree = ast.parse(path.read_text())
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield path.relative_to(ROOT).as_posix(), node.value


def first_column(heading: str) -> set[str]:
    """The code words in the first column of the table below a heading of the security review."""
    section = REVIEW.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|")), "a row without its reason"
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_the_code_calls_the_methods_whose_scopes_are_known() -> None:
    assert methods_called() == set(METHOD_SCOPES) | set(OPTIONAL_METHODS)


def test_the_manifest_asks_for_exactly_the_scopes_that_are_used() -> None:
    used = {scope for scopes in (*METHOD_SCOPES.values(), *EVENT_SCOPES.values()) for scope in scopes}

    assert used | {"commands"} == SCOPES


def test_the_doctor_knows_the_scopes_where_the_manifest_is_not_at_hand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert set(required_scopes()) == SCOPES

    monkeypatch.setattr("handlers.slack.installing.credentials._MANIFEST", tmp_path / "manifest.yml")

    assert set(required_scopes()) == SCOPES


def test_every_event_has_its_listener_and_every_listener_its_event(registered: Registered) -> None:
    assert registered.events == {event.partition(".")[0] for event in EVENTS}
    assert set(EVENT_SCOPES) == EVENTS


def test_the_command_is_the_one_that_is_listened_to(registered: Registered) -> None:
    declared = {command["command"] for command in MANIFEST["features"]["slash_commands"]}

    assert declared == registered.commands == {Settings.model_fields["command"].default}


def test_every_shortcut_has_its_listener_and_every_listener_its_shortcut(registered: Registered) -> None:
    declared = {shortcut["callback_id"] for shortcut in MANIFEST["features"]["shortcuts"]}

    assert declared == registered.shortcuts


def test_every_address_leads_to_the_one_route() -> None:
    settings = MANIFEST["settings"]
    addresses = {
        settings["event_subscriptions"]["request_url"],
        settings["interactivity"]["request_url"],
        *(command["url"] for command in MANIFEST["features"]["slash_commands"]),
    }

    assert addresses == {"https://example.com/slack/events"}


def test_an_app_of_socket_mode_names_no_address_and_is_the_same_otherwise() -> None:
    made = yaml.safe_load(for_socket_mode(MANIFEST_TEXT))

    assert "example.com" not in for_socket_mode(MANIFEST_TEXT).split("_metadata")[1]
    assert made["settings"].pop("socket_mode_enabled") is True
    assert made["oauth_config"] == MANIFEST["oauth_config"]
    assert set(made["settings"]["event_subscriptions"]["bot_events"]) == EVENTS
    assert made["settings"]["interactivity"] == {"is_enabled": True}
    assert [one["command"] for one in made["features"]["slash_commands"]] == ["/tokens"]


def test_an_app_of_an_address_names_it_everywhere() -> None:
    made = for_address(MANIFEST_TEXT, "https://tokens.acme.test/")

    assert made.count("https://tokens.acme.test/slack/events") == 3
    for wrong in ("http://tokens.acme.test", "tokens.acme.test", "https://", "https://a.test/?x=1"):
        with pytest.raises(ConfigError, match="is no address that Slack reaches"):
            for_address(MANIFEST_TEXT, wrong)


def test_home_and_direct_messages_are_on_and_people_may_write_there() -> None:
    home = MANIFEST["features"]["app_home"]

    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"], "without it Slack refuses direct messages: messages_tab_disabled"
    assert not home["messages_tab_read_only_enabled"], "a question in a direct message gets an answer"


def test_it_reads_only_messages_that_are_written_to_it() -> None:
    assert {scope for scope in SCOPES if "history" in scope or "mentions" in scope} == {
        "app_mentions:read",
        "im:history",
    }
    assert "chat:write.public" not in SCOPES
    assert {event for event in EVENTS if event.startswith(("message", "app_mention"))} == {"app_mention", "message.im"}
    reading = [path.name for path in CODE if re.search(r"conversations_(history|replies)\(", path.read_text())]
    assert reading == ["read_back.py"], "the bot looks for its own posts alone"
    assert {scope for scopes in OPTIONAL_METHODS.values() for scope in scopes} == first_column("Optional scopes")
    assert not SCOPES & first_column("Optional scopes")
    assert {"canvases:write"} == OFFERED, "nobody who installs the app is asked for other messages"
    assert "reads only what is written to it" in MANIFEST["display_information"]["long_description"]


def test_the_review_gives_a_reason_for_every_scope_and_for_no_other() -> None:
    assert first_column("Scopes") == SCOPES


def test_the_review_gives_a_reason_for_every_event_and_for_no_other() -> None:
    assert first_column("Events") == EVENTS


def test_the_review_names_every_host_that_the_code_calls() -> None:
    addresses = [text for _, text in texts_in_code() if re.match(r"https?://[a-z]", text)]
    hosts = {host for address in addresses if (host := urlsplit(address).hostname)}
    hosts = {host for host in hosts if not host.endswith(".test")}  # examples: nobody has such a host (RFC 6761)

    assert "slack.com" in hosts
    assert hosts | SLACKS_OWN_HOSTS == first_column("Hosts called")


def test_the_review_names_every_file_that_speaks_to_the_network() -> None:
    speaks = re.compile(
        r"^\s*(?:import|from) (?:aiohttp|httpx|requests|urllib\.request|urllib3|websockets|smtplib)\b", re.MULTILINE
    )
    clients = re.compile(r"AsyncWebClient\(")
    found = {
        path.relative_to(ROOT).as_posix()
        for path in CODE
        if speaks.search(path.read_text()) or clients.search(path.read_text())
    }
    section = REVIEW.split("\n## Hosts called\n")[1].split("\n## ")[0]

    assert found == set(re.findall(r"`((?:bot|handlers|storage)/[\w/]+\.py)`", section))
    assert not [path for path in CODE if "UpdatePrices" in path.read_text()], "prices are fetched from elsewhere"
