"""Fifty people at once on one team's budget and its parent's, on both databases: never more promised than there is, no
deadlock, and everybody is answered.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from bot.books.commitments.holds import PlannedHold
from bot.books.grants import GrantEnd
from bot.money import NANOS
from bot.refusals import Refusal
from bot.requests.budget_requests import Ask, Decision
from bot.requests.revisions import Seen
from handlers.books.balances import balances_of
from handlers.books.commitments.holds import end_hold, set_aside
from handlers.books.commitments.transfers import propose_transfer, take_back
from handlers.books.granting.grants import grant_budget
from handlers.requests.budget_requests import create_request
from handlers.requests.deciding.approvals import decide_request
from handlers.scope import Scope
from storage.faults import retry_conflicts
from tests.storage.conftest import Books

Deed = Callable[[Scope], Awaitable[object]]


async def outcome(books: Books, deed: Deed) -> str:
    """Does something in a transaction of its own, as Slack's listeners do, and returns how it ended."""

    async def once() -> None:
        async with books.context.store.begin() as tx:
            await deed(await books.context.scope(tx))

    try:
        await retry_conflicts(once)
    except Refusal:
        return "refused"
    return "done"


async def left(books: Books) -> dict[str, int]:
    """Returns the whole dollars that each team has available."""
    async with books.context.store.read() as tx:
        scope = await books.context.scope(tx)
        teams = scope.directory.alert_teams
        periods = {team.id: scope.directory.period_at(team, scope.at) for team in teams}
        found = await balances_of(scope, teams, periods)
    return {team.slug: found[team.id].available_nanos // NANOS for team in teams}


async def test_fifty_at_once_promise_what_there_is_and_no_more(mid_month: Books) -> None:
    books = mid_month
    async with books.context.store.read() as tx:
        directory = (await books.context.scope(tx)).directory
    search, product, mobile = (directory.by_slug(slug) for slug in ("search", "product", "mobile"))
    assert search is not None
    assert product is not None
    assert mobile is not None
    chloe, ben = min(directory.finance), min(directory.people_with("manager", search))
    anna, emi = sorted(directory.people_with("member", search))
    before = await left(books)
    asked = []
    for person in (anna, emi):
        async with books.context.store.begin() as tx:
            scope = (await books.context.scope(tx)).of_team(search)
            asked.append(await create_request(scope, Ask(amount_nanos=500 * NANOS, reason="a run"), person_id=person))

    def hold(number: int) -> Deed:
        async def deed(scope: Scope) -> None:
            end_day = search.day_of(scope.at) + 5
            planned = PlannedHold(name=f"run-{number}", amount_nanos=150 * NANOS, end_day=end_day)
            await set_aside(scope.of_team(search), planned, by=ben)

        return deed

    def transfer(number: int) -> Deed:
        async def deed(scope: Scope) -> None:
            await propose_transfer(
                scope, giver=search, taker=mobile, amount_nanos=130 * NANOS, reason=f"need {number}", by=chloe
            )

        return deed

    def grant(_: int) -> Deed:
        async def deed(scope: Scope) -> None:
            end = GrantEnd.after_days(3, today=mobile.day_of(scope.at), zone=mobile.timezone)
            await grant_budget(scope, mobile, directory.root, 900 * NANOS, end, by=chloe)

        return deed

    def approve(number: int) -> Deed:
        async def deed(scope: Scope) -> None:
            seen = Seen(request_id=asked[number % 2].id, revision=asked[number % 2].revision)
            await decide_request(
                scope, books.context, seen, Decision(approve=True), by=ben if number % 4 < 2 else chloe
            )

        return deed

    deeds = [hold(n) for n in range(16)] + [transfer(n) for n in range(14)] + [grant(n) for n in range(12)]
    deeds += [approve(n) for n in range(8)]
    order = sorted(range(50), key=lambda n: n * 17 % 50)
    answers = await asyncio.gather(*(outcome(books, deeds[n]) for n in order))

    assert Counter(answers).keys() <= {"done", "refused"}
    by_kind = [
        [answers[order.index(n)] for n in part] for part in (range(16), range(16, 30), range(30, 42), range(42, 50))
    ]
    held, moved, granted, approved = (kind.count("done") for kind in by_kind)
    after = await left(books)
    assert approved == 2
    assert before["search"] + 1000 - 150 * held - 130 * moved == after["search"]
    assert before["organisation"] - 900 * granted == after["organisation"]
    assert after["mobile"] == before["mobile"] + 130 * moved + 900 * granted
    assert min(after.values()) >= 0
    assert (held < 16, moved < 14) != (False, False), "there is not enough for all"
    assert await books.faults() == []

    async def undo(scope: Scope) -> None:
        for known in await scope.tx.holds.active():
            await end_hold(scope.of_team(search), known, by=ben)

    assert await outcome(books, undo) == "done"

    def back(transfer_id: int) -> Deed:
        return lambda scope: take_back(scope, transfer_id, by=ben)

    ids = [n for n in range(1, moved + 1) for _ in "ab"]
    backs = await asyncio.gather(*(outcome(books, back(transfer_id)) for transfer_id in ids))
    assert Counter(backs) == {"done": moved, "refused": moved}
    assert (await left(books))["search"] == before["search"] + 1000
    assert await books.faults() == []
