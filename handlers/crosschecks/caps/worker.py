"""The worker of caps: one loop per process, beside the outbox's."""

import asyncio
from collections.abc import Mapping

import aiohttp
import structlog

from handlers.context import Context
from handlers.crosschecks.caps.following import CapFollower
from storage.faults import is_away

log = structlog.get_logger()

_WITHOUT_GATEWAYS_SECONDS = 10.0


async def follow_caps_forever(context: Context, *, environment: Mapping[str, str] | None = None) -> None:
    """Follows the books until it is cancelled. A decision reaches its gateways within about a second."""
    async with aiohttp.ClientSession() as session:
        follower = CapFollower(context, session, environment=environment)
        while True:
            pause = context.settings.outbox_poll_seconds
            try:
                followed = await follower.follow_due()
                pause = 0 if followed else pause if follower.has_gateways else max(pause, _WITHOUT_GATEWAYS_SECONDS)
            except Exception as error:  # the loop outlives any fault; what is due stays so
                log.error("caps not followed", error=repr(error), exc_info=None if is_away(error) else error)
            await asyncio.sleep(pause)


async def follow_caps(context: Context, *, environment: Mapping[str, str] | None = None) -> int:
    """Follows everything that is due now, and returns the number of runs."""
    runs = 0
    async with aiohttp.ClientSession() as session:
        follower = CapFollower(context, session, environment=environment)
        while done := await follower.follow_due():
            runs += done
    return runs
