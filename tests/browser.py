"""Finds a Chromium for the tests of the page, or installs one: `python -m tests.browser`. Opens pages in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect
from playwright.sync_api import sync_playwright

PATIENCE_MILLISECONDS = 45_000  # a machine may be slow and busy; what comes at once is not waited for
expect.set_options(timeout=PATIENCE_MILLISECONDS)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """The path of a Chromium. Raises RuntimeError, saying what to do, when there is none and none can be installed."""
    found = _installed() or _playwrights_own() or _from_packages() or _download()
    if found is None:
        raise RuntimeError(
            f"No browser found. Install one of {', '.join(NAMES)}, or run `playwright install chromium`."
        )
    return found


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """A browser without a page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def page_in(
    browser: Browser, address: str, *, scheme: str = "light", width: int = 1440, height: int = 900
) -> AsyncIterator[Page]:
    """A page with nothing kept of earlier ones; ends with an AssertionError if anything was said on its console."""
    faults: list[str] = []
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    await page.goto(address)
    yield page
    await context.close()
    assert faults == []


@asynccontextmanager
async def page_of(address: str, *, scheme: str = "light", width: int = 1440, height: int = 900) -> AsyncIterator[Page]:
    """The same in a browser of its own."""
    async with (
        running_browser() as browser,
        page_in(browser, address, scheme=scheme, width=width, height=height) as page,
    ):
        yield page


def _installed() -> str | None:
    wished = os.environ.get("CHROMIUM")
    return wished or next((path for name in NAMES if (path := shutil.which(name))), None)


def _from_packages() -> str | None:
    """With apt-get, where that is possible: as root on Debian and its kin."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", "chromium"]):
        subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)
    return _installed()


def _download() -> str | None:
    """Playwright's own build."""
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, stdout=subprocess.DEVNULL)
    return _playwrights_own()


def _playwrights_own() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    try:
        sys.stdout.write(f"Browser: {chromium()}\n")
    except RuntimeError as missing:
        sys.exit(str(missing))
