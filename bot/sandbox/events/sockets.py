"""Socket Mode: an app's WebSockets, the envelopes that go out over them, and their acknowledgements."""

import asyncio
import itertools
import json
import secrets
import socket
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.errors import SlackError

Json = dict[str, Any]
MOST_CONNECTIONS = 10
CONNECTION_SECONDS = 18_060
"""How long Slack says that a connection lasts."""


def _new_future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False)
class Connection:
    """One open WebSocket; `lost` is done once it has ended."""

    link: web.WebSocketResponse
    transport: asyncio.Transport | None
    lost: "asyncio.Future[None]" = field(default_factory=_new_future)


class Sockets:
    """The open connections of the app. Each envelope goes to one of them, and again to another if that one is lost.

    Slack does not document whether it sends a click again. The sandbox does, with the same payload, as the worst case.
    """

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id
        self._runner: web.AppRunner | None = None
        self._address = ""
        self._tickets: set[str] = set()
        self._open: list[Connection] = []
        self._came = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._turns = itertools.count()
        self.opened = 0
        """The number of connections that there were."""
        self.is_silent = False  # pings stay without an answer
        self.sends_twice = False  # each envelope goes to every connection, or twice to the only one

    @property
    def count(self) -> int:
        return len(self._open)

    async def start(self) -> None:
        """Listens on a free port of this machine."""
        app = web.Application()
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.bind(("127.0.0.1", 0))
        await web.SockSite(self._runner, bound).start()
        self._address = f"ws://127.0.0.1:{bound.getsockname()[1]}/link"

    async def close(self) -> None:
        """Closes every connection and the port."""
        for connection in list(self._open):
            await connection.link.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def new_url(self) -> str:
        """Returns an address that opens one connection. Raises SlackError if Socket Mode is off."""
        if not self._address:
            raise SlackError("internal_error")
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return f"{self._address}?ticket={ticket}&app_id={self._app_id}"

    async def _link(self, request: web.Request) -> web.StreamResponse:
        """Serves one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="unknown ticket")
        self._tickets.discard(ticket)
        link = web.WebSocketResponse(autoping=False)
        await link.prepare(request)
        if len(self._open) >= MOST_CONNECTIONS:
            await link.send_json(_disconnect("too_many_websockets"))
            await link.close()
            return link
        connection = Connection(link, request.transport)
        self.opened += 1
        self._open.append(connection)
        debug = {"host": "sandbox", "started": "", "build_number": 1, "approximate_connection_time": CONNECTION_SECONDS}
        hello = {"num_connections": len(self._open), "connection_info": {"app_id": self._app_id}, "debug_info": debug}
        try:
            await link.send_json({"type": "hello", **hello})
            self._came.set()
            async for message in link:
                if message.type is WSMsgType.PING and not self.is_silent:
                    await link.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            self._forget(connection)
        return link

    def _forget(self, connection: Connection) -> None:
        if connection in self._open:
            self._open.remove(connection)
        if not connection.lost.done():
            connection.lost.set_result(None)
        if not self._open:
            self._came.clear()

    def _take(self, text: str) -> None:
        """Takes an acknowledgement, over whatever connection it comes."""
        try:
            answer = json.loads(text)
        except ValueError:
            return
        waiting = self._answers.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload") or {})

    async def send(self, kind: str, payload: Json, *, seconds: float) -> Json:
        """Sends an envelope and returns the payload of its acknowledgement. A lost connection before that sends it again.

        Raises ConnectionError if the app has no connection, and TimeoutError if it does not answer in time.
        """
        if not self._open:
            raise ConnectionError
        envelope_id = secrets.token_hex(16)
        answer = self._answers[envelope_id] = _new_future()
        envelope: Json = {"envelope_id": envelope_id, "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        try:
            async with asyncio.timeout(seconds):
                for attempt in itertools.count():
                    await self._came.wait()
                    again = {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
                    connection = self._open[next(self._turns) % len(self._open)]
                    await self._deliver(connection, {**envelope, **(again if kind == "events_api" or attempt else {})})
                    await asyncio.wait({answer, connection.lost}, return_when=asyncio.FIRST_COMPLETED)
                    if answer.done():
                        break
            given: Json = answer.result()
            return given
        finally:
            self._answers.pop(envelope_id, None)

    async def _deliver(self, connection: Connection, envelope: Json) -> None:
        to = [connection]
        if self.sends_twice:
            to = list(self._open) if len(self._open) > 1 else [connection, connection]
        for one in to:
            try:
                await one.link.send_json(envelope)
            except ConnectionError:
                self._forget(one)

    async def ask_to_reconnect(self, reason: str) -> None:
        """Says on every connection that it ends soon: `warning`, `refresh_requested` or `link_disabled`."""
        for connection in list(self._open):
            await connection.link.send_json(_disconnect(reason))

    def cut(self) -> None:
        """Breaks every connection without a word, as a network that fails."""
        for connection in list(self._open):
            self._forget(connection)
            if connection.transport is not None:
                connection.transport.abort()

    async def connected(self, *, seconds: float = 30.0) -> None:
        """Waits until the app has a connection. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._came.wait()


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
