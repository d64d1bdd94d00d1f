"""One WebSocket to Slack: how it is opened, and what comes over it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import WSMsgType
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from handlers.slack.away import is_slack_away
from handlers.slack.client import error_name

Json = dict[str, Any]
HELLO_SECONDS = 10.0
PING_SECONDS = 10.0
"""How often a connection is tried. One without an answer for half of this is given up."""
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_MAKE_ANOTHER = "Make an app-level token with connections:write on the app's page, Basic Information, and set it."
_SENTENCES = {
    "not_allowed_token_type": f"SLACK_APP_TOKEN is no app-level token, which begins with xapp-. {_MAKE_ANOTHER}",
    "missing_scope": f"SLACK_APP_TOKEN lacks the scope connections:write. {_MAKE_ANOTHER}",
    "too_many_websockets": "Slack allows ten connections of one app, and has them. Stop a process that is not needed.",
    "link_disabled": "Socket Mode is off. Turn it on at the app's page, Socket Mode.",
}
_REFUSED = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})


class NotConnected(Exception):
    """There is no connection, and the sentence says why and what to do."""

    def __init__(self, sentence: str, *, is_refused: bool = False) -> None:
        super().__init__(sentence)
        self.is_refused = is_refused
        """Whether Slack said no: trying again at once is no use."""


def refusal_sentence(fault: str) -> str:
    """Returns the sentence for an operator about Slack's refusal of a connection."""
    if fault in _REFUSED:
        return f"Slack refuses SLACK_APP_TOKEN: {fault}. {_MAKE_ANOTHER}"
    return _SENTENCES.get(fault) or f"Slack opens no connection: {fault}. Is Socket Mode on at the app's page?"


async def new_address(slack: AsyncWebClient, app_token: str) -> str:
    """Asks Slack for the address of one connection. Raises NotConnected with the reason."""
    try:
        answer = await slack.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        if is_slack_away(error):
            raise NotConnected(f"Slack does not answer: status {error.response.status_code}.") from error
        raise NotConnected(refusal_sentence(error_name(error)), is_refused=True) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise NotConnected(f"Slack does not answer: {error or 'no answer in time'}.") from error
    address = str(answer.get("url") or "")
    parts = urlsplit(address)
    if parts.scheme != "wss" and not (parts.scheme == "ws" and parts.hostname in _LOOPBACK):
        raise NotConnected("Slack names no encrypted address for Socket Mode, so none is used.", is_refused=True)
    return address


class Link:
    """One open connection. `is_last_call` is set once another has to take its place: Slack said so, or it is lost."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.is_last_call = asyncio.Event()
        self.fault = ""
        """Why Slack ends it, by its own word; empty if it is lost or still there."""

    @property
    def is_open(self) -> bool:
        return not self._socket.closed

    async def envelopes(self) -> AsyncIterator[Json]:
        """Yields Slack's requests until the connection ends."""
        try:
            async for message in self._socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                found = _decoded(message.data)
                if found.get("type") == "disconnect":
                    self.fault = str(found.get("reason") or "")
                    self.is_last_call.set()
                elif found.get("envelope_id"):
                    yield found
        finally:
            self.is_last_call.set()

    async def send(self, answer: Json) -> None:
        """Sends an acknowledgement. Raises ConnectionError if the connection is gone."""
        await self._socket.send_str(json.dumps(answer))

    async def close(self) -> None:
        await self._socket.close()


async def open_link(slack: AsyncWebClient, app_token: str) -> Link:
    """Opens a connection that Slack has greeted. Raises NotConnected with the reason."""
    address = await new_address(slack, app_token)
    session = slack.session
    assert session is not None
    socket = None
    greeting: Json = {}
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            socket = await session.ws_connect(
                address,
                heartbeat=PING_SECONDS,
                max_msg_size=MAX_MESSAGE_BYTES,
                proxy=slack.proxy,
                ssl=slack.ssl if slack.ssl is not None else True,
            )
            greeting = _decoded((await socket.receive()).data)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise NotConnected(f"The connection to Slack fails: {error or 'no answer in time'}.") from error
    finally:
        if socket is not None and greeting.get("type") != "hello":  # else Slack may greet it later, and send it clicks
            await socket.close()
    if socket is not None and greeting.get("type") == "hello":
        return Link(socket)
    fault = str(greeting.get("reason") or "")
    if not fault:
        raise NotConnected("Slack ended the connection before it began.")
    raise NotConnected(refusal_sentence(fault), is_refused=True)


def _decoded(text: object) -> Json:
    """Returns a message's object; an empty one for anything else."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
