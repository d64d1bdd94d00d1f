"""From `/tokens request` to approved on the demo's page: at most five clicks for both people together."""

import pytest
from playwright.async_api import Page, expect

from tests.browser import page_of
from tests.support.demo_page import demo, go, run_command

pytestmark = pytest.mark.browser
COUNTED = (
    "window.clicks = 0; document.addEventListener('click', (event) => { window.clicks += event.detail > 0 }, true)"
)
"""Counts what a mouse clicks; a key that presses a button is no click."""


async def clicks(page: Page) -> int:
    return int(await page.evaluate("window.clicks"))


async def test_a_newcomer_asks_and_the_manager_decides_with_five_clicks() -> None:
    async with demo() as address, page_of(address) as page:
        await go(page, address, person="UANNA", place="CSEARCH")
        messages, form = page.locator("#messages"), page.locator("#modal")
        await expect(messages).to_contain_text("asks for")
        await page.evaluate(COUNTED)

        await run_command(page, "/tokens request")
        await expect(form).to_contain_text("Search is $")
        await form.locator("[data-action=offer_second]").click()
        await expect(form.get_by_label("Amount")).not_to_have_value("")
        await expect(form).to_contain_text("a day; the budget then")
        await form.get_by_label("Reason").fill("An eval run")
        await form.get_by_role("button", name="Send request").click()
        await expect(messages).to_contain_text("An eval run")

        await page.get_by_role("radio", name="Ben").click()
        card = page.locator("article", has_text="An eval run").last
        await card.locator("[data-action=approve_request]").click()
        confirmation = page.get_by_role("dialog").get_by_role("button", name="Approve")
        await expect(confirmation.or_(card.get_by_text("Approved by")).first).to_be_visible()
        if await confirmation.is_visible():  # $1,000 or more
            await confirmation.click()
        await expect(card).to_contain_text("Approved by")

        assert await clicks(page) <= 5


async def test_shortcuts_open_the_form_on_the_page() -> None:
    async with demo() as address, page_of(address) as page:
        await go(page, address, person="UANNA", place="CGENERAL")
        form = page.locator("#modal")
        await page.get_by_role("button", name="Shortcuts").click()
        await page.get_by_role("menuitem", name="Request AI budget").click()
        await expect(form).to_contain_text("Request AI budget")
        await form.get_by_label("Amount").press_sequentially("90")
        await form.get_by_label("Reason").fill("An eval run")
        await expect(form).to_contain_text("$90.00: ")
        await form.get_by_role("button", name="Cancel").click()
        await expect(form).to_be_hidden()

        await page.locator("#compose").fill("The ranker needs more runs")
        await page.locator("#compose").press("Enter")
        await expect(page.locator("#compose")).to_have_value("")
        said = page.locator("article", has_text="The ranker needs more runs").last
        await said.hover()
        await said.get_by_role("button", name="More actions of this message").click()
        await page.get_by_role("menuitem", name="Request budget for this").click()
        await expect(form).to_contain_text("About this message")
        await expect(form).to_contain_text("What you typed last time is still here.")
        await expect(form.get_by_label("Amount")).to_have_value("90")
