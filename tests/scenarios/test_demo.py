"""The demo, played through on its page: what a newcomer does in the first five minutes."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.browser import page_of
from tests.support.demo_page import demo, go, run_command

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("way", [(), ("--socket",)], ids=["http", "socket"])
async def test_a_newcomer_plays_the_demo_through(way: tuple[str, ...]) -> None:
    async with demo(*way) as address, page_of(address) as page:
        await go(page, address, person="UANNA", place="CSEARCH", pane="terminal")
        messages = page.locator("main")
        await expect(messages).to_contain_text("last week")
        await page.get_by_role("button", name="Anna asks the model").first.click()
        await expect(page.locator(".shell-line.deny").first).to_be_visible()

        await run_command(page, "/tokens request 400 A run for the release")
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("Request AI budget")
        await dialog.get_by_role("button", name="Send").click()
        await expect(messages).to_contain_text("asks for $400.00 for Search")

        await go(page, address, person="UBEN", place="CSEARCH")
        card = page.locator("article, .message", has_text="asks for $400.00").last
        await card.get_by_role("button", name="Approve $400.00 for Search", exact=True).click()
        await expect(messages).to_contain_text("Approved by @Ben Ruiz: $400.00")

        await go(page, address, person="UANNA", place="CSEARCH", pane="terminal")
        await page.get_by_role("button", name="Anna asks the model").first.click()
        await expect(page.locator(".shell-line.allow, .shell-line.warn").first).to_be_visible()
        await run_command(page, "/tokens")
        await expect(messages).to_contain_text("Only visible to you")
        await expect(messages).to_contain_text("left of")

        await go(page, address, person="UBEN", place="CDATAPLATFORM")
        await expect(messages).to_contain_text("severity")
        await page.get_by_role("button", name="I'm on it").last.click()
        await expect(messages).to_contain_text("is on it")

        await go(page, address, person="UBEN", place="CSEARCH")
        await expect(messages).to_contain_text("wants to move $150.00 from Mobile to Search")
        await page.get_by_role("button", name="Agree").last.click()
        await expect(messages).to_contain_text("Moved: $150.00")

        await go(page, address, person="UMEERA", place="CSUPPORT")
        await expect(messages).to_contain_text("set $60.00 of Support's budget aside for “support-bot”")
        last_month = datetime.now(ZoneInfo("Europe/London")).replace(day=1) - timedelta(days=1)
        await run_command(page, f"/tokens statement technology {last_month:%Y-%m}")
        await expect(messages).to_contain_text("I don't know “technology”.")

        await go(page, address, person="UCHLOE", place="CSEARCH")
        await run_command(page, f"/tokens statement search {last_month:%Y-%m}")
        await expect(messages).to_contain_text(f"Statement of Search, {last_month:%Y-%m}")

        await go(page, address, person="UCHLOE", place="home")
        await expect(messages).to_contain_text("Company")
        await expect(messages).to_contain_text("Teams by spend")


async def test_the_controls_lead_to_what_they_make_and_no_traffic_is_red() -> None:
    async with demo() as address, page_of(address) as page:
        await go(page, address, person="UANNA", place="CSEARCH", pane="try")
        await page.get_by_role("button", name="Make a spike").click()
        await expect(page).to_have_url(re.compile("at=CCHECKOUT"))
        alert = page.locator("main").get_by_text("severity", exact=False).first
        await expect(alert).to_be_visible(timeout=30_000)

        await page.get_by_role("button", name="Jump to Monday").click()
        await expect(page.get_by_text("Every team has its digest")).to_be_visible(timeout=60_000)
        for channel in ("CSEARCH", "CCHECKOUT", "CMOBILE", "CSUPPORT", "CDATAPLATFORM"):
            await go(page, address, person="UBEN", place=channel, pane="traffic")
            await expect(page.locator("main").get_by_text(re.compile(r"spent \$[\d,]+ last week"))).to_have_count(
                2, timeout=60_000
            )
        await expect(page.locator(".status").first).to_be_visible()
        await expect(page.locator(".status.bad")).to_have_count(0)
