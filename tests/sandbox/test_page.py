"""The page in a real browser: one story with the echo bot, without console errors."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser import page_of
from tests.sandbox.conftest import Office
from tests.sandbox.test_dispatch import card, modal

Json = dict[str, Any]
pytestmark = pytest.mark.browser
DENIED = {
    "decision": "deny",
    "available_usd": "-12.4",
    "period_ends_at": "2026-12-01T00:00:00Z",
    "reason": "Search has used up its budget.",
}


@pytest.fixture
async def page(office: Office) -> AsyncIterator[Page]:
    """Opens the page with digest-like content. Its console must stay free of errors."""
    async with page_of(office.url, width=1280, height=800) as page:
        yield page


def answer_like_an_app(office: Office) -> None:
    """Opens a modal and posts a card on a request, settles it on a click, and publishes Home."""

    async def command(payload: Json) -> str:
        await office.slack.views_open(trigger_id=payload["trigger_id"], view=modal())
        return ""

    async def submission(payload: Json) -> str:
        amount = payload["view"]["state"]["values"]["amount"]["amount"]["value"]
        words = {"type": "section", "text": {"type": "mrkdwn", "text": f"<@UANNA> asks for *${amount}*"}}
        await office.slack.chat_postMessage(
            channel="CSEARCH", text="Anna asks", blocks=[words, *card("Approve", "Deny")]
        )
        return ""

    async def click(payload: Json) -> str:
        place = {"channel": payload["channel"]["id"], "ts": payload["message"]["ts"]}
        await office.slack.chat_update(**place, text=f"Approved by <@{payload['user']['id']}>")
        return ""

    async def home(payload: Json) -> str:
        view = {"type": "home", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Your day"}}]}
        await office.slack.views_publish(user_id=payload["event"]["user"], view=view)
        return ""

    office.bot.answers |= {
        "command": command,
        "view_submission": submission,
        "block_actions": click,
        "app_home_opened": home,
        "allowance": DENIED,
    }


async def test_anna_asks_and_ben_approves_on_the_page(office: Office, page: Page) -> None:
    answer_like_an_app(office)

    await page.get_by_role("tab", name="Terminal").click()
    await page.get_by_role("button", name="Ask").first.click()
    await expect(page.locator("#pane-terminal")).to_contain_text("402 Payment Required")

    composer = page.locator("#compose")
    await page.locator("#sidebar").get_by_text("team-search").click()
    await composer.fill("/tokens request 500")
    await composer.press("Escape")
    await composer.press("Enter")
    form = page.locator("#modal")
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_contain_text("Please complete this required field.")
    await form.get_by_label("Amount").fill("500")
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_be_hidden()
    await expect(page.locator("#messages")).to_contain_text("asks for $500")

    await page.get_by_role("radio", name="Ben").click()
    await page.locator("#messages").get_by_role("button", name="Approve").click()
    await expect(page.locator("#messages")).to_contain_text("Approved by @Ben Okafor")
    await page.locator("#sidebar").get_by_text("Home").click()
    await expect(page.locator("#home")).to_contain_text("Your day")
    await page.get_by_role("tab", name="Traffic").click()
    await expect(page.locator("#pane-traffic")).to_contain_text("chat.postMessage")


async def test_enter_sends_what_was_typed_though_a_longer_command_is_suggested(office: Office, page: Page) -> None:
    composer = page.locator("#compose")
    await composer.fill("/tokens")
    await composer.press("Space")
    await composer.press("m")
    await expect(page.locator("#suggestions")).to_be_visible()
    await composer.press("Enter")
    await expect(composer).to_have_value("")
    assert office.bot.last("command")["text"] == "m"
    await composer.fill("/tokens m")
    await composer.press("Tab")
    await expect(composer).to_have_value("/tokens me")


async def test_a_canvas_is_a_tab_of_its_channel_and_its_markdown_is_text(office: Office, page: Page) -> None:
    lines = [
        "**$12** of `$20`",
        "",
        "## Tools",
        "",
        "| Tool | Cost |",
        "| --- | --- |",
        r"| a\|b \<b\>x\</b\> | $12 |",
        "",
        "- one",
    ]
    await page.goto(f"{office.url}/#as=UANNA&at=CSEARCH")
    made = await office.slack.canvases_create(
        title="AI spend", channel_id="CSEARCH", document_content={"type": "markdown", "markdown": "\n".join(lines)}
    )
    await page.get_by_role("tab", name="AI spend").click()
    canvas = page.locator("#canvas-page")

    await expect(canvas.get_by_role("heading", name="Tools")).to_be_visible()
    await expect(canvas.locator("strong")).to_have_text("$12")
    await expect(canvas.locator("tbody td").first).to_have_text("a|b <b>x</b>")
    await expect(canvas.locator("li")).to_have_text("one")
    await expect(page.locator("#stream")).to_be_hidden()
    await page.get_by_role("tab", name="Messages").click()
    await expect(page.locator("#stream")).to_be_visible()

    await page.get_by_role("tab", name="AI spend").click()
    await office.slack.canvases_delete(canvas_id=made["canvas_id"])
    await expect(canvas).to_be_hidden()
    await expect(page.locator("#stream")).to_be_visible()
