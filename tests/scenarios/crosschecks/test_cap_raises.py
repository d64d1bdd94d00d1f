"""Caps of people and keys at a gateway: raised by an approved request, and taken back when it ends."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.money import NANOS
from bot.periods import micros
from bot.requests.budget_requests import Ask, CapKind, Decision, RequestEnd
from bot.requests.revisions import Seen
from handlers.requests.budget_requests import create_request
from handlers.requests.deciding.approvals import decide_request
from tests.gateways.litellm import Budget
from tests.support.caps import Gateway, gateway
from tests.support.company import Company


@pytest.fixture
async def eu(acme_on_both: Company) -> AsyncIterator[Gateway]:
    async with gateway(acme_on_both) as made:
        made.proxy.members["team-abc", "anna@acme.test"] = Budget(max_budget=50.0)
        made.proxy.keys["key-12"] = Budget(max_budget=20.0)
        await made.follows()
        yield made


async def approved(eu: Gateway, kind: CapKind, *, dollars: int, days: int) -> None:
    """Anna asks for the cap of a person or key, until a day, and Ben approves."""
    context = eu.acme.context
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        search = scope.of_team(scope.directory.teams_by_slug["search"])
        anna = await tx.people.by_reference("anna@acme.test")
        ben = await tx.people.by_reference("ben@acme.test")
        end = RequestEnd(kind="date", at=micros(scope.now + timedelta(days=days)))
        ref = str(anna) if kind == "member" else "key-12"
        ask = Ask(amount_nanos=dollars * NANOS, reason="evals", end=end, cap_kind=kind, cap_ref=ref)
        request = await create_request(search, ask, person_id=anna)
        seen = Seen(request_id=request.id, revision=request.revision)
        await decide_request(search, context, seen, Decision(approve=True), by=ben)
    await eu.follows()


async def test_a_member_s_cap_goes_up_by_what_was_approved_and_back_at_the_end(eu: Gateway) -> None:
    member = eu.proxy.members["team-abc", "anna@acme.test"]
    await approved(eu, "member", dollars=30, days=2)
    assert member.max_budget == 80.0
    assert eu.cap == 1000.0  # no budget moves

    eu.later(days=1)
    await eu.follows()
    assert member.max_budget == 80.0

    eu.later(days=1, minutes=10)
    await eu.follows()
    assert member.max_budget == 50.0
    eu.later(minutes=10)
    await eu.follows()
    assert [(w.before, w.after) for w in eu.proxy.writes if w.kind == "member"] == [(50.0, 80.0), (80.0, 50.0)]


async def test_a_cap_that_somebody_changed_meanwhile_is_not_taken_back(eu: Gateway) -> None:
    await approved(eu, "key", dollars=5, days=1)
    assert eu.proxy.keys["key-12"].max_budget == 25.0

    eu.later(days=1, minutes=1)
    eu.proxy.keys["key-12"].max_budget = 200.0
    await eu.follows()
    eu.later(minutes=10)
    await eu.follows()

    assert eu.proxy.keys["key-12"].max_budget == 200.0


async def test_a_member_without_a_cap_of_their_own_has_nothing_to_raise(eu: Gateway) -> None:
    eu.proxy.members["team-abc", "anna@acme.test"].max_budget = None
    await approved(eu, "member", dollars=30, days=2)

    (row,) = [row for row in await eu.rows() if row.target.kind == "member"]
    assert (row.state, row.sentence) == ("idle", "this member has no cap of its own there")
    assert eu.proxy.members["team-abc", "anna@acme.test"].max_budget is None
