"""Home of a member, a manager, finance and an admin on the demo's page: pages, and a request denied in place."""

import pytest
from playwright.async_api import Page, expect

from tests.browser import page_of
from tests.support.demo_page import demo, go

pytestmark = pytest.mark.browser


async def opens(page: Page, address: str, person: str) -> None:
    await go(page, address, person=person, place="home")
    await expect(page.locator("#home-page")).to_contain_text("Updated")


async def bars_are_aligned(page: Page) -> bool:
    """Whether the lines of each block of bars have their bars in the same column."""
    texts = await page.locator("#home-page pre").all_inner_texts()
    blocks = [[line.find("░") for line in text.splitlines() if "░" in line and "█" not in line] for text in texts]
    full = [[line.find("█") for line in text.splitlines() if "░" in line and "█" in line] for text in texts]
    return all(len(set(empty + filled)) <= 1 for empty, filled in zip(blocks, full, strict=True))


async def test_four_people_open_home_and_a_request_is_denied_in_place() -> None:
    async with demo() as address, page_of(address) as page:
        home, form = page.locator("#home-page"), page.locator("#modal")

        await opens(page, address, "UANNA")
        await expect(home).to_contain_text("My use")
        await expect(home).to_contain_text("Search")
        await expect(home).not_to_contain_text("Company")
        await expect(home).not_to_contain_text("Waiting for my decision")

        await opens(page, address, "UCHLOE")
        await expect(home).to_contain_text("Company")
        await expect(home).to_contain_text("Teams by spend · 1 of 2")
        assert await bars_are_aligned(page)
        await home.get_by_role("button", name="Next: teams by spend, page 2 of 2").click()
        await expect(home).to_contain_text("Teams by spend · 2 of 2")
        await expect(home).to_contain_text("Unattributed")
        await home.get_by_role("button", name="Back: teams by spend, page 1 of 2").click()
        await expect(home).to_contain_text("Teams by spend · 1 of 2")

        await opens(page, address, "UDAN")
        await expect(home).to_contain_text("Needs attention")
        await expect(home.get_by_role("button", name="Claim").first).to_be_visible()

        await opens(page, address, "UBEN")
        await expect(home).to_contain_text("is waiting for you")
        await expect(home).to_contain_text("Technology")
        assert await bars_are_aligned(page)
        await home.locator("[data-action=deny_request]").click()
        await form.get_by_label("Why not?").fill("Next month")
        await form.get_by_role("button", name="Deny").click()
        await expect(form).to_be_hidden()
        await expect(home).not_to_contain_text("Waiting for my decision")
        await expect(home.locator("[data-action=approve_request]")).to_have_count(0)
