"""A worker that is killed at any step, and another that continues: decided once, written once, read back."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from handlers.context import Context
from handlers.crosschecks.caps import team_run
from handlers.crosschecks.caps.following import CapFollower
from tests.scenarios.requests.test_budget_requests import ask, books_agree
from tests.support.caps import KEYS, Gateway, gateway
from tests.support.company import Company


@pytest.fixture
async def eu(acme_on_both: Company) -> AsyncIterator[Gateway]:
    async with gateway(acme_on_both) as made:
        yield made


STEPS = ("claim", "read", "plan", "write")


@pytest.mark.parametrize("step", STEPS)
async def test_a_worker_killed_after_a_step_is_continued_by_another(eu: Gateway, step: str) -> None:
    """The process is gone: nothing of it runs on, and its lease ends by itself."""
    await eu.follows()
    card = await ask(eu.acme, eu.acme.anna)
    await eu.acme.ben.clicks("Approve", card)
    await killed_after(eu.acme.context, step)

    await eu.follows()  # the lease of the dead worker holds
    assert len(eu.proxy.writes) == (2 if step == "write" else 1)
    eu.later(seconds=40)
    await eu.follows()

    (row,) = await eu.rows()
    assert (eu.cap, row.state, row.set_nanos) == (1500.0, "set", 1_500_000_000_000)
    assert [w.after for w in eu.proxy.writes if w.before != w.after] == [1000.0, 1500.0]
    await books_agree(eu.acme)


async def test_a_worker_killed_at_the_very_first_write_leaves_no_conflict(eu: Gateway) -> None:
    await killed_after(eu.acme.context, "plan")
    eu.later(seconds=40)
    await eu.follows()

    (row,) = await eu.rows()
    assert (eu.cap, row.state, row.conflict) == (1000.0, "set", 0)


class Killed(BaseException):
    """The process ends here."""


async def killed_after(context: Context, step: str) -> None:
    """Runs a follower that ends after a step, as `kill -9` would end it."""

    async with aiohttp.ClientSession() as session:
        follower = CapFollower(context, session, environment=KEYS)
        await follower.sync()
        with pytest.MonkeyPatch.context() as patch:

            def dies(method: str) -> None:
                original = getattr(team_run.TeamRun, method)

                async def doomed(self: team_run.TeamRun, *args: object) -> object:
                    await original(self, *args)
                    raise Killed

                patch.setattr(team_run.TeamRun, method, doomed)

            async def at_once(self: team_run.TeamRun, *args: object) -> object:
                raise Killed

            if step == "claim":
                patch.setattr(team_run.TeamRun, "read", at_once)
            elif step == "read":
                dies("read")
            elif step == "plan":
                patch.setattr(team_run.TeamRun, "write", at_once)
            elif step == "write":
                dies("write")
            async with context.store.read() as tx:
                due = await tx.gateway_caps.due_teams(now=context.now_micros(), limit=1)
            with pytest.raises(Killed):
                await follower.follow(due[0])
