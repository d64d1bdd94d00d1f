"""The stand-in Slack of the drill: the sandbox behind a wrapper that fails on purpose and writes down what it took.

Each process of the bot has its own address, so that the wrapper knows who calls.
"""

import asyncio
import json
import random
import time
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.drill.records import Json, Post, Records

PREFIX = "/from/"
_STALL_SECONDS = (4.0, 9.0, 15.0, 30.0)
"""The bot waits 20 seconds for an answer: the shorter stalls are answered in time, the longest is not."""


class FailingSlack:
    """Wraps the sandbox. While `is_failing`, some calls get 429, 500 or no answer, and one channel stalls."""

    def __init__(self, sandbox: ASGIApp, records: Records, *, seed: int, rate: float) -> None:
        self._sandbox = sandbox
        self._records = records
        self._chance = random.Random(seed)
        self._rate = rate
        self.is_failing = False
        self.stalled_channel = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._sandbox(scope, receive, send)
            return
        path = str(scope["path"])
        process = ""
        if path.startswith(PREFIX):
            process, _, rest = path.removeprefix(PREFIX).partition("/")
            path = f"/{rest}"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        body = await _body(receive)
        called = _Exchange(self._sandbox, scope, receive, send, body)
        if path.startswith("/api/"):
            await self._call(called, process, path.removeprefix("/api/"), body)
        elif path.startswith("/response/"):
            await self._respond(called, path.removeprefix("/response/"), body)
        else:
            await called.run()

    async def _call(self, called: "_Exchange", process: str, method: str, body: bytes) -> None:
        args = _arguments(body)
        text = str(args.get("text") or "")
        self._records.note_words(body.decode("utf-8", "replace"), where=method)
        began = time.monotonic()
        if self.is_failing and method.startswith("chat.") and args.get("channel") == self.stalled_channel:
            self._records.faults["stalled"] += 1
            if not await called.waits(self._chance.choice(_STALL_SECONDS)):
                return  # the bot hung up, so Slack never took the call
        fault = self._fault()
        if fault in (429, 500, 503):
            await called.refuse(int(fault), retry_after=self._chance.randint(1, 3) if fault == 429 else 0)
            return
        is_dropped = fault == "dropped"
        taken = await called.run(drops=is_dropped)
        outbox_id = _outbox_id(args)
        if method == "chat.postMessage" and outbox_id and taken.get("ok"):
            post = Post(outbox_id=outbox_id, process=process, at=began, loss="dropped" if is_dropped else "")
            self._records.posts.append(post)
            self._records.note_words(text, where="a message")

    async def _respond(self, called: "_Exchange", response_id: str, body: bytes) -> None:
        payload = _arguments(body)
        text = str(payload.get("text") or "")
        self._records.answers.setdefault(response_id, []).append(text)
        self._records.note_words(body.decode("utf-8", "replace"), where="an answer")
        fault = self._fault(share=0.5)
        if fault in (429, 500, 503):
            await called.refuse(int(fault))
        else:
            await called.run(drops=fault == "dropped")

    def _fault(self, *, share: float = 1.0) -> int | str | None:
        """Returns the fault of the next call: a status, `dropped`, or None."""
        if not self.is_failing or self._chance.random() >= self._rate * share:
            return None
        fault = self._chance.choice((429, 500, 503, "dropped"))
        self._records.faults[str(fault)] += 1
        return fault


class _Exchange:
    """One call, whose body was read, and the ways to answer it."""

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        self._app, self._scope, self._receive, self._send, self._body = app, scope, receive, send, body

    async def run(self, *, drops: bool = False) -> Json:
        """Lets the sandbox answer and returns its JSON. `drops` breaks the connection after the call took effect."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        is_read = False

        async def again() -> Message:
            nonlocal is_read
            if is_read:
                return await self._receive()
            is_read = True
            return {"type": "http.request", "body": self._body, "more_body": False}

        await self._app(self._scope, again, keep)
        answer = b"".join(message.get("body", b"") for message in messages)
        if drops:
            headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        else:
            for message in messages:
                await self._send(message)
        return _arguments(answer)

    async def refuse(self, status: int, *, retry_after: int = 0) -> None:
        """Answers a status without taking the call."""
        headers = [(b"content-type", b"text/plain")]
        if retry_after:
            headers.append((b"retry-after", str(retry_after).encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": b"not now"})

    async def waits(self, seconds: float) -> bool:
        """Waits, and returns whether the caller is still there."""
        gone = asyncio.create_task(_hung_up(self._receive))
        done, _ = await asyncio.wait([gone], timeout=seconds)
        gone.cancel()
        return not done


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


def _arguments(body: bytes) -> Json:
    """Returns a call's arguments, from JSON or a form."""
    if body.startswith(b"{"):
        found: Any = json.loads(body)
        return found if isinstance(found, dict) else {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _outbox_id(args: Json) -> int:
    metadata = args.get("metadata")
    if isinstance(metadata, str):
        metadata = json.loads(metadata)
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return int(payload.get("outbox_id") or 0) if isinstance(payload, dict) else 0
