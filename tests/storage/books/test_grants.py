"""Grants with an end on both databases: what is unspent goes back by itself, once, also after downtime and over a month's
end."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.books.grants import Grant, GrantEnd
from bot.books.ledger import Balance
from bot.money import NANOS
from bot.org.teams import Team
from bot.periods import micros
from bot.refusals import Refusal
from handlers.books.balances import balances_of
from handlers.books.granting.grants import end_grants, grant_budget, grants_in_use
from handlers.books.periods import keep_books
from handlers.scope import Scope
from tests.storage.conftest import Books, day_of_next_month
from tests.support.company import TEAMS_YML

DAY = timedelta(days=1)


def team_of(scope: Scope, slug: str) -> Team:
    team = scope.directory.root if slug == "acme" else scope.directory.by_slug(slug)
    assert team is not None
    return team


async def grants(
    books: Books, dollars: int, days: int | None, *, payer: str | None = "product", spent: int | None = None
) -> Grant:
    """Gives Search so many dollars until the end of a day: today's with 0."""
    async with books.context.store.begin() as tx:
        scope = await books.context.scope(tx)
        team = team_of(scope, "search")
        zone = team.zone_on(scope.at)
        at = None if days is None else GrantEnd.after_days(days, today=team.day_of(scope.at), zone=zone).at
        end = GrantEnd(at=at, spent_nanos=None if spent is None else spent * NANOS)
        return await grant_budget(
            scope, team, None if payer is None else team_of(scope, payer), dollars * NANOS, end, by=None
        )


async def balance(books: Books, slug: str) -> Balance:
    async with books.context.store.read() as tx:
        scope = await books.context.scope(tx)
        team = team_of(scope, slug)
        return (await balances_of(scope, [team], {team.id: scope.directory.period_at(team, scope.at)}))[team.id]


async def available(books: Books, *slugs: str) -> tuple[int, ...]:
    return tuple([(await balance(books, slug)).available_nanos // NANOS for slug in slugs])


async def uses(books: Books, number: str, dollars: float, ago: timedelta = timedelta()) -> None:
    await books.takes(books.event(number, dollars=dollars, ago=ago))


async def goes_to(books: Books, moment: datetime) -> None:
    """Time passes, and the jobs run."""
    books.jump_to(moment)
    await keep_books(books.context)
    await end_grants(books.context)
    assert await end_grants(books.context) == 0
    assert await books.faults() == []


async def stored(books: Books) -> list[tuple[str, int, int, str]]:
    """State, dollars returned, dollars used in earlier months, and month of each grant."""
    rows = sorted(await books.rows("grants"), key=lambda row: row.id)
    return [(r.state, r.returned_nanos // NANOS, r.used_nanos // NANOS, r.period) for r in rows]


async def test_a_grant_ends_with_its_day_and_the_unspent_goes_back(mid_month: Books) -> None:
    books = mid_month
    await uses(books, "before", 200)
    assert await available(books, "product", "search") == (9000, 800)
    await grants(books, 500, 3)
    assert await available(books, "product", "search") == (8500, 1300)
    now = books.context.now()
    await uses(books, "during", 180)
    await goes_to(books, now + 3 * DAY)
    assert (await stored(books))[0][:2] == ("active", 0)

    await goes_to(books, now + 4 * DAY)

    assert (await stored(books))[0][:2] == ("ended", 320)
    assert await available(books, "product", "search") == (8820, 800)
    received = [(await balance(books, slug)).received_nanos // NANOS for slug in ("product", "search")]
    assert received == [10000, 1180], "what came back is handed down no more"
    lapses = [row.amount_nanos // NANOS for row in await books.rows("entries") if row.kind == "lapse"]
    assert lapses == [320]


async def test_after_downtime_only_usage_until_the_end_counts(mid_month: Books) -> None:
    books = mid_month
    await grants(books, 500, 1)
    await uses(books, "during", 100)
    now = books.context.now()
    books.jump_to(now + 5 * DAY)
    await uses(books, "late", 250)
    assert await available(books, "product", "search") == (8500, 1150)

    await goes_to(books, now + 6 * DAY)

    assert (await stored(books))[0][:2] == ("ended", 400)
    assert await available(books, "product", "search") == (8900, 750)


async def test_a_team_that_overspent_gives_back_what_it_has(mid_month: Books) -> None:
    books = mid_month
    await uses(books, "before", 1300)
    await grants(books, 500, 1)
    await uses(books, "during", 50)
    assert await available(books, "search") == (150,)

    await goes_to(books, books.context.now() + 3 * DAY)

    assert (await stored(books))[0][:2] == ("ended", 150)
    assert await available(books, "product", "search") == (8650, 0)


async def test_a_grant_that_ends_when_so_much_is_spent_returns_the_rest(mid_month: Books) -> None:
    books = mid_month
    await grants(books, 500, None, spent=300)
    await uses(books, "one", 299)
    assert await end_grants(books.context) == 0
    await uses(books, "two", 11)
    assert await end_grants(books.context) == 1

    assert (await stored(books))[0][:2] == ("ended", 190)
    assert await available(books, "product", "search") == (8690, 1000)
    assert await books.faults() == []


@pytest.mark.parametrize("payer", ["acme", None])
async def test_the_rest_goes_back_where_the_money_came_from(mid_month: Books, payer: str | None) -> None:
    books = mid_month
    before = await available(books, "acme", "product", "search")
    funding = (await balance(books, "acme")).received_nanos
    await grants(books, 500, 1, payer=payer)
    assert await available(books, "product", "search") == (9000, 1500)
    await goes_to(books, books.context.now() + 3 * DAY)

    assert await available(books, "acme", "product", "search") == before
    assert (await balance(books, "acme")).received_nanos == funding


async def test_a_grant_over_a_months_end_goes_on_with_what_is_left(mid_month: Books) -> None:
    books = mid_month
    days_left = (day_of_next_month(books.context.now(), 10) - books.context.now()).days
    await grants(books, 500, days_left)
    await uses(books, "then", 120)
    next_month = day_of_next_month(books.context.now(), 2)
    await goes_to(books, next_month)

    (state,) = await stored(books)
    assert state == ("active", 0, 120, f"{next_month:%Y-%m}")
    assert await available(books, "product", "search") == (9000, 1380)
    await uses(books, "now", 30)
    await goes_to(books, next_month.replace(day=12))

    assert (await stored(books))[0][:2] == ("ended", 350)


async def test_a_grant_is_brought_through_three_months_of_downtime(mid_month: Books) -> None:
    books = mid_month
    await grants(books, 500, 110)
    await uses(books, "then", 120)
    later = books.context.now() + 95 * DAY
    await goes_to(books, later)

    (state,) = await stored(books)
    assert state == ("active", 0, 120, f"{later:%Y-%m}")
    assert await available(books, "search") == (1380,)
    carried = [row for row in await books.rows("entries") if row.kind == "carry_forward"]
    assert [row.amount_nanos // NANOS for row in carried] == [380] * len(carried)
    assert len(carried) >= 3
    await goes_to(books, later + 60 * DAY)
    assert (await stored(books))[0][:2] == ("ended", 380)


async def test_two_jobs_at_once_end_a_grant_once(mid_month: Books) -> None:
    books = mid_month
    await grants(books, 500, 1)
    await grants(books, 100, 1)
    books.jump_to(books.context.now() + 3 * DAY)
    await keep_books(books.context)
    await asyncio.gather(*(end_grants(books.context) for _ in range(5)))

    assert [row[:2] for row in await stored(books)] == [("ended", 500), ("ended", 100)]
    assert await available(books, "product", "search") == (9000, 1000)
    assert await books.faults() == []


async def test_fifty_grants_at_once_give_no_more_than_there_is(mid_month: Books) -> None:
    books = mid_month

    async def one(number: int) -> str:
        try:
            await grants(books, 400, 2 + number % 3)
        except Refusal as refusal:
            return refusal.sentence
        return "given"

    answers = await asyncio.gather(*(one(number) for number in range(50)))

    assert answers.count("given") == 22
    assert {a for a in answers if a != "given"} == {"Product has $200.00 left, and this needs $400.00."}
    assert await available(books, "product", "search") == (200, 9800)
    assert await books.faults() == []


async def test_a_team_that_moved_gives_it_back_to_who_paid(mid_month: Books) -> None:
    books = mid_month
    await grants(books, 500, 1)
    moved = TEAMS_YML.replace("parent: product", "parent: mobile").replace("{amount: 500}", "{amount: 5000}")
    await books.imports(moved)
    before = await available(books, "product", "mobile", "search")
    await goes_to(books, books.context.now() + 3 * DAY)
    after = await available(books, "product", "mobile", "search")

    assert [b - a for a, b in zip(before, after, strict=True)] == [500, 0, -500]


async def test_a_team_without_a_budget_has_the_grant_and_what_was_spent_before_does_not_count(mid_month: Books) -> None:
    books = mid_month
    await books.imports(TEAMS_YML.replace("budget: {amount: 1000, thresholds: [80, 100]}", ""))
    await uses(books, "yesterday", 70, ago=DAY)
    await grants(books, 500, 2)
    await uses(books, "today", 30)
    assert await available(books, "search") == (470,)
    async with books.context.store.read() as tx:
        scope = await books.context.scope(tx)
        (use,) = (await grants_in_use(scope, [team_of(scope, "search")])).values()
    assert [one.used_nanos // NANOS for one in use] == [30]

    await goes_to(books, books.context.now() + 4 * DAY)

    assert (await stored(books))[0][:2] == ("ended", 470)
    assert await available(books, "product") == (9970,)


async def test_an_end_is_the_end_of_a_day_in_the_teams_zone(mid_month: Books) -> None:
    books = mid_month
    grant = await grants(books, 500, 2)
    assert grant.ends_at is not None
    async with books.context.store.read() as tx:
        team = team_of(await books.context.scope(tx), "search")
    today = team.day_of(micros(books.context.now()))

    assert team.day_of(grant.ends_at - 1) == today + 2
    assert team.day_of(grant.ends_at) == today + 3


async def test_a_changed_grant_is_named_by_the_check(mid_month: Books) -> None:
    books = mid_month
    await grants(books, 500, 1)
    await goes_to(books, books.context.now() + 3 * DAY)
    async with books.context.store.begin() as tx:
        await tx.connection.execute(text("UPDATE grants SET returned_nanos = returned_nanos - 1"))

    assert await books.faults() == ["grants: grant 1 leaves its team under $0.01, its entries leave it $0.00"]
