"""Remakes the pictures in docs/screenshots from a running demo: `make screenshots`."""

import asyncio
import io
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.async_api import Page, expect
from rich.console import Console

from bot.charts.render import render
from tests.bot.charts.examples import FAMILY
from tests.browser import page_of
from tests.support.company import APP_TOKEN, company
from tests.support.demo_page import demo, go, run_command

SHEET = (
    "two weeks against a plan by weekday", "plan by weekday", "teams", "mix", "spike", "request beside holds",
)  # fmt: skip
_GAP = 24
FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"


async def take(page: Page, name: str, *, scroll_to: str | None = None) -> None:
    """One picture of the page as it is, once its images are there."""
    if scroll_to:
        await page.get_by_text(scroll_to).last.scroll_into_view_if_needed()
    await page.wait_for_function("[...document.images].every(image => image.complete)")
    await page.wait_for_timeout(600)
    await page.screenshot(path=FOLDER / f"{name}.png")


async def tour(address: str) -> None:
    """The things to see: digest, alert, `/tokens`, a request, its approval, a transfer, a statement; and Home."""
    async with page_of(address) as page:
        messages = page.locator("main")
        await go(page, address, person="UBEN", place="CSEARCH")
        await expect(messages).to_contain_text("spent $")
        await page.wait_for_timeout(2_000)
        await take(page, "digest", scroll_to="last week, up")

        await go(page, address, person="UBEN", place="CDATAPLATFORM")
        await expect(messages).to_contain_text("severity")
        await take(page, "alert")
        await page.get_by_role("button", name="I'm on it").last.click()
        await expect(messages).to_contain_text("is on it")
        await take(page, "alert-acknowledged")

        await go(page, address, person="UANNA", place="CSEARCH", pane="terminal")
        await page.get_by_role("button", name="Anna asks the model").first.click()
        await expect(page.locator(".shell-line.deny").first).to_be_visible()
        await run_command(page, "/tokens")
        await expect(messages).to_contain_text("Only visible to you")
        await take(page, "tokens")

        await run_command(page, "/tokens request 400 Evals of the release candidate")
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("Request AI budget")
        await take(page, "request")
        await dialog.get_by_role("button", name="Send").click()
        await expect(messages).to_contain_text("asks for $400.00 for Search")

        await go(page, address, person="UBEN", place="CSEARCH", pane="terminal")
        card = page.locator("article, .message", has_text="asks for $400.00").last
        await take(page, "request-card", scroll_to="asks for $400.00")
        await card.locator("[data-action=approve_other_amount]").click()
        await expect(dialog).to_contain_text("Amount in US dollars")
        await take(page, "request-other-amount")
        await dialog.get_by_role("button", name="Cancel").click()
        await expect(dialog).to_be_hidden()
        await card.get_by_role("button", name="Approve $400.00 for Search", exact=True).click()
        await expect(messages).to_contain_text("Approved by @Ben Ruiz: $400.00")
        await page.get_by_role("button", name="Anna asks the model").first.click()
        await expect(page.locator(".shell-line.allow, .shell-line.warn").first).to_be_visible()
        await take(page, "approval")

        await go(page, address, person="UBEN", place="CSEARCH")
        await take(page, "transfer", scroll_to="wants to move $150.00 from Mobile to Search")

        last_month = datetime.now(ZoneInfo("Europe/London")).replace(day=1) - timedelta(days=1)
        await go(page, address, person="UCHLOE", place="CSEARCH")
        await run_command(page, f"/tokens statement search {last_month:%Y-%m}")
        await expect(messages).to_contain_text("Statement of Search")
        await take(page, "statement", scroll_to="Statement of Search")

        await go(page, address, person="UCHLOE", place="home")
        await expect(messages).to_contain_text("Company")
        await take(page, "home")
    async with page_of(address, scheme="dark") as page:
        await go(page, address, person="UBEN", place="CSEARCH")
        await page.wait_for_timeout(2_000)
        await take(page, "digest-dark", scroll_to="last week, up")


def contact_sheet() -> None:
    """Every picture of the family on Slack's light and dark ground, as `charts-light.png` and `charts-dark.png`."""
    pictures = [Image.open(io.BytesIO(render(FAMILY[name]))) for name in SHEET]
    columns = [pictures[::2], pictures[1::2]]
    height = max(sum(one.height + _GAP for one in column) for column in columns) + _GAP
    for scheme, ground in (("light", "#FFFFFF"), ("dark", "#1A1D21")):
        sheet = Image.new("RGB", (2 * (pictures[0].width + _GAP) + _GAP, height), ground)
        for number, column in enumerate(columns):
            y = _GAP
            for one in column:
                sheet.paste(one, (_GAP + number * (one.width + _GAP), y), one)
                y += one.height + _GAP
        smaller = sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.LANCZOS)
        smaller.quantize(128).save(FOLDER / f"charts-{scheme}.png", optimize=True)


async def installing() -> None:
    """A new installation over Socket Mode: the two forms of `/tokens setup`, and the first usage."""
    with tempfile.TemporaryDirectory(prefix="tokens-pictures-") as folder:
        url = f"sqlite:///{folder}/tokens.db"
        async with company(url, teams_yml="", app_token=APP_TOKEN) as new, page_of(new.sandbox.base_url) as page:
            messages, dialog = page.locator("main"), page.get_by_role("dialog")
            await go(page, new.sandbox.base_url, person="UDAN", place="CSEARCH")
            await run_command(page, "/tokens setup")
            await expect(dialog).to_contain_text("You become its admin")
            await dialog.locator("[data-action=company-name]").fill("Acme")
            await take(page, "setup-company")
            await dialog.get_by_role("button", name="Set up", exact=True).click()
            await expect(dialog).to_contain_text("Short name")
            await dialog.locator("[data-action=budget]").fill("2,000")
            await dialog.locator("[data-action=name]").fill("Search")
            await take(page, "setup-team")
            await dialog.get_by_role("button", name="Create team").click()
            await expect(dialog).to_be_hidden()
            await new.uses(*[new.event(n, dollars=4.2, ago=timedelta(hours=n)) for n in range(9)])
            await new.settles()
            await run_command(page, "/tokens")
            await expect(messages).to_contain_text("Only visible to you")
            await take(page, "setup-done")


async def main() -> None:
    """Takes all pictures, or with `charts` or `install` as an argument those alone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if sys.argv[1:] == ["install"]:
        await installing()
        return
    contact_sheet()
    if sys.argv[1:] == ["charts"]:
        return
    async with demo() as address:
        await tour(address)
    await installing()
    Console().print(*sorted(path.name for path in FOLDER.glob("*.png")))


if __name__ == "__main__":
    asyncio.run(main())
