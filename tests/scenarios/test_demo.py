"""The demo, played through on its page: what a newcomer does in the first five minutes."""

import pytest
from playwright.async_api import expect

from tests.browser import page_of
from tests.support.demo_page import demo, go, run_command

pytestmark = pytest.mark.browser


async def test_a_newcomer_plays_the_demo_through() -> None:
    async with demo() as address, page_of(address) as page:
        await go(page, address, person="UANNA", place="CSEARCH", pane="terminal")
        messages = page.locator("main")
        await expect(messages).to_contain_text("AI spend of Search")
        await page.get_by_role("button", name="Anna asks the model").first.click()
        await expect(page.locator(".shell-line.deny").first).to_be_visible()

        await run_command(page, "/tokens request 400 A run for the release")
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("Request AI budget")
        await dialog.get_by_role("button", name="Send").click()
        await expect(messages).to_contain_text("asks for $400.00 for Search")

        await go(page, address, person="UBEN", place="CSEARCH")
        card = page.locator("article, .message", has_text="asks for $400.00").last
        await card.get_by_role("button", name="Approve").click()
        await expect(messages).to_contain_text("Approved by @Ben Ruiz: $400.00")

        await go(page, address, person="UANNA", place="CSEARCH", pane="terminal")
        await page.get_by_role("button", name="Anna asks the model").first.click()
        await expect(page.locator(".shell-line.allow, .shell-line.warn").first).to_be_visible()
        await run_command(page, "/tokens")
        await expect(messages).to_contain_text("Only visible to you")
        await expect(messages).to_contain_text("left of")

        await go(page, address, person="UBEN", place="CDATAPLATFORM")
        await expect(messages).to_contain_text("far above its usual")
        await page.get_by_role("button", name="I'm on it").last.click()
        await expect(messages).to_contain_text("is on it")

        await go(page, address, person="UCHLOE", place="home")
        await expect(messages).to_contain_text("Company")
