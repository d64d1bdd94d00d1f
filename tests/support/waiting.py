"""Waits for a condition in tests, never for a time."""

import asyncio
from collections.abc import Awaitable, Callable

DEADLINE_SECONDS = 120.0
"""When a test gives up: far beyond what a busy machine needs."""


async def until(condition: Callable[[], bool | Awaitable[bool]], *, what: str) -> None:
    """Waits until a condition holds. Raises AssertionError with `what` was expected if it never does."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DEADLINE_SECONDS
    while True:
        found = condition()
        if await found if isinstance(found, Awaitable) else found:
            return
        assert loop.time() < deadline, f"not within {DEADLINE_SECONDS:.0f} s: {what}"
        await asyncio.sleep(0.01)
