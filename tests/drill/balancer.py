"""Sends people's requests to the web processes in turn, as a load balancer before them would, and records the answers."""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from bot.sandbox.events.dispatch import AppReply, Dispatch
from bot.sandbox.workspace import Workspace
from tests.drill.records import INTENT, Exchange, Json, Records


class Balancer(Dispatch):
    """The sandbox's sender of requests, with several addresses. Some requests are sent twice, as a proxy may do."""

    def __init__(
        self,
        workspace: Workspace,
        records: Records,
        *,
        ready: Callable[[], Sequence[tuple[str, str]]],
        chance: random.Random,
        repeat_rate: float,
    ) -> None:
        """`ready` returns (name, url) of the web processes that take requests."""
        super().__init__(workspace)
        self._workspace_of_drill = workspace
        self._records = records
        self._ready = ready
        self._chance = chance
        self._repeat_rate = repeat_rate
        self._count = itertools.count()

    async def form(self, title: str, fields: Mapping[str, str]) -> AppReply:
        """Sends a form, and sometimes the same one again: at the same moment, or after its answer. Returns an answer."""
        payload = json.loads(fields["payload"]) if "payload" in fields else dict(fields)

        def send(*, repeats: bool = False) -> Awaitable[AppReply]:
            return self._recorded(payload, lambda: super(Balancer, self).form(title, fields), repeats=repeats)

        if self._chance.random() >= self._repeat_rate:
            return await send()
        if self._chance.random() < 0.5:
            first, second = await asyncio.gather(send(), send(repeats=True))
        else:
            first, second = await send(), await send(repeats=True)
        return second if first.error else first

    async def event(self, event: Json) -> AppReply:
        """Sends an event; it comes twice if the first is not accepted."""
        return await self._recorded(event, lambda: super(Balancer, self).event(event))

    async def _recorded(
        self, payload: Json, send: Callable[[], Awaitable[AppReply]], *, repeats: bool = False
    ) -> AppReply:
        name = self._choose()
        view = payload.get("view") or {}
        exchange = Exchange(
            person=_person(payload),
            intent=INTENT.get(),
            process=name,
            began=time.monotonic(),
            response_id=str(payload.get("response_url") or "").rpartition("/")[2],
            in_home=isinstance(view, dict) and view.get("type") == "home",
            repeats=repeats,
        )
        self._records.exchanges.append(exchange)
        reply = await send()
        exchange.ended = time.monotonic()
        exchange.status, exchange.error = reply.status, reply.error
        exchange.body = reply.body.decode("utf-8", "replace")
        self._records.note_words(exchange.body, where="the answer to a form")
        return reply

    def _choose(self) -> str:
        """Points the workspace at the next process; the request that follows at once goes there."""
        processes = self._ready()
        if not processes:
            return ""  # the last address stays, and nobody answers there
        name, url = processes[next(self._count) % len(processes)]
        workspace = self._workspace_of_drill
        workspace.settings = replace(workspace.settings, bot_url=url)
        return name


def _person(payload: Json) -> str:
    user = payload.get("user")
    found = user.get("id") if isinstance(user, dict) else payload.get("user_id") or user
    return str(found or "")
