"""A stand-in for a LiteLLM proxy with a database: `/spend/logs/v2` as LiteLLM 1.108 answers it, over lines of its own making.

It filters by the whole second, counts to ten thousand, and orders lines of the same moment anew for each page, as PostgreSQL may.
"""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

Line = dict[str, Any]
KEY = "sk-master"
COUNT_CAP = 10_000


class Proxy:
    """What the stand-in holds and what it was asked. After `fails_after` pages it answers 500, or always what it `says`."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.asked: list[dict[str, str]] = []
        self.fails_after: int | None = None
        self.says: tuple[int, str] | None = None
        self.url = ""

    def answer(self, asked: dict[str, str]) -> tuple[int, str]:
        self.asked.append(asked)
        if self.says is not None:
            return self.says
        if self.fails_after is not None and len(self.asked) > self.fails_after:
            return 500, "Internal Server Error"
        first, last = (_moment(asked[name]) for name in ("start_date", "end_date"))
        within = [line for line in self.lines if first <= _started(line["startTime"]) <= last]
        random.Random(len(self.asked)).shuffle(within)
        within.sort(key=lambda line: str(line["startTime"]))
        page, size = int(asked["page"]), int(asked["page_size"])
        total = min(len(within), COUNT_CAP)
        shown = within[(page - 1) * size : page * size]
        found = {"data": shown, "total": total, "page": page, "page_size": size, "total_pages": -(-total // size)}
        return 200, json.dumps(found | {"total_is_capped": len(within) > COUNT_CAP})


@cache  # every page reads all lines again
def _started(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


@contextmanager
def proxy(lines: list[Line]) -> Iterator[Proxy]:
    """Serves lines on loopback, in a thread of its own, so that a command in this one can read them."""
    held = Proxy(lines)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlparse(self.path).query).items()}
            if self.headers["Authorization"] != f"Bearer {KEY}":
                status, said = (
                    401,
                    json.dumps({"error": {"message": "Authentication Error, Invalid proxy server token"}}),
                )
            elif urlparse(self.path).path != "/spend/logs/v2":
                status, said = 404, '{"detail":"Not Found"}'
            else:
                status, said = held.answer(asked)
            body = said.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
