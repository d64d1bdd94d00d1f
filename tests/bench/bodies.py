"""Bodies that cost most to read, up to 32 MiB unfolded, and the process that sends one kind of them over and over.

`python -m tests.bench.bodies KIND URL KEY SENDERS SECONDS` prints how many were answered, by status.
"""

import asyncio
import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import aiohttp

MEBIBYTE = 1024 * 1024
LARGEST = 32 * MEBIBYTE
ROWS = 100_000
"""As many rows as may wait, so as many as are read of one body."""


class BodyKind(NamedTuple):
    """A kind of body: where it goes, the source of its key, and how one is made. `number` makes each one new."""

    path: str
    source: str
    made: Callable[[int], bytes]
    content_type: str = "application/json"
    is_packed: bool = False


def _filled(row: bytes, size: int = LARGEST) -> bytes:
    return b"[" + b",".join([row] * ((size - 2) // (len(row) + 1))) + b"]"


def _rows(row: bytes, count: int = ROWS) -> bytes:
    return b"[" + b",".join([row] * count) + b"]"


def _native(number: int, *, distinct: bool = False) -> bytes:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    filler = "x" * 120
    rows = [
        {
            "id": f"{number}-{n}",
            "source": "/bench",
            "time": now,
            "data": {
                "model": f"m-{n}" if distinct else "claude-opus-4-5",
                "output_tokens": n,
                "user_agent": filler,
                **({"credential": f"key-{n}"} if distinct else {}),
            },
        }
        for n in range(ROWS)
    ]
    return json.dumps(rows, separators=(",", ":")).encode()


def _litellm(number: int) -> bytes:
    now = time.time()
    text = "a prompt of some length, " * 460
    call = {"model": "gpt-5", "status": "success", "startTime": now - 1, "endTime": now, "prompt_tokens": 9}
    more = {"completion_tokens": 3, "call_type": "acompletion", "response": {"text": text}}
    return json.dumps([call | more | {"id": f"{number}-{n}"} for n in range(2_600)]).encode()


def _nested(_number: int) -> bytes:
    return b"[" * (LARGEST // 2) + b"]" * (LARGEST // 2)


def _tags(_number: int) -> bytes:
    return b'{"id":"1","data":{"tags":[' + b'"",' * (LARGEST // 3 - 20) + b'""]}}'


KINDS: dict[str, BodyKind] = {
    "empty rows, gzip of 33 KB": BodyKind(
        "/v1/usage", "cloudevents", lambda _: gzip.compress(_filled(b"{}", 6 * MEBIBYTE), 9), is_packed=True
    ),
    "as many empty rows as are read": BodyKind("/v1/usage", "cloudevents", lambda _: _rows(b"{}")),
    "as many numbers for rows": BodyKind("/v1/usage/litellm", "litellm", lambda _: _rows(b"1")),
    "nested brackets": BodyKind("/v1/usage", "cloudevents", _nested),
    "one row with millions of tags": BodyKind("/v1/usage", "cloudevents", _tags),
    "new native events": BodyKind("/v1/usage", "cloudevents", _native),
    "new native events, all of other models and keys": BodyKind(
        "/v1/usage", "cloudevents", lambda number: _native(number, distinct=True)
    ),
    "LiteLLM's calls of 12 KB": BodyKind("/v1/usage/litellm", "litellm", _litellm),
    "empty spans in protobuf": BodyKind(
        "/v1/usage/otlp/v1/traces",
        "otlp",
        lambda _: b"\x0a\x80\x80\x80\x08" + b"\x12\x00" * (8 * MEBIBYTE),
        "application/x-protobuf",
    ),
    "empty spans in JSON": BodyKind(
        "/v1/usage/otlp/v1/traces",
        "otlp",
        lambda _: b'{"resourceSpans":[{"scopeSpans":[{"spans":' + _rows(b"{}") + b"}]}]}",
    ),
    "lines of nothing": BodyKind("/v1/usage/litellm", "litellm", lambda _: b"{}\n" * (LARGEST // 3)),
}


async def send(kind: BodyKind, url: str, key: str, *, senders: int, seconds: float) -> Counter[int]:
    """Sends bodies over so many connections at once, each a new one, for so many seconds."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind.content_type}
    if kind.is_packed:
        headers["Content-Encoding"] = "gzip"
    statuses: Counter[int] = Counter()
    made = [kind.made(int(time.time() * 1_000) + sender) for sender in range(senders)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    ends = time.monotonic() + seconds

    async def one(session: aiohttp.ClientSession, body: bytes) -> None:
        while time.monotonic() < ends:
            async with session.post(url + kind.path, data=body) as answer:
                await answer.read()
                statuses[answer.status] += 1
            if answer.status == 503:
                await asyncio.sleep(0.2)

    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=120)) as session:
        await asyncio.gather(*(one(session, body) for body in made), return_exceptions=True)
    return statuses


def main() -> None:
    """Sends one kind of body and prints the statuses of the answers."""
    name, url, key, senders, seconds = sys.argv[1:6]
    statuses = asyncio.run(send(KINDS[name], url, key, senders=int(senders), seconds=float(seconds)))
    sys.stdout.write(json.dumps(statuses) + "\n")


if __name__ == "__main__":
    main()
