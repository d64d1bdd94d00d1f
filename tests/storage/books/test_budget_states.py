"""Budgets of $0, of none, and of later, from the import to the allowance."""

from datetime import date, datetime, timedelta

import pytest

from bot.books.allowances import Allowance, allowance_of
from bot.books.budgets import Standing
from bot.money import NANOS
from bot.requests.budget_requests import Ask, Decision
from bot.requests.revisions import Seen
from handlers.alerting.budget_alerts import judge_budget
from handlers.books.periods import keep_books
from handlers.books.standings import standing_of
from handlers.requests.budget_requests import create_request
from handlers.requests.deciding.approvals import decide_request
from handlers.scope import TeamScope
from storage.store import Transaction
from tests.storage.conftest import Books
from tests.storage.declared import person

DAY = timedelta(days=1)


def acme_yml(*teams: str, funding: int = 10_000) -> str:
    return (
        f"organisation: {{name: Acme, timezone: UTC, funding: {funding}, finance: [chloe@acme.test]}}\n"
        "teams:\n" + "".join(f"  - {{{team}}}\n" for team in (*teams, MOBILE, PRODUCT) if not _is_named(team, teams))
    )


def _is_named(team: str, teams: tuple[str, ...]) -> bool:
    return team not in teams and team.split(",", maxsplit=1)[0] in {one.split(",")[0] for one in teams}


MOBILE = "slug: mobile, name: Mobile"
PRODUCT = "slug: product, name: Product"


def search(budget: str = "", **more: str) -> str:
    extra = "".join(f", {name}: {value}" for name, value in more.items())
    return f"slug: search, name: Search, managers: [ben@acme.test]{extra}" + (
        f", budget: {{{budget}}}" if budget else ""
    )


async def team_scope(books: Books, tx: Transaction, slug: str) -> TeamScope:
    scope = await books.context.scope(tx)
    team = scope.directory.by_slug(slug)
    assert team is not None
    return scope.of_team(team)


async def stands(books: Books, slug: str = "search") -> Standing:
    async with books.context.store.read() as tx:
        return await standing_of(await team_scope(books, tx, slug))


async def answer(books: Books, slug: str = "search") -> Allowance:
    return allowance_in(await stands(books, slug))


def allowance_in(found: Standing) -> Allowance:
    return allowance_of(found.team, found.balance, period=found.period, zone=found.zone)


def dollars(found: Allowance) -> tuple[str, int, int]:
    return found.decision, found.available_nanos // NANOS, found.charged_nanos // NANOS


async def grant(books: Books, amount: int, slug: str = "search") -> None:
    anna, chloe = [await person(books.context, f"{n}@acme.test") for n in ("anna", "chloe")]
    async with books.context.store.begin() as tx:
        scope = await team_scope(books, tx, slug)
        request = await create_request(scope, Ask(amount_nanos=amount * NANOS, reason="evals"), person_id=anna)
    async with books.context.store.begin() as tx:
        await decide_request(
            await books.context.scope(tx),
            books.context,
            Seen(request_id=request.id, revision=1),
            Decision(approve=True),
            by=chloe,
        )


async def alerts(books: Books) -> list[str]:
    async with books.context.store.begin() as tx:
        await judge_budget(await team_scope(books, tx, "search"))
    return [str(row.dedupe_key) for row in await books.rows("alerts") if row.state == "open"]


async def test_a_declared_zero_denies_and_none_allows(mid_month: Books) -> None:
    await mid_month.imports(acme_yml(search("amount: 0")))
    assert dollars(await answer(mid_month)) == ("deny", 0, 0)
    assert dollars(await answer(mid_month, "mobile")) == ("allow", 0, 0)

    await mid_month.takes(mid_month.event(1, dollars=25), mid_month.event(2, dollars=4, team="mobile"))

    assert dollars(await answer(mid_month)) == ("deny", -25, 25)
    assert dollars(await answer(mid_month, "mobile")) == ("allow", 0, 4)
    assert (await answer(mid_month, "mobile")).reason == "Mobile has no budget, so none is enforced."
    assert [key.split(":")[0] for key in await alerts(mid_month)] == ["threshold"]


@pytest.mark.parametrize(("amount", "left"), [(20, -10), (0, -30)])
async def test_a_budget_lowered_below_its_spend_denies(mid_month: Books, amount: int, left: int) -> None:
    await mid_month.imports(acme_yml(search("amount: 50")))
    await mid_month.takes(mid_month.event(1, dollars=30))
    assert dollars(await answer(mid_month)) == ("allow", 20, 30)

    await mid_month.imports(acme_yml(search(f"amount: {amount}")))
    assert dollars(await answer(mid_month)) == ("deny", left, 30)

    await mid_month.imports(acme_yml(search()))
    assert dollars(await answer(mid_month)) == ("allow", 0, 30)
    assert await mid_month.faults() == []


async def test_a_parent_whose_teams_got_everything_denies_and_has_used_nothing(mid_month: Books) -> None:
    child = "slug: ads, name: Ads, parent: search, budget: {amount: 100}"
    await mid_month.imports(acme_yml(search("amount: 100"), child))

    found = await answer(mid_month)

    assert dollars(found) == ("deny", 0, 0)
    assert "$100.00 went to its teams" in found.reason
    assert "used" not in found.reason
    assert await alerts(mid_month) == []

    await mid_month.takes(mid_month.event(1, dollars=3))
    (alert,) = await alerts(mid_month)
    (message,) = [row.body for row in await mid_month.rows("outbox") if "handed its budget to its teams" in row.body]
    assert "used up" not in message
    assert alert.startswith("threshold:")


async def test_a_parent_whose_grants_got_everything_has_not_used_its_budget(mid_month: Books) -> None:
    child = "slug: ads, name: Ads, parent: search, budget: {amount: 0}"
    await mid_month.imports(acme_yml(search("amount: 100"), child))

    await grant(mid_month, 100, "ads")

    assert dollars(await answer(mid_month, "ads")) == ("allow", 100, 0)
    assert "$100.00 went to its teams" in (await answer(mid_month)).reason


async def test_a_grant_ends_a_budget_of_zero(mid_month: Books) -> None:
    await mid_month.imports(acme_yml(search("amount: 0")))
    await mid_month.takes(mid_month.event(1, dollars=25))

    await grant(mid_month, 40)

    assert dollars(await answer(mid_month)) == ("allow", 15, 25)


async def test_a_grant_is_the_first_budget_of_a_team_without_one(mid_month: Books) -> None:
    """Earlier days do not count against it. On the next month's first day there is none again."""
    await mid_month.imports(acme_yml(search()))
    await mid_month.takes(mid_month.event(1, dollars=80, ago=3 * DAY))

    await grant(mid_month, 50)
    assert dollars(await answer(mid_month)) == ("allow", 50, 0)
    await mid_month.takes(mid_month.event(2, dollars=51))
    assert dollars(await answer(mid_month)) == ("deny", -1, 51)

    mid_month.jump_to(next_month(mid_month))
    assert dollars(await answer(mid_month)) == ("allow", 0, 0)


def next_month(books: Books) -> datetime:
    return (books.context.now().replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)


async def test_spend_before_a_budgets_first_day_does_not_count(mid_month: Books) -> None:
    today = mid_month.context.now().date()
    begins = today + DAY
    await mid_month.imports(acme_yml(search(f"amount: 100, starts: {begins}")))
    await mid_month.takes(mid_month.event(1, dollars=180, ago=13 * DAY), mid_month.event(2, dollars=40))

    before = await answer(mid_month)
    assert dollars(before) == ("allow", 0, 220)
    assert before.budget == "later"
    assert before.reason == f"The budget of Search begins on {day_words(begins)}: none is enforced before."
    assert await alerts(mid_month) == []
    assert (await stands(mid_month)).forecast.run_out_day is None

    mid_month.jump_to(mid_month.context.now() + 6 * DAY)
    await keep_books(mid_month.context)
    await mid_month.takes(mid_month.event(3, dollars=30))
    found = await stands(mid_month)
    assert dollars(allowance_in(found)) == ("allow", 70, 30)
    assert found.balance.uncounted_nanos == 220 * NANOS
    assert await alerts(mid_month) == []
    assert await mid_month.faults() == []


def day_words(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


async def test_a_budget_of_a_later_month_is_not_used_up_by_spend_before(mid_month: Books) -> None:
    begins = (next_month(mid_month) + 60 * DAY).date()
    await mid_month.imports(acme_yml(search(f"amount: 100, starts: {begins}")))
    await mid_month.takes(mid_month.event(1, dollars=25))

    found = await answer(mid_month)

    assert (found.decision, found.allocated_nanos, found.budget) == ("allow", 0, "later")
    assert await alerts(mid_month) == []


async def test_a_parents_budget_pays_for_nobody_before_its_first_day(mid_month: Books) -> None:
    begins = (mid_month.context.now() + DAY).date()
    child = "slug: ads, name: Ads, parent: search, budget: {amount: 10}"
    await mid_month.imports(acme_yml(search(f"amount: 100, starts: {begins}"), child))
    anna = await person(mid_month.context, "anna@acme.test")

    async with mid_month.context.store.begin() as tx:
        scope = await team_scope(mid_month, tx, "ads")
        request = await create_request(scope, Ask(amount_nanos=5 * NANOS, reason="evals"), person_id=anna)
        assert request.payer_id == scope.directory.root.id


async def test_a_month_begins_with_its_budgets_before_the_scheduled_job_comes_round(mid_month: Books) -> None:
    """Nothing is denied meanwhile, and a request finds the money."""
    child = "slug: ads, name: Ads, parent: search, budget: {amount: 30}"
    await mid_month.imports(acme_yml(search("amount: 100"), child))
    mid_month.jump_to(next_month(mid_month))

    assert dollars(await answer(mid_month)) == ("allow", 70, 0)
    await mid_month.takes(mid_month.event(1, dollars=20))
    assert dollars(await answer(mid_month)) == ("allow", 50, 20)

    await grant(mid_month, 10, "ads")
    assert dollars(await answer(mid_month)) == ("allow", 40, 20)
    await keep_books(mid_month.context)
    assert dollars(await answer(mid_month)) == ("allow", 40, 20)
    assert await mid_month.faults() == []


async def test_budgets_of_earlier_versions_keep_their_meaning_until_the_next_import(mid_month: Books) -> None:
    """They stored 0 for none, and nothing else."""
    async with mid_month.context.store.begin() as tx:
        await tx.connection.exec_driver_sql(
            "UPDATE teams SET budget_declared = 0, budget_nanos = 0 WHERE slug = 'mobile'"
        )
        await tx.connection.exec_driver_sql("UPDATE teams SET budget_declared = 0 WHERE slug = 'search'")
        directory = await tx.teams.directory()
    assert directory is not None
    budgets = {team.slug: team.budget_nanos for team in directory.real_teams}

    assert budgets == {"product": 10_000 * NANOS, "search": 1_000 * NANOS, "mobile": None}
