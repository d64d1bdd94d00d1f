"""What an approval gives: for the period, until a date, from now on, out of another team's budget, or a person's cap."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.money import NANOS
from bot.periods import micros
from bot.refusals import FieldRefusal, Refusal
from bot.requests.budget_requests import Ask, BudgetRequest, Decision, RequestEnd
from bot.requests.revisions import Seen
from handlers.books.granting.early_ends import end_grant_early
from handlers.context import Context
from handlers.requests.budget_requests import create_request
from handlers.requests.deciding.approvals import ask_for_budget, decide_request
from handlers.requests.deciding.deciders import route_of
from handlers.requests.request_periods import carry_requests
from tests.storage.conftest import Books, day_of_next_month
from tests.storage.declared import balance, declared, faults, person, teams_yml

ASK = Ask(amount_nanos=50 * NANOS, reason="evals")
YES = Decision(approve=True)


async def ask(context: Context, wanted: Ask, *, slug: str = "search") -> BudgetRequest:
    anna = await person(context, "anna@acme.test")
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        team = scope.directory.by_slug(slug)
        assert team is not None
        return await create_request(scope.of_team(team), wanted, person_id=anna)


async def decide(context: Context, request: BudgetRequest, decision: Decision) -> BudgetRequest:
    chloe = await person(context, "chloe@acme.test")
    async with context.store.begin() as tx:
        seen = Seen(request_id=request.id, revision=request.revision)
        return await decide_request(await context.scope(tx), context, seen, decision, by=chloe)


async def team_id(context: Context, slug: str) -> int:
    async with context.store.read() as tx:
        team = (await context.scope(tx)).directory.by_slug(slug)
    assert team is not None
    return team.id


async def declared_nanos(context: Context, slug: str) -> int | None:
    async with context.store.read() as tx:
        team = (await context.scope(tx)).directory.by_slug(slug)
    assert team is not None
    return team.budget_nanos


async def test_budget_until_a_date_is_a_grant_that_ends(context: Context) -> None:
    await declared(context, teams_yml())
    before = (await balance(context, "search")).allocated_nanos
    ends = micros(context.now() + timedelta(days=3))

    given = await decide(context, await ask(context, replace(ASK, end=RequestEnd(kind="date", at=ends))), YES)

    async with context.store.read() as tx:
        (grant,) = await tx.grants.active()
    assert (given.grant_id, grant.ends_at, grant.amount_nanos) == (grant.id, ends, 50 * NANOS)
    assert (await balance(context, "search")).allocated_nanos == before + 50 * NANOS
    assert await faults(context.store) == []


async def test_budget_from_now_on_raises_the_declared_budget(context: Context) -> None:
    await declared(context, teams_yml())
    before, spendable = await declared_nanos(context, "search"), (await balance(context, "search")).allocated_nanos
    root = (await balance(context, "organisation")).available_nanos

    await decide(context, await ask(context, replace(ASK, end=RequestEnd(kind="open"))), YES)

    assert await declared_nanos(context, "search") == (before or 0) + 50 * NANOS
    assert (await balance(context, "search")).allocated_nanos == spendable + 50 * NANOS
    after = await balance(context, "organisation")
    assert (after.available_nanos, after.held_nanos) == (root - 50 * NANOS, 0)
    assert await faults(context.store) == []


async def test_another_amount_and_end_than_asked_is_what_counts(context: Context) -> None:
    await declared(context, teams_yml())
    before = (await balance(context, "search")).allocated_nanos
    request = await ask(context, replace(ASK, end=RequestEnd(kind="open")))

    other = Decision(approve=True, amount_nanos=20 * NANOS, end=RequestEnd())
    given = await decide(context, request, other)

    assert (given.amount_nanos, given.given_nanos, given.given_end) == (50 * NANOS, 20 * NANOS, RequestEnd())
    assert (await balance(context, "search")).allocated_nanos == before + 20 * NANOS
    assert (await balance(context, "organisation")).held_nanos == 0
    async with context.store.read() as tx:
        assert await tx.budget_requests.by_id(given.id) == given
    assert await faults(context.store) == []


async def test_a_larger_amount_than_asked_needs_a_payer_for_all_of_it(context: Context) -> None:
    await declared(context, teams_yml())
    root = (await balance(context, "organisation")).available_nanos
    request = await ask(context, ASK)

    given = await decide(context, request, Decision(approve=True, amount_nanos=root))

    assert given.given_nanos == root
    after = await balance(context, "organisation")
    assert (after.available_nanos, after.held_nanos) == (0, 0)
    assert await faults(context.store) == []


async def test_another_team_gives_what_is_moved(context: Context) -> None:
    await declared(context, teams_yml(mobile=100))
    giver = await team_id(context, "mobile")
    search, mobile = [(await balance(context, slug)).available_nanos for slug in ("search", "mobile")]
    some = mobile // 2

    request = await ask(context, replace(ASK, amount_nanos=some, giver_id=giver))
    assert (request.payer_id, request.held_nanos) == (giver, some)
    assert (await balance(context, "mobile")).held_nanos == some
    await decide(context, request, YES)

    assert (await balance(context, "search")).available_nanos == search + some
    after = await balance(context, "mobile")
    assert (after.available_nanos, after.held_nanos) == (mobile - some, 0)
    assert await faults(context.store) == []


async def test_a_team_gives_no_more_than_it_has(context: Context) -> None:
    await declared(context, teams_yml(mobile=100))
    giver, mobile = await team_id(context, "mobile"), (await balance(context, "mobile")).available_nanos

    with pytest.raises(FieldRefusal, match="so it can't give"):
        await ask(context, replace(ASK, amount_nanos=mobile + 1, giver_id=giver))

    request = await ask(context, replace(ASK, amount_nanos=mobile, giver_id=giver))
    with pytest.raises(Refusal, match="so it can't give"):
        await decide(context, request, Decision(approve=True, amount_nanos=mobile + 1))
    assert (await balance(context, "mobile")).held_nanos == mobile
    assert await faults(context.store) == []


async def test_a_persons_cap_moves_no_budget(context: Context) -> None:
    await declared(context, teams_yml())
    before = [await balance(context, slug) for slug in ("search", "organisation")]

    request = await ask(context, replace(ASK, cap_kind="member", cap_ref="7"))
    assert (request.payer_id, request.held_nanos) == (None, 0)
    given = await decide(context, request, YES)

    assert given.given_nanos == 50 * NANOS
    assert [await balance(context, slug) for slug in ("search", "organisation")] == before
    assert await faults(context.store) == []


async def test_the_policy_alone_approves_nothing_from_now_on(context: Context) -> None:
    await declared(context, teams_yml() + "policy: {approvals: [{up_to: 100, auto: true}, {by: finance}]}\n")
    before, anna = await declared_nanos(context, "search"), await person(context, "anna@acme.test")

    async with context.store.begin() as tx:
        scope = (await context.scope(tx)).of_team_id(await team_id(context, "search"))
        given = await ask_for_budget(scope, context, replace(ASK, end=RequestEnd(kind="open")), person_id=anna)

    assert given.state == "pending"
    assert await declared_nanos(context, "search") == before
    assert (await decide(context, given, YES)).state == "approved"
    assert await declared_nanos(context, "search") == (before or 0) + 50 * NANOS
    assert await faults(context.store) == []


async def test_a_decision_gives_no_longer_than_the_other_team_may(context: Context) -> None:
    await declared(context, teams_yml(mobile=100))
    giver = await team_id(context, "mobile")
    request = await ask(context, replace(ASK, giver_id=giver))

    with pytest.raises(Refusal, match="is for this period"):
        await decide(context, request, Decision(approve=True, end=RequestEnd(kind="open")))

    assert (await balance(context, "mobile")).held_nanos == 50 * NANOS


async def test_a_request_out_of_a_team_that_has_less_in_the_next_period_ends(mid_month: Books) -> None:
    """Else it would hold last month's budget, and stop the requests after it from being carried."""
    books, context = mid_month, mid_month.context
    await books.imports(teams_yml(mobile=100, funding=None))
    giver = await team_id(context, "mobile")
    held = await ask(context, replace(ASK, giver_id=giver))
    after = await ask(context, ASK, slug="mobile")
    books.jump_to(day_of_next_month(context.now(), 2))
    await books.imports(teams_yml(mobile=10, funding=None))

    assert await carry_requests(context) == 2

    async with context.store.read() as tx:
        states = [getattr(await tx.budget_requests.by_id(one.id), "state", "") for one in (held, after)]
    assert states == ["expired", "pending"]
    assert await faults(context.store) == []


async def test_the_policy_alone_moves_no_other_teams_budget(context: Context) -> None:
    lines = "policy: {approvals: [{up_to: 100, auto: true}, {by: [dan@acme.test]}]}\n"
    await declared(context, teams_yml(mobile=100) + lines)
    giver, anna, mia, dan = [
        await team_id(context, "mobile"),
        *[await person(context, f"{name}@acme.test") for name in ("anna", "mia", "dan")],
    ]

    async with context.store.begin() as tx:
        scope = (await context.scope(tx)).of_team_id(await team_id(context, "search"))
        asked = await ask_for_budget(scope, context, replace(ASK, giver_id=giver), person_id=anna)
        route = route_of(scope, asked)

    assert asked.state == "pending"
    assert {mia, dan} <= route.deciders
    assert route.needed == 2


async def test_a_team_that_closed_meanwhile_gets_nothing(context: Context) -> None:
    await declared(context, teams_yml())
    request = await ask(context, ASK)
    day = context.now().date() - timedelta(days=1)
    await declared(context, teams_yml().replace("    name: Search\n", f"    name: Search\n    closed: {day}\n"))

    with pytest.raises(Refusal, match="closed"):
        await decide(context, request, YES)

    assert (await decide(context, request, Decision(approve=False, reason="closed"))).state == "denied"
    assert await faults(context.store) == []


async def test_a_persons_limit_until_a_day_that_is_over_is_not_approved(context: Context) -> None:
    await declared(context, teams_yml())
    ends = RequestEnd(kind="date", at=micros(context.now() + timedelta(hours=1)))
    request = await ask(context, replace(ASK, cap_kind="member", cap_ref="7", end=ends))
    over = RequestEnd(kind="date", at=micros(context.now() - timedelta(hours=1)))

    with pytest.raises(FieldRefusal, match="That day is over"):
        await decide(context, request, Decision(approve=True, end=over))


async def test_a_parts_limit_goes_back_with_its_grant(context: Context) -> None:
    parts = "{amount: 400, parts: [{workflow: evals, amount: 100}]}"
    await declared(context, teams_yml().replace("{amount: 400}", parts))
    ends = RequestEnd(kind="date", at=micros(context.now() + timedelta(days=3)))
    wanted = replace(ASK, cap_kind="workflow", cap_ref="workflow:evals", end=ends)
    given, chloe = await decide(context, await ask(context, wanted), YES), await person(context, "chloe@acme.test")
    assert given.grant_id is not None
    search = await team_id(context, "search")

    async with context.store.begin() as tx:
        await end_grant_early(await context.scope(tx), context, given.grant_id, by=chloe)

    async with context.store.read() as tx:
        (raised,) = await tx.limit_raises.of_teams([search])
    assert not raised.counts(declared_nanos=100 * NANOS, period="", at=context.now_micros())
    assert await faults(context.store) == []
