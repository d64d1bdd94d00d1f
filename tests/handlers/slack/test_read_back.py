"""A post whose answer was lost is found by its metadata, where the app may read the channel."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.periods import MICROS
from handlers.slack.sending.read_back import NotAllowed, ReadBack

SINCE = 1_795_000_000 * MICROS


class History(AsyncWebClient):
    """A client whose channel history is given, page by page."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        super().__init__()
        self.pages = list(pages)
        self.asked: list[dict[str, Any]] = []

    async def conversations_history(self, **args: Any) -> AsyncSlackResponse:
        self.asked.append(args)
        data = self.pages.pop(0)
        response = AsyncSlackResponse(
            client=self, http_verb="POST", api_url="", req_args={}, data=data, headers={}, status_code=200
        )
        if not data["ok"]:
            raise SlackApiError("refused", response)  # type: ignore[no-untyped-call]
        return response


def posted(outbox_id: int, ts: str, *, event_type: str = "tokens_message") -> dict[str, Any]:
    return {"ts": ts, "metadata": {"event_type": event_type, "event_payload": {"outbox_id": outbox_id}}}


async def test_the_bots_own_message_is_found_on_a_later_page() -> None:
    others = [posted(8, "1.1"), posted(7, "1.2", event_type="somebody_elses"), {"ts": "1.3"}]
    history = History(
        {"ok": True, "messages": others, "response_metadata": {"next_cursor": "more"}},
        {"ok": True, "messages": [posted(7, "1.4")]},
    )

    assert await ReadBack().find(history, "C1", outbox_id=7, since=SINCE) == "1.4"
    assert history.asked[0]["oldest"] == "1794999940.000000"
    assert history.asked[1]["cursor"] == "more"


async def test_a_message_that_is_not_there_was_not_posted() -> None:
    assert await ReadBack().find(History({"ok": True, "messages": []}), "C1", outbox_id=7, since=SINCE) == ""


@pytest.mark.parametrize("page", [{"ok": False, "error": "missing_scope"}, {"ok": True}])
async def test_a_channel_that_may_not_be_read_is_asked_for_once(page: dict[str, Any]) -> None:
    history, read_back = History(page), ReadBack()

    for _ in range(2):
        with pytest.raises(NotAllowed):
            await read_back.find(history, "C1", outbox_id=7, since=SINCE)

    assert len(history.asked) == 1


async def test_a_fault_of_slack_leaves_the_question_open() -> None:
    with pytest.raises(SlackApiError):
        await ReadBack().find(History({"ok": False, "error": "ratelimited"}), "C1", outbox_id=7, since=SINCE)
