"""The life of a request: what `LIFE` lists happens, and what it does not list is refused and changes nothing."""

from collections.abc import Sequence

import pytest

from bot.refusals import Refusal
from bot.requests.budget_requests import BudgetRequest, RequestState
from bot.requests.lives import LIFE, Step
from handlers.context import Context
from tests.storage.requests.life.world import AUDITED, LEADS_TO, PLAYS, World, asks_again

AFTER = {(one.name, one.before): one.after for one in LIFE}
JOBS = {one.name for one in LIFE if one.by in ("clock", "policy")}
"""A job passes over what it has no step for; it tells nobody."""


APART: set[Step] = {"ask", "auto-approve", "reroute"}
ELSEWHERE: set[Step] = {"emergency"}
"""What stories of its own play."""


def test_every_step_of_the_life_is_played() -> None:
    assert {one.name for one in LIFE} == set(PLAYS) | APART | ELSEWHERE


@pytest.fixture
async def world(context: Context) -> World:
    made = World(context)
    await made.opens()
    return made


async def in_state(world: World, state: RequestState) -> BudgetRequest:
    """Returns a new request in a state."""
    request = await world.asks()
    if state != "pending":
        await PLAYS[LEADS_TO[state]](world, request)
    return await world.request(request.id)


async def test_every_step_in_every_state_does_what_the_life_says_or_nothing(world: World) -> None:
    for step in PLAYS:
        await plays(world, step, await in_state(world, "pending"))
    await asks_again_for(world, await in_state(world, "pending"))
    ended = [await in_state(world, state) for state in LEADS_TO]
    for request in ended:
        for step in (step for step in PLAYS if step not in JOBS):
            await plays(world, step, request)
        await asks_again_for(world, request)
    for step in (step for step in PLAYS if step in JOBS):  # a job looks at all requests in one run
        await PLAYS[step](world, ended[0])
    little = await world.asks_for_little()
    assert (little.state, little.decided_by) == ("approved", None)
    await reroutes(world, [*ended, await in_state(world, "pending")])
    await world.agrees()


async def reroutes(world: World, requests: Sequence[BudgetRequest]) -> None:
    """Names another manager, and asserts that pending requests alone are rerouted, in one look at all of them."""
    assert await world.reroutes() == await world.waiting()
    assert [await world.request(request.id) for request in requests] == list(requests)


async def plays(world: World, step: Step, request: BudgetRequest) -> None:
    """Takes a step, and asserts what became of the request."""
    before = await world.picture(request.id)
    sentence = await world.is_refused(step, request)
    after = await world.picture(request.id)
    words = f"{step} of a request that is {request.state}: {sentence!r}"
    if (step, request.state) in AFTER:
        assert sentence == "", words
        assert after.request.state == AFTER[step, request.state], words
        assert after.counts != before.counts, words
        assert await world.was_audited(request.id, AUDITED[step]), words
        return
    assert after.request == before.request, words
    if step in JOBS:
        assert sentence == "", words
    else:
        assert after.counts == before.counts, words
        assert len(sentence) > 20, words
        assert sentence.endswith("."), words


async def asks_again_for(world: World, request: BudgetRequest) -> None:
    """Who asks again has one request waiting, and an old one stays as it was."""
    if request.state == "pending":
        with pytest.raises(Refusal, match="You already asked for"):
            await asks_again(world, request)
    else:
        await asks_again(world, request)
    assert await world.request(request.id) == request
