"""Keeps a connection to Slack open, and answers what comes over it by the same listeners as HTTP.

A new connection is opened before the former one ends, if Slack says that it will. A request whose connection is lost goes on:
Slack may send it again over another one, and it is done once, as `SlackRequest.begin` remembers it.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from handlers.context import Context
from handlers.slack.signatures import payload_fault
from handlers.slack.socket_mode.links import Link, NotConnected, open_link

log = structlog.get_logger()

Json = dict[str, Any]
SOCKET_GAUGE = "tokens_slack_socket_connected"
"""The metric that says whether a process has a connection."""
LINGER_SECONDS = 30.0
"""How long a former connection stays, for the requests that are on their way."""
FINISH_SECONDS = 10.0
"""How long requests in progress may take when the process stops."""
_FIRST_WAIT, _LONGEST_WAIT, _REFUSED_WAIT = 0.5, 30.0, 60.0
_SHORT_LIFE_SECONDS = 5.0


class SocketConnections:
    """The connections of one process: one, or two while one takes the place of the other."""

    def __init__(self, context: Context, bolt: AsyncApp) -> None:
        self._context = context
        self._bolt = bolt
        self._readers: dict[Link, asyncio.Task[None]] = {}
        self._at_work: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None
        self.fault = "Slack was not asked yet."
        """Why there is no connection; empty if there is one."""

    @property
    def is_connected(self) -> bool:
        return any(link.is_open for link in self._readers)

    def start(self) -> None:
        """Connects in the background: a Slack that does not answer keeps no usage from being booked."""
        self._keeper = asyncio.create_task(self._keep_connected(), name="Slack socket")

    async def stop(self) -> None:
        """Finishes the requests in progress, and ends the connections. Slack sends what comes later to other processes."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS):
                while self._at_work:
                    await asyncio.wait(self._at_work)
        for link in list(self._readers):
            await link.close()
        await asyncio.gather(*self._readers.values(), return_exceptions=True)

    async def _keep_connected(self) -> None:
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            assert self._context.slack is not None
            try:
                link = await open_link(self._context.slack, self._context.settings.slack_app_token)
            except NotConnected as error:
                self._note_fault(str(error))
                wait = _REFUSED_WAIT if error.is_refused else min(_LONGEST_WAIT, _FIRST_WAIT * 2**failures)
                failures += 1
                await asyncio.sleep(wait)
                continue
            began, self.fault = loop.time(), ""
            log.info("Slack socket connected")
            former = list(self._readers)
            reader = self._readers[link] = asyncio.create_task(self._read(link), name="Slack socket reader")
            reader.add_done_callback(partial(self._forget, link))
            for one in former:
                loop.call_later(LINGER_SECONDS, self._end, one)
            await link.is_last_call.wait()
            log.info("Slack socket ends", reason=link.fault or "lost")
            if not link.is_open:
                self._note_fault("The connection was lost.", is_quiet=True)
            is_short = loop.time() - began < _SHORT_LIFE_SECONDS
            failures = failures + 1 if is_short else 0
            if failures > 1:
                await asyncio.sleep(min(_LONGEST_WAIT, _FIRST_WAIT * 2**failures))

    def _note_fault(self, sentence: str, *, is_quiet: bool = False) -> None:
        if sentence != self.fault and not is_quiet:  # each reason once, not each try
            log.error("Slack socket not connected", reason=sentence)
        self.fault = sentence

    def _forget(self, link: Link, _: "asyncio.Task[None]") -> None:
        self._readers.pop(link, None)

    def _end(self, link: Link) -> None:
        if link in self._readers:
            self._hold(asyncio.create_task(link.close()))

    def _hold(self, task: "asyncio.Task[None]") -> None:
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _read(self, link: Link) -> None:
        async for envelope in link.envelopes():
            self._hold(asyncio.create_task(self._answer(link, envelope), name="Slack request"))

    async def _answer(self, link: Link, envelope: Json) -> None:
        """Runs the listeners of one request and acknowledges it as they say."""
        payload: Any = envelope.get("payload")
        if (fault := payload_fault(payload)) is not None:
            log.warning("request of Slack's not understood", kind=envelope.get("type"), fault=fault)
            return
        headers: dict[str, str | Sequence[str]] = {"x-slack-retry-num": str(envelope.get("retry_attempt") or 0)}
        try:
            answer = await self._bolt.async_dispatch(
                AsyncBoltRequest(mode="socket_mode", body=payload, headers=headers)
            )
        except Exception as error:  # Bolt's own fault: Slack shows its warning sign
            log.error("request of Slack's failed", error=repr(error), exc_info=error)
            return
        if answer.status != 200:
            log.warning("request of Slack's not answered", kind=envelope.get("type"), status=answer.status)
            return
        await self._acknowledge(link, {"envelope_id": envelope["envelope_id"], **_payload_of(answer)})

    async def _acknowledge(self, link: Link, answer: Json) -> None:
        """Answers over the connection that the request came by, else over any other."""
        others = [one for one in self._readers if one is not link]
        for one in (link, *reversed(others)):
            try:
                await one.send(answer)
            except (ConnectionError, RuntimeError):
                continue
            return
        log.info("answer not delivered: the connection was lost, and Slack may send the request again")


def _payload_of(answer: BoltResponse) -> Json:
    """Returns the `payload` of an acknowledgement; nothing if the listeners answered without words."""
    if not answer.body:
        return {}
    kind = (answer.headers.get("content-type") or [""])[0]
    return {"payload": json.loads(answer.body) if kind.startswith("application/json") else {"text": answer.body}}
