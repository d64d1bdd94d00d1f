"""An amount that one request holds cannot be promised to another."""

import asyncio

from sqlalchemy import text

from bot.books.ledger import Account
from bot.money import NANOS
from bot.requests.budget_requests import Ask, Decision
from bot.requests.revisions import Seen
from handlers.context import Context
from handlers.requests.budget_requests import create_request
from handlers.requests.deciding.approvals import decide_request
from tests.storage.declared import balance, declared, faults, person, teams_yml
from tests.support.waiting import until


async def with_accounts(context: Context) -> None:
    """Creates the accounts of the organisation: creating them later would make one request wait for the other."""
    async with context.store.begin() as tx:
        root = (await context.rulebooks.current(tx)).directory.root
        period = (await context.rulebooks.current(tx)).directory.period_at(root, context.now_micros()).name
        await tx.ledger.lock(Account(team_id=root.id, period=period, bucket=bucket) for bucket in ("available", "held"))


async def test_two_who_ask_at_once_are_not_promised_the_same_money(context: Context) -> None:
    """The organisation has 600 left. One request holds it; finance decides the other."""
    await declared(context, teams_yml())
    await with_accounts(context)
    anna, emi, chloe = [await person(context, f"{n}@acme.test") for n in ("anna", "emi", "chloe")]
    second: list[asyncio.Task[int]] = []

    async def ask(slug: str, person_id: int) -> int:
        async with context.store.begin() as tx:
            scope = await context.scope(tx)
            team = scope.directory.by_slug(slug)
            assert team is not None
            request = await create_request(
                scope.of_team(team), Ask(amount_nanos=600 * NANOS, reason="evals"), person_id=person_id
            )
            if not second:
                second.append(asyncio.create_task(ask("mobile", emi)))
                await until(is_second_held_up, what="the second request held up, or through")
            return request.held_nanos

    async def is_second_held_up() -> bool:
        """Not committed yet: the other one has all the time to read what it should not."""
        if context.store.is_sqlite or second[0].done():
            return True  # SQLite has one writer: the other's transaction begins when this one ends
        async with context.store.read() as tx:
            waiting = await tx.connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        return bool(waiting.scalar_one() > 0)

    held = [await ask("search", anna), await second[0]]
    assert held == [600 * NANOS, 0]
    assert (await balance(context, "organisation")).available_nanos == 0

    async def approve(request_id: int) -> None:
        async with context.store.begin() as tx:
            await decide_request(
                await context.scope(tx),
                context,
                Seen(request_id=request_id, revision=1),
                Decision(approve=True),
                by=chloe,
            )

    await asyncio.gather(approve(1), approve(2))
    root = await balance(context, "organisation")
    assert (root.available_nanos, root.held_nanos) == (0, 0)
    assert (await balance(context, "search")).allocated_nanos == 1_000 * NANOS
    assert (await balance(context, "mobile")).allocated_nanos == 600 * NANOS
    async with context.store.read() as tx:
        funded = "SELECT amount_nanos FROM entries WHERE kind = 'appropriation' ORDER BY id"
        assert list((await tx.connection.execute(text(funded))).scalars()) == [1_000 * NANOS, 600 * NANOS]
    assert await faults(context.store) == []


async def test_two_approvals_of_one_request_grant_it_once(context: Context) -> None:
    await declared(context, teams_yml())
    anna, ben, chloe = [await person(context, f"{n}@acme.test") for n in ("anna", "ben", "chloe")]
    async with context.store.begin() as tx:
        scope = await context.scope(tx)
        team = scope.directory.by_slug("search")
        assert team is not None
        await create_request(scope.of_team(team), Ask(amount_nanos=50 * NANOS, reason="evals"), person_id=anna)

    async def decide(by: int, approve: bool) -> None:
        async with context.store.begin() as tx:
            await decide_request(
                await context.scope(tx), context, Seen(request_id=1, revision=1), Decision(approve=approve), by=by
            )

    outcomes = await asyncio.gather(decide(ben, True), decide(chloe, True), return_exceptions=True)

    assert [type(o).__name__ for o in outcomes if o is not None] == ["Ended"]
    assert (await balance(context, "search")).allocated_nanos == 450 * NANOS
    assert await faults(context.store) == []
