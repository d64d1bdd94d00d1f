"""The worker outlives its database: what was said is said once, and what comes afterwards is said too."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.app import Worker
from handlers.schedule import run_due_jobs
from tests.support.company import Company, company
from tests.support.postgres import postgres


class _Interrupted(AsyncWebClient):
    """Slack's client; something happens right after its first message was posted."""

    def __init__(self, real: AsyncWebClient, then: Callable[[], Awaitable[object]]) -> None:
        super().__init__(token=real.token, base_url=real.base_url, session=real.session)
        self._then: Callable[[], Awaitable[object]] | None = then

    async def chat_postMessage(self, **said: Any) -> AsyncSlackResponse:  # noqa: N802  # Slack's name
        answer = await super().chat_postMessage(**said)
        then, self._then = self._then, None
        if then is not None:
            await then()
        return answer


async def test_a_database_that_restarts_stops_no_message_and_repeats_none() -> None:
    """It goes away between a message being posted and being marked; meanwhile watcher, courier and clock find nobody there."""
    async with postgres() as server, company(await server.create()) as acme:
        assert acme.context.slack is not None
        acme.context.slack = _Interrupted(acme.context.slack, server.stop_at_once)
        worker = Worker(acme.context)
        await worker.start()
        try:
            await acme.uses(acme.event(1, dollars=850))
            await acme.ben.sees("Search has passed 80 %", channel="CSEARCH")
            await run_due_jobs(acme.context)
            await asyncio.sleep(1.5)
            await server.start()

            await _marked(acme)
            await acme.uses(acme.event(2, dollars=300))
            await acme.ben.sees("used up its budget", channel="CSEARCH")
            await run_due_jobs(acme.context)
        finally:
            await worker.stop()

        said = [m.text for m in await acme.ben.messages("CSEARCH")]
        assert sum("passed 80 %" in text for text in said) == 1
        assert sum("used up its budget" in text for text in said) == 1


async def _marked(acme: Company) -> None:
    """Waits until nothing that was said waits to be said, for less than the lease that would say it again."""
    for _ in range(300):
        async with acme.context.store.read() as tx:
            waiting = await tx.connection.exec_driver_sql(
                "SELECT count(*) FROM outbox WHERE delivered_version < wanted_version"
            )
        if waiting.scalar_one() == 0:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the message is not marked as said")
