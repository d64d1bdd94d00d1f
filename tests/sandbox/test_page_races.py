"""The page with late answers: no click is lost, goes to another person, or is undone."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.browser import page_in, running_browser
from tests.sandbox.conftest import Office, running_office
from tests.sandbox.test_dispatch import card

Json = dict[str, Any]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
STATES = re.compile(r"/page/state\?as=UBEN")


class Late:
    """A server answer that has not arrived: `asked` is set on the request, `come` lets it arrive."""

    def __init__(self, *, changes: Json | None = None) -> None:
        self.asked, self.come = asyncio.Event(), asyncio.Event()
        self._changes = changes or {}

    async def __call__(self, route: Route) -> None:
        state = await (await route.fetch()).json()
        self.asked.set()
        await self.come.wait()
        await route.fulfill(json=state | self._changes)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests here: starting it takes longer than they do."""
    async with running_browser() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def office() -> AsyncIterator[Office]:
    """Served in the browser's event loop."""
    async with running_office() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def page(office: Office, browser: Browser) -> AsyncIterator[Page]:
    """Opens Anna's page with a card to approve; the app writes the clicking person into the card."""

    async def click(payload: Json) -> str:
        place = {"channel": payload["channel"]["id"], "ts": payload["message"]["ts"]}
        await office.slack.chat_update(**place, text=f"Approved by <@{payload['user']['id']}>")
        return ""

    office.bot.answers["block_actions"] = click
    await office.slack.chat_postMessage(channel="CSEARCH", text="Anna asks", blocks=card("Approve", "Deny"))
    async with page_in(browser, f"{office.url}/#as=UANNA&at=CSEARCH") as page:
        await expect(approve(page)).to_be_visible()
        yield page


def approve(page: Page) -> Locator:
    return page.locator("#messages").get_by_role("button", name="Approve")


async def choose_ben(page: Page) -> None:
    await page.get_by_role("radio", name="Ben").click()


async def press(page: Page, button: Locator) -> None:
    box = await button.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()


async def test_a_click_counts_when_the_chosen_person_arrives_between_press_and_release(
    office: Office, page: Page
) -> None:
    late = Late()
    await page.route(STATES, late, times=1)
    await choose_ben(page)
    await press(page, approve(page))
    late.come.set()
    await expect(page).to_have_url(re.compile("as=UBEN"))
    await page.mouse.up()

    await expect(page.locator("#messages")).to_contain_text("Approved by @Ben Okafor")
    await expect(page.locator("#me")).to_contain_text("Ben Okafor")


async def test_a_button_pressed_with_the_space_bar_is_not_replaced_before_the_key_is_up(
    office: Office, page: Page
) -> None:
    late = Late()
    await page.route(STATES, late, times=1)
    await choose_ben(page)
    await approve(page).focus()
    await page.keyboard.down(" ")
    late.come.set()
    await expect(page).to_have_url(re.compile("as=UBEN"))
    await page.keyboard.up(" ")

    await expect(page.locator("#messages")).to_contain_text("Approved by @Ben Okafor")


async def test_a_click_after_another_person_was_chosen_is_that_persons(office: Office, page: Page) -> None:
    late = Late()
    await page.route(STATES, late, times=1)
    await choose_ben(page)
    await approve(page).click()
    await late.asked.wait()
    late.come.set()

    await expect(page.locator("#messages")).to_contain_text("Approved by @Ben Okafor")
    assert [one["user"]["id"] for one in office.bot.received if one.get("type") == "block_actions"] == ["UBEN"]


async def test_an_older_state_does_not_undo_a_newer_event(office: Office, page: Page) -> None:
    first, second = Late(), Late(changes={"workspace": {"name": "The late answer"}})
    await page.route(STATES, second, times=1)
    await page.route(STATES, first, times=1)  # the newest route is asked first
    await choose_ben(page)
    await first.asked.wait()
    await office.slack.chat_postMessage(channel="CSEARCH", text="Not in the first answer")
    first.come.set()  # the stream now says that this answer was out of date: the page asks again
    await second.asked.wait()
    await approve(page).click()
    await expect(page.locator("#messages")).to_contain_text("Approved by @Ben Okafor")
    second.come.set()

    await expect(page.locator("#workspace")).to_contain_text("The late answer")
    await expect(page.locator("#messages")).to_contain_text("Not in the first answer")
    await expect(page.locator("#messages")).to_contain_text("Approved by @Ben Okafor", timeout=1)
    await expect(approve(page)).to_have_count(0, timeout=1)


async def test_an_answer_for_the_person_before_does_not_bring_them_back(office: Office, page: Page) -> None:
    late = Late()
    await page.route(STATES, late, times=1)
    await choose_ben(page)
    await late.asked.wait()
    await page.get_by_role("radio", name="Chloe").click()
    await expect(page.locator("#me")).to_contain_text("Chloe Martin")
    async with page.expect_response(STATES):
        late.come.set()

    await office.slack.chat_postMessage(channel="UCHLOE", text="For Chloe")
    await page.locator("#sidebar").get_by_text("Messages").click()
    await expect(page.locator("#messages")).to_contain_text("For Chloe")
    await expect(page.locator("#me")).to_contain_text("Chloe Martin", timeout=1)


async def test_a_person_who_cannot_be_loaded_does_nothing_and_the_page_shows_it(office: Office, page: Page) -> None:
    late = asyncio.Event()

    async def refuse(route: Route) -> None:
        await late.wait()
        await route.fulfill(json={"ok": False, "error": "user_not_found"})

    await page.route(STATES, refuse)
    await choose_ben(page)
    await approve(page).click()
    late.set()

    await expect(page.locator("#notices")).to_contain_text("You still act as Anna Ito")
    await expect(page.locator("#notices")).to_contain_text("That was not done")
    assert not [one for one in office.bot.received if one.get("type") == "block_actions"]
    await approve(page).click()
    await expect(page.locator("#messages")).to_contain_text("Approved by @Anna Ito")


async def test_a_click_that_the_app_does_not_take_is_an_error_on_the_page(office: Office, page: Page) -> None:
    office.bot.answers["block_actions"] = 500
    await approve(page).click()

    await expect(page.locator("#notices .error")).to_have_text(re.compile("the app did not answer"))
