"""Many clicks at once: accounts are locked once, in order, and a transaction that was undone is done again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from bot.money import NANOS
from bot.requests.budget_requests import Ask, Decision
from bot.requests.revisions import Seen
from handlers.context import Context
from handlers.requests.budget_requests import change_request, create_request, withdraw_request
from handlers.requests.deciding.approvals import decide_request
from handlers.requests.request_periods import carry_requests
from handlers.scope import Scope
from storage.faults import is_conflict, retry_conflicts
from tests.storage.declared import declared, faults, person

ASKERS = 25


def members(rest: int) -> str:
    return ", ".join(f"asker{n}@acme.test" for n in range(ASKERS) if n % 2 == rest)


THREE_LEVELS = f"""
organisation: {{name: Acme, funding: 100000, finance: [chloe@acme.test]}}
teams:
  - {{slug: product, name: Product, budget: {{amount: 1000}}}}
  - {{slug: search, name: Search, parent: product, members: [anna@acme.test, {members(1)}], budget: {{amount: 100}}}}
  - {{slug: mobile, name: Mobile, parent: product, members: [{members(0)}], budget: {{amount: 100}}}}
"""


async def does(context: Context, deed: Callable[[Scope], Awaitable[Any]]) -> Any:
    async with context.store.begin() as tx:
        return await deed(await context.scope(tx))


async def asks(context: Context, slug: str, person_id: int, dollars: int) -> int:
    async def deed(scope: Scope) -> int:
        team = scope.directory.by_slug(slug)
        assert team is not None
        made = await create_request(
            scope.of_team(team), Ask(amount_nanos=dollars * NANOS, reason="evals"), person_id=person_id
        )
        return made.id

    found: int = await does(context, deed)
    return found


async def test_fifty_clicks_at_once_end_without_a_deadlock(context: Context) -> None:
    """Changes that the team above pays, beside approvals that the organisation pays, and withdrawals."""
    await declared(context, THREE_LEVELS)
    chloe = await person(context, "chloe@acme.test")
    people = [await person(context, f"asker{n}@acme.test") for n in range(ASKERS)]
    slugs = ["search" if n % 2 else "mobile" for n in range(ASKERS)]
    ids = [await asks(context, slug, who, 5 + n) for n, (slug, who) in enumerate(zip(slugs, people, strict=True))]

    def changed(n: int) -> Callable[[Scope], Awaitable[Any]]:
        seen = Seen(request_id=ids[n], revision=None)
        return lambda scope: change_request(
            scope, seen, Ask(amount_nanos=(900 if n % 3 else 7) * NANOS, reason="more"), by=people[n], channel=""
        )

    def ended(n: int) -> Callable[[Scope], Awaitable[Any]]:
        seen = Seen(request_id=ids[n], revision=1)
        if n % 5 == 0:
            return lambda scope: withdraw_request(scope, seen, by=people[n])
        return lambda scope: decide_request(scope, context, seen, Decision(approve=bool(n % 2)), by=chloe)

    orders = ((changed, ended), (ended, changed))
    clicks = [deed(n) for n in range(ASKERS) for deed in orders[n % 2]]
    outcomes = await asyncio.gather(*(does(context, click) for click in clicks), return_exceptions=True)

    assert [o for o in outcomes if isinstance(o, DBAPIError)] == []
    async with context.store.read() as tx:
        states = {(await tx.budget_requests.by_id(one)).state for one in ids}  # type: ignore[union-attr]
    assert states <= {"pending", "approved", "denied", "withdrawn"}
    assert len(states) > 1
    assert await faults(context.store) == []


async def test_every_step_of_a_request_locks_its_accounts_before_its_first_entry(context: Context) -> None:
    """Later locks would be of accounts that it holds already."""
    await declared(context, THREE_LEVELS)
    anna, chloe = await person(context, "anna@acme.test"), await person(context, "chloe@acme.test")
    locked: list[frozenset[int]] = []

    def notes(conn: Any, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
        if "FROM accounts" in statement and "ORDER BY accounts.id" in statement:
            locked.append(frozenset(parameters))

    first, second, third = (
        Seen(request_id=1, revision=1),
        Seen(request_id=2, revision=1),
        Seen(request_id=3, revision=1),
    )
    again = Seen(request_id=1, revision=2)
    more = 900 * NANOS
    steps: list[Callable[[], Awaitable[Any]]] = [
        lambda: asks(context, "search", anna, 5),
        lambda: does(context, lambda s: change_request(s, first, Ask(amount_nanos=more, reason="more"), by=anna)),
        lambda: does(context, lambda s: decide_request(s, context, again, Decision(approve=True), by=chloe)),
        lambda: asks(context, "search", anna, 5),
        lambda: does(context, lambda s: withdraw_request(s, second, by=anna)),
        lambda: asks(context, "search", anna, 5),
        lambda: does(context, lambda s: decide_request(s, context, third, Decision(approve=False), by=chloe)),
    ]
    engine = context.store._writer.sync_engine
    event.listen(engine, "before_cursor_execute", notes)
    try:
        for number, step in enumerate(steps):
            locked.clear()
            await step()
            assert locked, number
            assert all(later <= locked[0] for later in locked), number
    finally:
        event.remove(engine, "before_cursor_execute", notes)


class Undone(Exception):
    """What PostgreSQL says to a transaction that it undid."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def undone(sqlstate: str) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, Undone(sqlstate))


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_a_transaction_that_was_undone_is_done_again(sqlstate: str) -> None:
    tried = []

    async def work() -> str:
        tried.append(1)
        if len(tried) < 4:
            raise undone(sqlstate)
        return "done"

    assert await retry_conflicts(work) == "done"
    assert len(tried) == 4


@pytest.mark.parametrize(
    ("sqlstate", "may_retry", "times"), [("40P01", True, 5), ("40P01", False, 1), ("23505", True, 1)]
)
async def test_it_is_not_tried_for_ever_nor_for_another_fault_nor_after_its_effect(
    sqlstate: str, may_retry: bool, times: int
) -> None:
    tried = []

    async def work() -> None:
        tried.append(1)
        raise undone(sqlstate)

    with pytest.raises(DBAPIError):
        await retry_conflicts(work, may_retry=lambda: may_retry)
    assert len(tried) == times


async def test_postgresqls_own_word_for_a_deadlock_is_known(context: Context) -> None:
    if context.store.is_sqlite:
        pytest.skip("SQLite has one writer at a time, and so no deadlock")
    both = asyncio.Barrier(2)

    async def locks(*keys: int) -> None:
        async with context.store.begin() as tx:
            await tx.connection.execute(text(f"SELECT pg_advisory_xact_lock({keys[0]})"))
            await both.wait()
            await tx.connection.execute(text(f"SELECT pg_advisory_xact_lock({keys[1]})"))

    outcomes = await asyncio.gather(locks(1, 2), locks(2, 1), return_exceptions=True)
    (error,) = [o for o in outcomes if isinstance(o, BaseException)]
    assert is_conflict(error)


async def test_there_is_nothing_to_carry_within_a_period(context: Context) -> None:
    await declared(context, THREE_LEVELS)
    await asks(context, "search", await person(context, "anna@acme.test"), 5)

    assert await carry_requests(context) == 0
