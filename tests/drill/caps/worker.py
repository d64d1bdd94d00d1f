"""The process that the drill kills: the worker of caps alone, on the drill's database."""

import asyncio

from bot.clock import SystemClock
from bot.settings import Settings
from handlers.context import make_context
from handlers.crosschecks.caps import calls
from handlers.crosschecks.caps.worker import follow_caps_forever
from tests.gateways.litellm import ADMIN_KEY

CALL_SECONDS = 0.6
"""Short, so that a killed worker's lease ends soon."""
POLL_SECONDS = 0.1


async def work(database_url: str) -> None:
    context = make_context(Settings(database_url=database_url, outbox_poll_seconds=POLL_SECONDS), SystemClock())
    await follow_caps_forever(context, environment={"EU_KEY": ADMIN_KEY})


def main(database_url: str) -> None:
    """Works until it is killed."""
    calls.CALL_SECONDS = CALL_SECONDS
    asyncio.run(work(database_url))
