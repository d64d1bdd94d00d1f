"""The demo as a newcomer meets it: `tokens demo` in a process of its own, and its page in a real browser."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright, expect

from tests.browser import FLAGS, chromium

START_SECONDS = 60.0


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """Runs the demo on a free port and gives the page's address. RuntimeError with its output if it does not start."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--no-browser", "--port", "0"),
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


@asynccontextmanager
async def page_of(address: str, *, scheme: str = "light", width: int = 1440, height: int = 900) -> AsyncIterator[Page]:
    """The page in a browser; ends with an AssertionError if anything was said on its console."""
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(address)
        yield page
        await browser.close()
    assert faults == []


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
