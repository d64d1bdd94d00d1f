"""Checks of Slack's credentials: which are set, of which kind they are, and whether Slack takes them."""

import asyncio
from pathlib import Path

import aiohttp
import yaml

from bot.settings import Settings
from handlers.context import Context
from handlers.slack.socket_mode.connections import SOCKET_GAUGE
from handlers.slack.socket_mode.links import NotConnected, new_address

Finding = tuple[bool, str]
_MANIFEST = Path(__file__).parents[3] / "manifest.yml"
_SCOPES = (
    *("commands", "chat:write", "users:read", "users:read.email", "channels:read", "groups:read", "files:write"),
    *("app_mentions:read", "im:history"),
)
_CANVASES = "canvases:write"
"""Nothing but the canvases of channels needs it."""
_LOOK_SECONDS = 3.0


def required_scopes() -> tuple[str, ...]:
    """Returns the manifest's scopes; a fixed list if the file is missing, as in an installed wheel."""
    if not _MANIFEST.exists():
        return _SCOPES
    manifest = yaml.safe_load(_MANIFEST.read_text())
    return tuple(manifest["oauth_config"]["scopes"]["bot"])


def check_credentials(settings: Settings) -> list[Finding]:
    """Returns which credentials are set, for HTTP or Socket Mode, and faults of their kinds."""
    bot, secret, app = settings.slack_bot_token, settings.slack_signing_secret, settings.slack_app_token
    findings = [_kind(bot, "SLACK_BOT_TOKEN", "xoxb-", without="messages wait, and Slack gets no answers")]
    if app:
        findings.append(_kind(app, "SLACK_APP_TOKEN", "xapp-", without=""))
        findings.append((True, "Socket Mode is on: Slack needs no address to reach"))
        if not secret:
            findings.append((True, "SLACK_SIGNING_SECRET is not set: POST /slack/events answers 401"))
    elif secret:
        findings.append((True, "SLACK_SIGNING_SECRET is set: Slack reaches POST /slack/events over HTTP"))
    else:
        findings.append(
            (False, "set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP: Slack gets 401 until then")
        )
    return findings


def _kind(token: str, name: str, begins: str, *, without: str) -> Finding:
    if not token:
        return False, f"{name} is not set: {without}"
    if not token.startswith(begins):
        return False, f"{name} begins with {token[:5]!r}, not with {begins}: it is another token of the app"
    return True, f"{name} is set"


def check_scopes(granted_header: str) -> list[Finding]:
    """Returns the manifest's scopes that the app lacks, by Slack's header; nothing if Slack sends none."""
    granted = {scope.strip() for scope in granted_header.split(",") if scope.strip()}
    if not granted:
        return []
    missing = [scope for scope in required_scopes() if scope not in granted]
    if missing:
        how = "Paste manifest.yml again at the app's page, App Manifest, and reinstall the app."
        return [(False, f"scopes are missing: {', '.join(missing)}. {how}")]
    findings = [(True, "every scope of the manifest is granted")]
    if _CANVASES not in granted:
        findings.append((True, f"{_CANVASES}, an optional scope, is not granted: channels get no canvas"))
    return findings


async def check_socket(context: Context) -> list[Finding]:
    """Asks Slack whether it takes the app-level token, and the process on this machine whether it is connected."""
    assert context.slack is not None
    try:
        await new_address(context.slack, context.settings.slack_app_token)
    except NotConnected as error:
        return [(False, f"Socket Mode: {error}")]
    taken = (True, "Socket Mode: Slack takes SLACK_APP_TOKEN")
    here = f"http://{context.settings.host}:{context.settings.port}"
    found = await _gauge(here)
    if found is None:
        return [taken, (True, f"Socket Mode: no process answers at {here}, so its connection was not checked")]
    if found == "1.0":
        return [taken, (True, "Socket Mode: connected")]
    return [taken, (False, f"Socket Mode: the process at {here} is not connected; its log says why")]


async def _gauge(address: str) -> str | None:
    """Returns what a running process says of its connection; None if there is none, or it holds none."""
    try:
        async with (
            asyncio.timeout(_LOOK_SECONDS),
            aiohttp.ClientSession() as session,
            session.get(f"{address}/metrics") as answer,
        ):
            lines = (await answer.text()).splitlines()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
    return next((line.split()[1] for line in lines if line.startswith(f"{SOCKET_GAUGE} ")), None)
