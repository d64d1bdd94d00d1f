"""The buttons that turn the pages of Home's lists."""

import re

from bot.messages import Block
from bot.reporting.home_places import HomeList, Page
from bot.views.blocks import actions, button

TURN_PAGE = re.compile(r"\Ahome_page_([a-z]+)_(?:back|next)\Z")
"""Action ids of the buttons. Their value is the page that they turn to."""


def turned_list(action_id: str) -> str | None:
    """Returns the list that a button turns."""
    match = TURN_PAGE.fullmatch(action_id)
    return match[1] if match else None


def page_blocks(page: Page[object], listed: HomeList, *, what: str) -> list[Block]:
    """Returns the buttons to the pages before and after; none where everything is on one. `what` names the list for screen
    readers."""
    turns = [("Back", "back", page.number - 1)] if page.number else []
    if page.number + 1 < page.pages:
        turns.append(("Next", "next", page.number + 1))
    if not turns:
        return []
    buttons = [
        button(
            text,
            action_id=f"home_page_{listed}_{way}",
            value=number,
            label=f"{text}: {what}, page {number + 1} of {page.pages}",
        )
        for text, way, number in turns
    ]
    return [actions(*buttons, block_id=f"home-{listed}-pages")]


def page_words(page: Page[object]) -> str:
    """Returns ` · 2 of 5` after a title; nothing where everything is on one page."""
    return f" · {page.number + 1} of {page.pages}" if page.pages > 1 else ""
