"""Slack's web client, with the retries that are safe."""

from typing import Any

from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings


def slack_client(settings: Settings, session: Any = None, *, patient: bool = True) -> AsyncWebClient:
    """Slack's client. Its default would post a message again after a dropped connection, so it retries nothing by itself
    but what Slack says was not done: being over the rate limit; and not even that where somebody waits for an answer
    (not `patient`), because Slack takes one for three seconds only. One session is shared by all calls."""
    return AsyncWebClient(
        token=settings.slack_bot_token or None,
        base_url=settings.api_url,
        session=session,
        timeout=20,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)] if patient else [],
    )
