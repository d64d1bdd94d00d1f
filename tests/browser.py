"""Finds a Chromium for the tests of the page, or installs one: `python -m tests.browser`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    try:
        sys.stdout.write(f"Browser: {chromium()}\n")
    except RuntimeError as missing:
        sys.exit(str(missing))
