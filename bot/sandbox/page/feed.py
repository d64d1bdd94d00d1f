"""Server-sent events for the page, each with its audience."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

BEAT_SECONDS = 15


class Feed:
    """Subscribers and a version that grows with every event and is its id, so that a page can order events."""

    def __init__(self) -> None:
        self.version = 0
        self._listeners: list[tuple[str, asyncio.Queue[str | None]]] = []

    def tell(self, event: str, data: Any, *, to: set[str] | None = None) -> None:
        """Sends an event to all pages, or to some people's pages."""
        self.version += 1
        frame = f"id: {self.version}\nevent: {event}\ndata: {json.dumps(data)}\n\n"
        for member, queue in self._listeners:
            if to is None or member in to:
                queue.put_nowait(frame)

    def pages(self) -> set[str]:
        """Returns the people with an open page."""
        return {member for member, _ in self._listeners}

    def close(self) -> None:
        """Ends every stream, so that the server can stop."""
        for _, queue in self._listeners:
            queue.put_nowait(None)

    async def listen(self, member: str) -> AsyncIterator[str]:
        """Yields the frames for one page, with a comment now and then to keep the connection open."""
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        listener = (member, queue)
        self._listeners.append(listener)
        try:
            yield f"retry: 1000\nevent: hello\ndata: {json.dumps({'version': self.version})}\n\n"
            while True:
                try:
                    frame = await asyncio.wait_for(queue.get(), BEAT_SECONDS)
                except TimeoutError:
                    frame = ": still here\n\n"
                if frame is None:
                    return
                yield frame
        finally:
            self._listeners.remove(listener)
