"""Sends Slack's requests to the app: signed, with a limit of three seconds, and recorded in the traffic."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.workspace import Workspace

Json = dict[str, Any]
EVENTS_PATH = "/slack/events"
VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105 - the old token of Slack's payloads, which proves nothing


@dataclass(frozen=True, kw_only=True)
class AppReply:
    """The result of a request: a status and body, or an error's name."""

    status: int | None
    body: bytes = b""
    content_type: str = ""
    error: str | None = None  # operation_timeout, dispatch_failed or None

    def decoded(self) -> Any:
        """Returns the body as JSON, or as text if it is not JSON."""
        text = self.body.decode("utf-8", "replace")
        try:
            return json.loads(text) if text.strip() else None
        except ValueError:
            return text


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Returns Slack's v0 signature, by docs.slack.dev/authentication/verifying-requests-from-slack."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Dispatch:
    """The sender of requests to the app and to URLs of the page."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """Returns the one client session, created on first use."""
        if self._session is None or self._session.closed:
            # the app closes idle connections; one that it closes just now would lose a request
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(keepalive_timeout=1))
        return self._session

    async def close(self) -> None:
        """Closes the session."""
        if self._session is not None:
            await self._session.close()

    async def form(self, title: str, fields: Mapping[str, str]) -> AppReply:
        """Sends a form: a command, or an interaction in its `payload` field."""
        payload = fields.get("payload")
        shown = json.loads(payload) if payload else dict(fields)
        if self._workspace.settings.app_token:
            return await self._send_envelope(title, "interactive" if payload else "slash_commands", shown)
        return await self._send(title, urlencode(fields).encode(), "application/x-www-form-urlencoded", shown)

    async def event(self, event: Json) -> AppReply:
        """Sends an event in its envelope, and retries at once if the app rejects it, as Slack does."""
        title = str(event.get("type"))
        envelope = self._envelope(event)
        if self._workspace.settings.app_token:
            return await self._send_envelope(title, "events_api", envelope)
        body = json.dumps(envelope).encode()
        delivery = await self._send(title, body, "application/json", envelope)
        if delivery.error:
            reason = "http_timeout" if delivery.error == "operation_timeout" else "http_error"
            again = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": reason}
            delivery = await self._send(title, body, "application/json", envelope, again)
        return delivery

    def _envelope(self, event: Json) -> Json:
        settings = self._workspace.settings
        now = self._workspace.now()
        stamp = f"{now:.6f}"
        room = self._workspace.rooms.get(str(event.get("channel")))
        authorization = {
            "enterprise_id": None,
            "team_id": settings.team_id,
            "user_id": settings.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": settings.team_id,
            "context_team_id": settings.team_id,
            "api_app_id": settings.app_id,
            "event": {"event_ts": stamp, **event},
            "type": "event_callback",
            "event_id": "Ev" + hashlib.sha256(f"{stamp}{json.dumps(event)}".encode()).hexdigest()[:10].upper(),
            "event_time": int(now),
            "authorizations": [authorization],
            "is_ext_shared_channel": bool(room and room.is_ext_shared),
        }

    async def _send(
        self, title: str, body: bytes, kind: str, shown: Any, headers: Mapping[str, str] | None = None
    ) -> AppReply:
        timestamp = str(int(time.time()))  # the app compares it with its own clock, so the page's jumps don't count
        signed = {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (sandbox)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._workspace.settings.signing_secret, timestamp, body),
            **(headers or {}),
        }
        began = time.perf_counter()
        url = self._workspace.settings.bot_url.rstrip("/") + EVENTS_PATH
        delivery = await self._exchange(url, body, signed)
        self._note(("POST", EVENTS_PATH), title, delivery, shown, began=began)
        return delivery

    async def _send_envelope(self, title: str, kind: str, payload: Json) -> AppReply:
        """Sends a request over one of the app's WebSockets, and takes its acknowledgement as the answer."""
        began = time.perf_counter()
        try:
            seconds = self._workspace.patience_seconds
            answer = await self._workspace.sockets.send(kind, payload, seconds=seconds)
            body = json.dumps(answer).encode() if answer else b""
            delivery = AppReply(status=200, body=body, content_type="application/json" if answer else "")
        except TimeoutError:
            delivery = AppReply(status=None, error="operation_timeout")
        except ConnectionError:
            delivery = AppReply(status=None, error="dispatch_failed")
        self._note(("WS", kind), title, delivery, payload, began=began)
        return delivery

    def _note(self, way: tuple[str, str], title: str, delivery: AppReply, shown: Any, *, began: float) -> None:
        self._workspace.traffic.note(
            at=self._workspace.now(),
            direction="to_bot",
            method=way[0],
            path=way[1],
            title=title,
            status=delivery.status,
            seconds=time.perf_counter() - began,
            error=delivery.error,
            request=shown,
            response=delivery.decoded(),
        )

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> AppReply:
        try:
            async with asyncio.timeout(self._workspace.patience_seconds):
                async with self.session().post(url, data=body, headers=headers) as response:
                    content = await response.read()
        except TimeoutError:
            return AppReply(status=None, error="operation_timeout")
        except aiohttp.ClientError:
            return AppReply(status=None, error="dispatch_failed")
        error = None if 200 <= response.status < 300 else "dispatch_failed"
        return AppReply(status=response.status, body=content, content_type=response.content_type, error=error)
