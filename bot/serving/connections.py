"""Bounds connections: their number, the time and size of a request's head, and how long an unread body goes on.

A connection counts as unproved until its sender has shown a key or a signature. Beyond the most connections the oldest
unproved one is closed, so a crowd without keys takes no place from those who have one.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADERS, MAX_HEAD_BYTES, MAX_PIPELINED = 200, 64 * 1024, 8
LINGER_SECONDS = 5.0
"""How long the rest of a body is discarded after its answer."""
PROVED = "tokens.proved"
"""The extension of an ASGI scope that its application calls when a sender has shown a key or a signature."""


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """The most connections of a server, and how long one waits for a request's head."""

    most: int = 500
    head_seconds: float = 10.0


class _HeadError(Exception):
    """A request's head is too large, or too many requests wait. The parser turns it into 400."""


class OpenConnections:
    """The open connections of one server. Its `protocol` makes a connection for uvicorn."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._count = 0
        self._unproved: OrderedDict[BoundedConnection, None] = OrderedDict()

    def protocol(self, *args: Any, **options: Any) -> "BoundedConnection":
        return BoundedConnection(self, *args, **options)

    def add(self, connection: "BoundedConnection") -> None:
        """Counts a new connection, and closes the oldest unproved one if there are too many."""
        self._count += 1
        self._unproved[connection] = None
        if self._count > self.limits.most:
            oldest = next(iter(self._unproved))
            self.prove(oldest)  # it ends a moment later, and is not to be chosen twice
            oldest.transport.abort()

    def prove(self, connection: "BoundedConnection") -> None:
        self._unproved.pop(connection, None)

    def remove(self, connection: "BoundedConnection") -> None:
        self._count -= 1
        self._unproved.pop(connection, None)


class BoundedConnection(HttpToolsProtocol):
    """One connection within the limits."""

    def __init__(self, connections: OpenConnections, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._open = connections
        self._deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._is_whole = True  # nothing of a request is still to come

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._open.add(self)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._open.remove(self)
        self._stop_waiting()

    def data_received(self, data: bytes) -> None:
        if self._is_whole and self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        super().data_received(data)

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            raise _HeadError
        super().on_message_begin()
        self._head_bytes, self._is_whole = 0, False
        extensions: dict[str, Any] = {PROVED: self._prove}
        self.scope["extensions"] = extensions

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_whole = True

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self._is_whole and not self.transport.is_closing():
            self._stop_waiting()
            self._deadline = self.loop.call_later(LINGER_SECONDS, self._close_unread)

    def _prove(self) -> None:
        self._open.prove(self)

    def _count_head(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > MAX_HEAD_BYTES or len(self.headers) >= MAX_HEADERS:
            raise _HeadError

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self._open.limits.head_seconds, self._close_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close_slow(self) -> None:
        """Closes a connection whose request does not come on."""
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def _close_unread(self) -> None:
        """Closes a connection whose request was answered, and whose body still comes."""
        self._deadline = None
        if not self._is_whole:
            self.transport.close()
