"""Reads request bodies within bounds, compressed or not: refuses large ones and bombs, and memory stays flat."""

import zlib
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.types import Message

_DRAIN_BYTES = 512 * 1024 * 1024
_RATIO = 200
_RATIO_FREE_BYTES = 1024 * 1024
_STEP_BYTES = 256 * 1024


class BodyError(Exception):
    """The body is refused. `status` is the answer's, the text says what to do."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class InFlight:
    """The bytes of bodies being read or booked. Beyond the cap, senders are asked to retry."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._bytes = 0

    def take(self, count: int) -> None:
        if self._bytes + count > self._cap:
            raise BodyError(503, "Too much is being taken in at once. Send it again in a second.")
        self._bytes += count

    def give_back(self, count: int) -> None:
        self._bytes -= count


class _Gunzip:
    """Decompresses piece by piece, and stops at the cap or at a ratio beyond any real text."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._inflate = zlib.decompressobj(wbits=31)
        self._taken = 0
        self.size = 0

    def feed(self, piece: bytes) -> bytes:
        self._taken += len(piece)
        out = bytearray()
        while True:
            room = min(self._cap - self.size - len(out) + 1, _STEP_BYTES)  # in steps, so that a bomb is detected early
            try:
                unfolded = self._inflate.decompress(piece, room)
            except zlib.error as error:
                raise BodyError(400, "The body is not gzip, as Content-Encoding says it is.") from error
            out += unfolded
            so_far = self.size + len(out)
            if so_far > self._cap or (so_far > _RATIO_FREE_BYTES and so_far > self._taken * _RATIO):
                raise BodyError(413, _too_large(self._cap))
            if self._inflate.eof and self._inflate.unused_data:
                piece, self._inflate = self._inflate.unused_data, zlib.decompressobj(wbits=31)
                continue
            piece = self._inflate.unconsumed_tail
            if not piece and len(unfolded) < room:
                break
        self.size += len(out)
        return bytes(out)

    @property
    def is_whole(self) -> bool:
        return self._inflate.eof


def _too_large(cap: int) -> str:
    return f"The body is over {cap // (1024 * 1024)} MiB decompressed. Send it in smaller batches."


async def drain(rest: AsyncIterator[bytes]) -> None:
    """Reads and discards the rest of a body, up to a limit, so that the sender gets to read the answer."""
    read = 0
    async for piece in rest:
        read += len(piece)
        if read > _DRAIN_BYTES:
            return


async def read_body(request: Request, *, cap: int, in_flight: InFlight) -> bytes:
    """Returns the decompressed body; the caller gives its length back to `in_flight` when done. Raises BodyError."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise BodyError(415, "Content-Encoding must be gzip or none.")
    gunzip = _Gunzip(cap) if encoding == "gzip" else None
    pieces: list[bytes] = []
    size = 0
    stream = request.stream()
    try:
        async for piece in stream:
            readable = gunzip.feed(piece) if gunzip else piece
            if size + len(readable) > cap:
                raise BodyError(413, _too_large(cap))
            in_flight.take(len(readable))
            size += len(readable)
            pieces.append(readable)
        if gunzip and not gunzip.is_whole:
            raise BodyError(400, "The gzip body ends too early.")
    except BodyError:
        in_flight.give_back(size)
        pieces.clear()
        await drain(stream)
        raise
    except BaseException:
        in_flight.give_back(size)
        raise
    return b"".join(pieces)


def with_body(request: Request, body: bytes) -> Request:
    """Returns the request with a body that was read before, so that it can be read again."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)
