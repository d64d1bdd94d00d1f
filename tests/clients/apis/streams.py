"""Server-sent events of the stand-ins."""

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

Event = tuple[str, dict[str, Any]]
"""The name of an event, empty if the API sends none, and its data."""


async def send_events(
    request: web.Request, events: Iterable[Event], *, headers: dict[str, str] | None = None, ends: str = ""
) -> web.StreamResponse:
    """Streams the events one by one, then the text that ends the stream."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **(headers or {})})
    await response.prepare(request)
    for name, data in events:
        first = f"event: {name}\n" if name else ""
        await response.write(f"{first}data: {json.dumps(data)}\n\n".encode())
    if ends:
        await response.write(f"data: {ends}\n\n".encode())
    await response.write_eof()
    return response
