"""One build's processor time for reading and for booking bodies: `python inside.py DATABASE_URL KEY SOURCE PATH TYPE FILE`, by
path, so that any build can run it in its own folder.

The bodies are read and booked in this process, without sockets: the rest of a busy machine counts little. It prints a JSON line.
"""

import asyncio
import gc
import importlib
import json
import os
import pickle
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 256 * 1024
_READS = 5


def read_micros(source: str, content_type: str, bodies: Sequence[bytes], events: int) -> float:
    """The least of several runs of the parser alone, for an event."""
    parse = _parser(source, content_type)
    least = float("inf")
    for _ in range(_READS):
        gc.collect()
        began = time.process_time()
        found = sum(len(parse(body).events) for body in bodies)
        least = min(least, time.process_time() - began)
        assert found == events, (found, events)
    return least / events * 1e6


def _parser(source: str, content_type: str) -> Callable[[bytes], Any]:
    """The parser of a route, in this build or in an older one."""
    now = datetime.now(UTC)
    if source == "otlp":
        module = importlib.import_module("bot.sources.otlp")
        read = getattr(module, "read", None) or importlib.import_module("bot.sources.otlp.parser").read
        form = "json" if content_type == "application/json" else "protobuf"
        return lambda body: read(body, "traces", form, meters="auto", now=now)
    parse = importlib.import_module("bot.sources").SOURCES[source]
    return lambda body: parse(body, now=now)


class CalledRoutes:
    """The bot's routes, called without a socket."""

    def __init__(self, app: Any, path: str, headers: dict[str, str]) -> None:
        self._app = app
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def post(self, body: bytes) -> None:
        """Posts a body. AssertionError unless it is answered by 200."""
        parts = [body[at : at + _CHUNK_BYTES] for at in range(0, len(body), _CHUNK_BYTES)]
        messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        messages[-1]["more_body"] = False
        waiting, statuses = iter(messages), []

        async def receive() -> dict[str, Any]:
            found = next(waiting, None)
            if found is None:
                await asyncio.sleep(3600)
            assert found is not None
            return found

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        headers = [*self._headers, (b"content-length", str(len(body)).encode())]
        await self._app({**self._scope, "headers": headers}, receive, send)
        assert statuses == [200], statuses

    async def all(self, bodies: Sequence[bytes], connections: int) -> None:
        """Posts all bodies over so many connections at once."""
        left = list(reversed(bodies))

        async def one_connection() -> None:
            while left:
                await self.post(left.pop())

        await asyncio.gather(*(one_connection() for _ in range(connections)))


async def booked_micros(path: str, content_type: str, key: str, rounds: dict[str, Any]) -> float:
    """The processor time of the whole way to the books, for an event."""
    app_module = importlib.import_module("bot.app")
    make_context = importlib.import_module("handlers.context").make_context
    settings = importlib.import_module("bot.settings").Settings()
    clock = importlib.import_module("bot.clock").SystemClock()
    async with app_module.running(make_context(settings, clock), web=True, worker=False) as parts:
        routes = CalledRoutes(parts.web, path, {"Authorization": f"Bearer {key}", "Content-Type": content_type})
        await routes.all(rounds["before"], rounds["connections"])
        search = getattr(app_module, "search_garbage_rarely", None)
        if search is not None:
            search()
        began = time.process_time()
        await routes.all(rounds["counted"], rounds["connections"])
        return (time.process_time() - began) / int(rounds["events"]) * 1e6


def main() -> None:
    """Prints the figures of one build."""
    url, key, source, path, content_type, file = sys.argv[1:]
    os.environ["DATABASE_URL"] = url
    rounds = pickle.loads(Path(file).read_bytes())  # our own
    read = read_micros(source, content_type, rounds["counted"], rounds["events"])
    booked = asyncio.run(booked_micros(path, content_type, key, rounds))
    sys.stdout.write(json.dumps({"read": read, "booked": booked}) + "\n")


if __name__ == "__main__":
    main()
