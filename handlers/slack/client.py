"""Slack's web client, with safe retries only."""

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings


def slack_client(settings: Settings, session: Any = None, *, patient: bool = True) -> AsyncWebClient:
    """Returns Slack's client, which shares one session for all calls.

    Slack's default retries after a dropped connection and would post a message twice. This client retries only after a
    rate limit, which Slack answers without acting. Without `patient` it never retries, because Slack accepts an answer
    for three seconds only.
    """
    return AsyncWebClient(
        token=settings.slack_bot_token or None,
        base_url=settings.api_url,
        session=session,
        timeout=20,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)] if patient else [],
    )


def without_retries(slack: AsyncWebClient) -> AsyncWebClient:
    """Returns the same client without retries: the outbox schedules its own, and waits for no other message's sake."""
    return AsyncWebClient(
        token=slack.token, base_url=slack.base_url, session=slack.session, timeout=slack.timeout, retry_handlers=[]
    )


def error_name(error: SlackApiError) -> str:
    """Returns the name of Slack's error; empty if the answer was not JSON, as from a proxy while Slack is away."""
    data = error.response.data
    return str(data.get("error") or "") if isinstance(data, dict) else ""
