"""The demo as a newcomer meets it: `tokens demo` in a process of its own, and what one does on its page."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, expect

START_SECONDS = 120.0


@asynccontextmanager
async def demo(*options: str) -> AsyncIterator[str]:
    """Runs the demo on a free port and gives the page's address. RuntimeError with its output if it does not start."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--no-browser", "--port", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(START_SECONDS):
            while not (found := re.search(rb"http://127\.0\.0\.1:\d+", said)):
                line = await process.stdout.readline()
                if not line:
                    raise RuntimeError(f"the demo ended: {said.decode()}")
                said += line
        yield found.group().decode()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def go(page: Page, address: str, *, person: str, place: str, pane: str = "try") -> None:
    """Opens the page as a person at a place: a channel's id, or `home`."""
    await page.goto("about:blank")
    await page.goto(f"{address}/#as={person}&at={place}&pane={pane}")
    await expect(page.locator(f"[data-place={place}]").first).to_be_visible()


async def run_command(page: Page, text: str) -> None:
    """Types a command into the composer and sends it."""
    composer = page.locator("#compose")
    await composer.fill(text)
    await composer.press("Escape")
    await composer.press("Enter")
