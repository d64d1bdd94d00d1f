"""Paging with Slack's cursors."""

from typing import Any

from bot.sandbox.errors import SlackError

Json = dict[str, Any]
PAGE_SIZE = 100
MAX_PER_PAGE = 1000


def page_of(everything: list[Any], args: Json) -> tuple[list[Any], str]:
    """Returns a page of a list and the next cursor. Raises SlackError invalid_cursor or invalid_limit."""
    try:
        size = int(args.get("limit") or PAGE_SIZE)
        start = int(args.get("cursor") or 0)
    except ValueError as wrong:
        raise SlackError("invalid_cursor") from wrong
    if not 1 <= size <= MAX_PER_PAGE:
        raise SlackError("invalid_limit")
    end = start + size
    return everything[start:end], str(end) if end < len(everything) else ""
