"""Reads back the bot's own post after its outcome was lost, where the app may read the channel.

The app's manifest asks for no history scopes. With them, a post that Slack took before the connection broke is found by its
metadata and not posted again.
"""

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.periods import MICROS
from handlers.slack.client import error_name

_EARLIER_SECONDS = 60
"""Slack's clock and ours differ."""
_MOST_PAGES = 5
_MOST_REMEMBERED = 10_000
_NOT_ALLOWED = frozenset(
    {
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "channel_not_found",
        "not_in_channel",
        "unknown_method",
    }
)


class NotAllowed(Exception):
    """The app may not read that channel's messages, so the outcome stays unknown."""


class ReadBack:
    """Looks for posts. It remembers the channels that the app may not read, and does not ask for them again."""

    def __init__(self) -> None:
        self._unreadable: set[str] = set()

    async def find(self, slack: AsyncWebClient, channel: str, *, outbox_id: int, since: int) -> str:
        """Returns the `ts` of the message with this outbox id that was posted since a moment, or an empty string.

        Raises NotAllowed where the app may not look, and SlackApiError for all other faults.
        """
        if channel in self._unreadable:
            raise NotAllowed("this channel was not readable before")
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = await self._page(slack, channel, since, cursor)
            for message in page.get("messages") or []:
                metadata = message.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if metadata.get("event_type") == "tokens_message" and payload.get("outbox_id") == outbox_id:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return ""
        raise NotAllowed("too many messages were posted since")

    async def _page(self, slack: AsyncWebClient, channel: str, since: int, cursor: str) -> dict[str, Any]:
        oldest = f"{since / MICROS - _EARLIER_SECONDS:.6f}"
        try:
            answer = await slack.conversations_history(
                channel=channel, oldest=oldest, include_all_metadata=True, limit=200, cursor=cursor or None
            )
        except SlackApiError as error:
            fault = error_name(error)
            if fault in _NOT_ALLOWED:
                self._remember(channel)
                raise NotAllowed(fault) from error
            raise
        page = answer.data
        if not isinstance(page, dict) or "messages" not in page:
            self._remember(channel)
            raise NotAllowed("Slack's answer has no messages")
        return page

    def _remember(self, channel: str) -> None:
        if len(self._unreadable) >= _MOST_REMEMBERED:
            self._unreadable.clear()
        self._unreadable.add(channel)
