"""Reads request bodies within bounds of size, time and pace, compressed or not, and without holding the event loop."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from handlers.intake.routes.rooms import MEBIBYTE, BodyError, Place

_DRAIN_BYTES = 512 * MEBIBYTE
_PAUSE_SECONDS = 0.5
_RATIO = 200
_RATIO_FREE_BYTES = MEBIBYTE
_STEP_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a body has to come: some bytes every `stall_seconds`, all within `body_seconds`, and after a third of these
    at least 32 KiB a second.
    """

    stall_seconds: float
    body_seconds: float
    MIN_BYTES_PER_SECOND = 32 * 1024

    def ends_at(self, began: float, now: float, received: int) -> float:
        """Returns when a body is given up if nothing more of it comes."""
        at_pace = began + self.body_seconds / 3 + received / self.MIN_BYTES_PER_SECOND
        return min(now + self.stall_seconds, began + self.body_seconds, at_pace)


class _Gunzip:
    """Decompresses piece by piece, and stops at the cap or at a ratio beyond any real text."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._inflate = zlib.decompressobj(wbits=31)
        self._taken = 0
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        self._taken += len(piece)
        while True:
            room = min(self._cap - self._size + 1, _STEP_BYTES)  # in steps, so that a bomb is detected early
            try:
                unfolded = self._inflate.decompress(piece, room)
            except zlib.error as error:
                raise BodyError(400, "The body is not gzip, as Content-Encoding says it is.") from error
            self._size += len(unfolded)
            if self._size > self._cap:
                raise BodyError(413, _too_large(self._cap))
            if self._size > _RATIO_FREE_BYTES and self._size > self._taken * _RATIO:
                raise BodyError(413, _TOO_DENSE)
            yield unfolded
            if self._inflate.eof and self._inflate.unused_data:
                piece, self._inflate = self._inflate.unused_data, zlib.decompressobj(wbits=31)
                continue
            piece = self._inflate.unconsumed_tail
            if not piece and len(unfolded) < room:
                break

    @property
    def is_whole(self) -> bool:
        return self._inflate.eof


_TOO_DENSE = f"The gzip body unfolds to more than {_RATIO} times its size. Send it without gzip, or in smaller batches."


def _too_large(cap: int) -> str:
    return f"The body is over {cap // MEBIBYTE} MiB decompressed. Send it in smaller batches."


class UnreadAnswer(Response):
    """Answers a request whose body was not read to its end, and closes the connection.

    The answer goes out first. Then what still comes is discarded for some seconds, because a sender that writes its whole
    body before it reads would see a broken connection instead of the answer.
    """

    def __init__(self, answer: Response, *, linger_seconds: float) -> None:
        super().__init__(answer.body, answer.status_code, {**dict(answer.headers), "Connection": "close"})
        self._linger_seconds = linger_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(self._linger_seconds):
                await _discard(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _discard(receive: Receive) -> None:
    read = 0
    while read < _DRAIN_BYTES:
        async with asyncio.timeout(_PAUSE_SECONDS):
            message = await receive()
        read += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def has_unread_body(request: Request) -> bool:
    """Returns True if a request has a body that `read_body` did not read to its end."""
    announced = request.headers.get("content-length", "0").strip("0") or "transfer-encoding" in request.headers
    return bool(announced) and not getattr(request.state, "body_is_read", False)


async def read_body(request: Request, *, cap: int, place: Place, pace: Pace) -> bytes:
    """Returns the decompressed body, whose bytes `place` keeps. Raises BodyError, with 408 if it doesn't come on."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise BodyError(415, "Content-Encoding must be gzip or none.")
    gunzip = _Gunzip(cap) if encoding == "gzip" else None
    loop = asyncio.get_running_loop()
    began = loop.time()
    received, size = 0, 0
    buffer = BytesIO()
    try:
        async with asyncio.timeout_at(pace.ends_at(began, began, 0)) as limit:
            place.give_up = lambda: None if limit.expired() else limit.reschedule(loop.time())
            async for piece in request.stream():
                received += len(piece)
                async for readable in _unfolded(gunzip, piece):
                    size += len(readable)
                    if size > cap:
                        raise BodyError(413, _too_large(cap))
                    place.take(len(readable))
                    buffer.write(readable)
                limit.reschedule(pace.ends_at(began, loop.time(), received))
    except TimeoutError as error:
        raise BodyError(408, "The body did not come on, or too slowly. Send it again at once.") from error
    finally:
        place.give_up = None
        place.arrived()
    request.state.body_is_read = True
    if gunzip and not gunzip.is_whole:
        raise BodyError(400, "The gzip body ends too early.")
    return buffer.getvalue()


async def _unfolded(gunzip: _Gunzip | None, piece: bytes) -> AsyncIterator[bytes]:
    """Yields a piece, or what it unfolds to, with a turn of the event loop between steps."""
    if gunzip is None:
        yield piece
        return
    for at, readable in enumerate(gunzip.feed(piece)):
        if at:
            await asyncio.sleep(0)
        yield readable


def with_body(request: Request, body: bytes) -> Request:
    """Returns the request with a body that was read before, so that it can be read again."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)
