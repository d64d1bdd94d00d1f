"""Teams that are merged or closed: their usage and what is unspent go on, and their books stay."""

from datetime import date

import pytest

from bot.books.allowances import Allowance
from bot.money import NANOS
from bot.periods import day_number, day_start
from bot.refusals import Refusal
from bot.requests.budget_requests import Ask
from handlers.alerting.budget_alerts import judge_budget
from handlers.books.allowances import Allowances
from handlers.books.periods import keep_books
from handlers.org.attribution_commands import explanations
from handlers.requests.budget_requests import create_request
from tests.storage.conftest import Books
from tests.storage.org.trees import DAY, PRODUCT, assert_agreement, below, five, left, pass_days, team, today, tree


async def test_a_merged_teams_usage_and_rest_go_to_its_taker_and_its_books_stay(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five())
    await books.takes(books.event(1, dollars=40, ago=DAY), books.event(2, dollars=100, team="ads", ago=DAY))
    merged = five("slug: ads,", "slug: ads, merged_into: search,")

    said = await books.imports(merged)
    day = await today(context)
    assert f"+ ads: ends: merged into search from {day}" in said
    assert await left(context, "ads", "sales", "organisation", "product", "search") == {
        "ads": 0,
        "sales": 4_300,
        "organisation": 6_000,
        "product": 7_500,
        "search": 960 + 600,
    }
    kinds = [
        (row.kind, row.amount_nanos // NANOS) for row in await books.rows("entries") if row.document.startswith("end:")
    ]
    assert kinds == [("lapse", 600), ("lapse", 600), ("allocation", 600), ("allocation", 600)]
    assert await books.imports(merged) == []

    pass_days(books, 1)
    await books.takes(books.event(3, dollars=9, team="ads"), books.event(4, dollars=1, team="ads", ago=2 * DAY))
    assert await left(context, "ads", "search") == {"ads": -1, "search": 1_551}
    assert await books.imports(merged) == []
    (steps,) = await explanations(context, "req-3", source=None)
    begins = day_start(
        day_number(date.fromisoformat(str(day))), "Europe/London"
    )  # in summer that is the day before in UTC
    told = f"merged team: ads: search, by merged:ads, from {begins:%Y-%m-%d %H:%M:%S} UTC"
    assert any(told in step for step in steps), steps
    await assert_agreement(books)

    books.jump_to(context.now() + 31 * DAY)
    await keep_books(context)
    assert await left(context, "ads", "sales", "search") == {"ads": 0, "sales": 5_000, "search": 1_000}


async def test_a_closed_teams_rest_goes_to_its_parent_and_so_does_what_it_still_uses(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five())
    await books.takes(books.event(1, dollars=40, ago=DAY))
    closed = five("slug: search,", f"slug: search, closed: {await today(context) + DAY},")
    await books.imports(closed)
    await keep_books(context)
    assert await left(context, "search", "product") == {"search": 960, "product": 7_500}

    pass_days(books, 1)
    await keep_books(context)
    assert (await team(context, "search")).has_ended
    assert await left(context, "search", "product") == {"search": 0, "product": 8_460}

    await books.takes(books.event(2, dollars=9), books.event(3, dollars=2, ago=2 * DAY))
    assert await left(context, "search", "product") == {"search": -2, "product": 8_451}
    assert await books.imports(closed.replace(", budget: {amount: 1000}", "")) == []
    assert await below(context, "product") == (51, 9_000 - 51)
    await assert_agreement(books)

    assert await books.imports(five()) != []
    await books.takes(books.event(4, dollars=1))
    assert await left(context, "search", "product") == {"search": -3, "product": 8_451}


async def test_a_closed_team_of_the_first_level_leaves_its_usage_unattributed(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(tree(PRODUCT, "slug: labs, name: Labs, budget: {amount: 300}"))
    await books.imports(tree(PRODUCT, f"slug: labs, name: Labs, closed: {await today(context)}"))
    await books.takes(books.event(1, dollars=9, team="labs"))

    assert await left(context, "labs", "organisation") == {"labs": 0, "organisation": 10_500 - 9}
    await assert_agreement(books)


async def test_a_team_that_has_ended_gets_no_request_no_alert_and_its_taker_answers_gateways(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five())
    await books.takes(books.event(1, dollars=990), books.event(2, dollars=2, team="ads"))
    assert (await allowed(books, "ads")).to_json()["available_usd"] == "698.000000000"
    await books.imports(
        five("slug: search,", f"slug: search, closed: {await today(context)},").replace(
            "slug: mobile,", "slug: mobile, merged_into: ads,"
        )
    )

    for slug, words in (
        ("search", "Search is closed since "),
        ("mobile", "Mobile is merged into Ads. Request budget for Ads."),
    ):
        async with context.store.begin() as tx:
            scope = await context.scope(tx)
            anna = await tx.people.by_reference("anna@acme.test")
            asked = scope.of_team(await team(context, slug))
            with pytest.raises(Refusal, match=words):
                await create_request(asked, Ask(amount_nanos=NANOS, reason="more"), person_id=anna)
            await judge_budget(asked)
    assert await books.rows("alerts") == []

    gone, taken = await allowed(books, "search"), await allowed(books, "mobile")
    assert (gone.decision, gone.team) == ("deny", "search")
    assert (taken.decision, taken.team, taken.available_nanos) == ("allow", "ads", (698 + 500) * NANOS)


async def allowed(books: Books, slug: str) -> Allowance:
    found, _ = await Allowances(books.context).of(slug, key=books.key)
    return found
