"""Faults of Slack that pass by themselves: nobody has to act, and a later try may work."""

import functools
from collections.abc import Awaitable, Callable

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from handlers.context import Context

log = structlog.get_logger()

_PASSING = frozenset({"fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"})
"""Slack's own faults: https://docs.slack.dev/reference/methods/users.lookupByEmail lists them for every method."""


def is_slack_away(error: BaseException) -> bool:
    """Returns whether Slack could not be reached, did not answer in time, limited the rate, or had a fault of its own."""
    if isinstance(error, SlackApiError):
        answer = error.response.data
        name = str(answer.get("error")) if isinstance(answer, dict) else ""
        return error.response.status_code == 429 or error.response.status_code >= 500 or name in _PASSING
    return isinstance(error, aiohttp.ClientError | TimeoutError)


def waits_for_slack(job: Callable[[Context], Awaitable[None]]) -> Callable[[Context], Awaitable[None]]:
    """Returns a job that ends early with a warning while Slack is away; its next run does the rest."""

    @functools.wraps(job)
    async def run(context: Context) -> None:
        try:
            await job(context)
        except Exception as error:
            if not is_slack_away(error):
                raise
            log.warning("job waits for Slack", job=job.__name__, error=repr(error))

    return run
