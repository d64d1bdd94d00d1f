"""`tokens manifest`: the Slack app's manifest, for Socket Mode or for an address, ready to paste."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from bot.refusals import ConfigError
from handlers.cli import run

MANIFEST = Path(__file__).parents[3] / "manifest.yml"
_EXAMPLE = re.compile(r"(?:https)://example\.com")
_ADDRESS_LINE = re.compile(r"^ *(?:request_)?url: https://example\.com/\S*\n", re.MULTILINE)


def for_socket_mode(manifest: str) -> str:
    """Returns the manifest of an app that needs no address: Slack's requests come over a WebSocket."""
    return _ADDRESS_LINE.sub("", manifest).replace("socket_mode_enabled: false", "socket_mode_enabled: true")


def for_address(manifest: str, url: str) -> str:
    """Returns the manifest of an app that Slack reaches at an address. Raises ConfigError for one that it can't reach."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"--url: {url!r} is no address that Slack reaches; write it like https://tokens.example.com")
    return _EXAMPLE.sub(url.rstrip("/"), manifest)


def manifest_command(
    socket_mode: Annotated[bool, typer.Option("--socket", help="For Socket Mode: no address is needed.")] = False,
    url: Annotated[
        str | None, typer.Option("--url", help="The address at which Slack reaches the web process.")
    ] = None,
) -> None:
    """Prints the Slack app's manifest, to paste at api.slack.com/apps."""

    async def work() -> None:
        if socket_mode == (url is not None):
            raise ConfigError("Choose one: --socket, or --url https://tokens.example.com")
        if not MANIFEST.exists():
            raise ConfigError("manifest.yml is not here: run this in a clone of Tokens.")
        text = MANIFEST.read_text(encoding="utf-8")
        typer.echo(for_socket_mode(text) if url is None else for_address(text, url), nl=False)

    run(work())
