"""Any steps of many requests' lives in any order, on both databases: each does what the life says, and the books agree."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from handlers.context import Context
from tests.storage.requests.life.test_life import plays
from tests.storage.requests.life.world import AUDITED, PLAYS, World


class LifeMachine(RuleBasedStateMachine):
    """Takes one step after the other in the test's own event loop. All examples share a database."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    world: ClassVar[World]
    requests = Bundle("requests")

    def done(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    @initialize(target=requests)
    def somebody_asks_first(self) -> int:
        return self.asks()

    @rule(target=requests)
    def somebody_asks(self) -> int:
        return self.asks()

    def asks(self) -> int:
        found: int = self.done(self.world.asks()).id
        return found

    @rule(request=requests, step=st.sampled_from(sorted(PLAYS)))
    def a_step_is_taken(self, request: int, step: Any) -> None:
        self.done(self.takes(request, step))

    async def takes(self, request_id: int, step: Any) -> None:
        request = await self.world.request(request_id)
        if step == "carry" and request.period != await self.world.present_period():
            return  # it was carried already, and nothing is to be carried twice
        if step == "nudge" and request.nudged_at is not None:
            return  # once in four hours
        if step == "answer" and request_id in self.world.answered:
            return
        if step == "vote" and await self.world.has_voted(request):
            return  # each person counts once
        if step in ("remind", "escalate") and await self.world.was_audited(request_id, AUDITED["escalate"]):
            return
        await plays(self.world, step, request)

    @invariant()
    def the_books_agree(self) -> None:
        self.done(self.world.agrees())


async def test_any_steps_in_any_order_do_what_the_life_says(context: Context) -> None:
    world = World(context)
    await world.opens()
    machine = type("Machine", (LifeMachine,), {"loop": asyncio.get_running_loop(), "world": world})
    asked = int(os.environ.get("MACHINE_EXAMPLES", "0"))
    chosen = settings(
        max_examples=asked or 2,
        stateful_step_count=12,
        deadline=None,
        derandomize=not asked,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=chosen)
