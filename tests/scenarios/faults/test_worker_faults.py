"""The worker outlives its database: what was said is said once, and what comes afterwards is said too."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from structlog.testing import capture_logs

from bot.app import Worker
from bot.watcher import MIN_SECONDS
from handlers.schedule import run_due_jobs
from tests.support.company import Company, company
from tests.support.postgres import postgres
from tests.support.waiting import until


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


async def test_a_database_that_restarts_stops_no_message_and_repeats_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes away between a message being posted and being marked; meanwhile watcher, outbox and jobs meet its absence."""
    monkeypatch.setattr("handlers.watcher.rest_seconds", lambda _took, *, past_hour: MIN_SECONDS)
    async with postgres() as server, company(await server.create()) as acme:
        assert acme.context.slack is not None
        acme.context.slack = _Interrupted(acme.context.slack, server.stop_at_once)
        monkeypatch.setattr("handlers.slack.sending.delivery.without_retries", lambda slack: slack)
        worker = Worker(acme.context)
        await worker.start()
        try:
            await acme.uses(acme.event(1, dollars=850))
            await acme.ben.sees("Search has passed 80%", channel="CSEARCH")
            with capture_logs() as logged:
                await run_due_jobs(acme.context)
                acme.context.wake_watcher.set()
                wanted = {"job failed", "watcher failed", "said, and not marked yet"}
                await until(lambda: wanted <= {str(line["event"]) for line in logged}, what=f"all of {wanted} logged")
            await server.start()

            await _marked(acme)
            await acme.uses(acme.event(2, dollars=300))
            await acme.ben.sees("used up its budget", channel="CSEARCH")
            await run_due_jobs(acme.context)
        finally:
            await worker.stop()

        said = [m.text for m in await acme.ben.messages("CSEARCH")]
        assert sum("passed 80%" in text for text in said) == 1
        assert sum("used up its budget" in text for text in said) == 1


async def _marked(acme: Company) -> None:
    """Waits until nothing that was said waits to be said."""

    async def nothing_waits() -> bool:
        async with acme.context.store.read() as tx:
            waiting = await tx.connection.exec_driver_sql(
                "SELECT count(*) FROM outbox WHERE delivered_version < wanted_version"
            )
        return bool(waiting.scalar_one() == 0)

    await until(nothing_waits, what="the message marked as said")
