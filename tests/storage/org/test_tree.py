"""The tree of teams over time: teams move or get another slug, and keep their books."""

from datetime import UTC, datetime

import pytest

from bot.money import NANOS
from bot.org.people_file import read_people_file
from handlers.books.periods import keep_books
from handlers.org.people import import_people
from tests.storage.books.test_budget_states import grant
from tests.storage.conftest import Books
from tests.storage.org.trees import (
    DAY,
    FIVE,
    HOUR,
    PRODUCT,
    SALES,
    SEARCH,
    assert_agreement,
    below,
    five,
    left,
    pass_days,
    refused,
    team,
    today,
    tree,
)


async def test_a_team_that_moves_counts_at_the_new_place_from_the_day_of_its_move(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five())
    await books.takes(books.event(1, dollars=40, ago=2 * DAY), books.event(2, dollars=7, team="ads"))
    assert await below(context, "product") == (40, 8_960)

    said = await books.imports(five("Search, parent: product", "Search, parent: sales"))
    await books.takes(books.event(3, dollars=5))

    assert f"~ search: parent: product → sales since {await today(context)}" in said
    assert await below(context, "product") == (40, 9_000)
    assert await below(context, "sales") == (12, 5_000 - 7 - 45)
    assert await left(context, "product", "sales", "search") == {"product": 8_500, "sales": 3_300, "search": 955}
    assert await books.imports(five("Search, parent: product", "Search, parent: sales")) == []
    await assert_agreement(books)


async def test_an_import_may_date_a_move_and_correct_its_date(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five())
    await books.takes(
        *(books.event(n, dollars=10**n, ago=(4 - n) * DAY) for n in (0, 1, 2, 3)),
    )
    moved = await today(context)
    for days, before in ((2, 11), (1, 111), (3, 1)):
        text = f"Search, parent: sales, moved: {moved - days * DAY}"
        assert await books.imports(five("Search, parent: product", text)) != []
        assert (await below(context, "product"))[0] == before, days
        assert (await below(context, "sales"))[0] == 1_111 - before

    back = await refused(context, five("Search, parent: product", f"Search, parent: product, moved: {moved - 5 * DAY}"))
    assert back == [
        f"teams[search].moved: the team moved on {moved - 3 * DAY} before; {moved - 5 * DAY} must be a later day"
    ]
    await assert_agreement(books)


async def test_a_move_in_the_future_begins_on_its_day(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five())
    await books.imports(
        five("Search, parent: product", f"Search, parent: sales, moved: {await today(context) + 2 * DAY}")
    )
    await keep_books(context)
    assert (await team(context, "search")).parent_id == (await team(context, "product")).id
    assert await left(context, "product", "sales") == {"product": 7_500, "sales": 4_300}

    pass_days(books, 2)
    await keep_books(context)

    assert (await team(context, "search")).parent_id == (await team(context, "sales")).id
    assert await left(context, "product", "sales") == {"product": 8_500, "sales": 3_300}
    await assert_agreement(books)


async def test_moves_whose_dates_would_make_a_circle_are_refused_and_nothing_is_posted(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(tree(PRODUCT, SALES, f"{SEARCH[:-1]}}}", "slug: web, name: Web, parent: search"))
    entries = await books.rows("entries")
    day = await today(context)

    swapped = tree(
        PRODUCT,
        SALES,
        SEARCH.replace("parent: product", f"parent: web, moved: {day}"),
        f"slug: web, name: Web, parent: product, moved: {day + 3 * DAY}, budget: {{amount: 1000}}",
    )
    assert await refused(context, swapped) == [
        f"teams[search].moved: on {day} it would be below itself; date the moves of the teams above it"
    ]
    assert await books.rows("entries") == entries
    assert await books.imports(swapped.replace(f", moved: {day + 3 * DAY}", "")) != []


async def test_a_renamed_team_keeps_its_id_books_channel_and_its_old_name_in_usage(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five())
    await books.takes(books.event(1, dollars=40, ago=DAY))
    before = await team(context, "search")
    entries = await books.rows("entries")
    renamed = five("slug: search,", "slug: find, renamed_from: search,")

    assert await books.imports(renamed) == ["~ find: slug: search → find"]
    assert await books.imports(renamed) == []
    await books.takes(books.event(2, dollars=5), books.event(3, dollars=6, team="find"))

    after = await team(context, "find")
    assert (after.id, after.channel_id) == (before.id, "C0SEARCH")
    assert (await team(context, "search")).slug == "find"
    assert await books.rows("entries") == entries
    assert await left(context, "find") == {"find": 949}

    again = five("slug: search,", "slug: seek, renamed_from: find,")
    assert await books.imports(again) == ["~ seek: slug: find → seek"]
    assert {(await team(context, slug)).id for slug in ("search", "find", "seek")} == {before.id}
    await books.takes(books.event(4, dollars=1), books.event(5, dollars=1, team="find"))
    assert await left(context, "seek") == {"seek": 947}
    await assert_agreement(books)


async def test_a_file_that_missed_a_name_in_between_finds_the_team_by_any_former_one(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five())
    before = await team(context, "search")
    await books.imports(five("slug: search,", "slug: find, renamed_from: search,"))

    await books.imports(five("slug: search,", "slug: seek, renamed_from: search,"))
    assert (await team(context, "seek")).id == before.id

    assert await refused(context, tree(*FIVE, "slug: web, name: Web, renamed_from: mobile")) == [
        "teams[web].renamed_from: mobile is a team of this file too"
    ]


async def test_two_teams_with_books_are_merged_and_never_renamed(mid_month: Books) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five())

    assert await refused(context, tree(PRODUCT, SALES, SEARCH.replace("name:", "renamed_from: mobile, name:"))) == [
        "teams[search].renamed_from: mobile and search are two teams with books of their own; keep mobile and give it "
        "`merged_into: search`"
    ]


@pytest.mark.parametrize(
    ("teams", "fault"),
    [
        (
            (PRODUCT, SALES, SEARCH, "slug: web, name: W, channel: c0search"),
            "teams[web].channel: c0search is the channel of search",
        ),
        (
            (PRODUCT, SALES, "slug: web, name: W, channel: C0SEARCH"),
            "teams[web].channel: C0SEARCH is the channel of search",
        ),
        (("slug: product, name: P, closed: 2026-01-01",), "teams[product].closed: search is below it and goes on"),
        (
            ("slug: product, name: P, merged_into: sales", SALES),
            "teams[product].merged_into: search is below it and goes on; move or close that too",
        ),
    ],
)
async def test_faults_with_teams_outside_of_the_file_are_named_and_nothing_is_stored(
    mid_month: Books, teams: tuple[str, ...], fault: str
) -> None:
    await mid_month.imports(five())
    entries = await mid_month.rows("entries")

    assert fault in [line[: len(fault)] for line in await refused(mid_month.context, tree(*teams))]
    assert await mid_month.rows("entries") == entries
    assert await mid_month.imports(five()) == []


async def test_a_person_who_moves_leaves_booked_usage_and_the_rest_of_a_grant_with_the_former_team(
    mid_month: Books,
) -> None:
    books, context = mid_month, mid_month.context
    await books.imports(five("slug: search,", "slug: search, members: [anna@acme.test],"))
    await grant(books, 300)
    await books.takes(books.event(1, dollars=100, team=None, ago=2 * DAY))
    assert await left(context, "search", "ads") == {"search": 1_200, "ads": 700}
    entries = len([row for row in await books.rows("entries") if row.usage_day is None])

    moved = await today(context) - DAY
    said = await import_people(
        context, read_people_file(f"email,team,from\nanna@acme.test,ads,{moved}\n"), dry_run=False
    )
    assert any("ads" in line for line in said), said
    await books.takes(
        books.event(2, dollars=10, team=None),
        books.event(3, dollars=1, team=None, ago=2 * DAY),
    )

    assert await left(context, "search", "ads") == {"search": 1_199, "ads": 690}
    assert len([row for row in await books.rows("entries") if row.usage_day is None]) == entries
    await assert_agreement(books)


async def test_a_fiscal_year_that_would_give_a_period_with_entries_other_days_is_refused(mid_month: Books) -> None:
    await mid_month.imports(five())
    moved = five().replace("name: Acme,", "name: Acme, fiscal_year_starts: 02-15,")

    (fault,) = await refused(mid_month.context, moved)
    assert fault.startswith("organisation.fiscal_year_starts: 20")
    assert fault.endswith(" and would mean other days; keep 01-01")
    assert await mid_month.imports(moved.replace("02-15", "02-01")) != []


async def test_charges_of_a_fiscal_year_are_posted_in_its_period_by_the_teams_own_days(books: Books) -> None:
    """Sydney's year begins hours before London's, so two periods are open at once, and each day is in its own."""
    text = tree(PRODUCT, SEARCH.replace("parent: product,", "parent: product, timezone: Australia/Sydney,"), SALES)
    await books.imports(text.replace("name: Acme,", "name: Acme, period: quarter, fiscal_year_starts: 02-01,"))
    year = books.context.now().year + 1
    books.jump_to(datetime(year, 4, 30, 15, 30, tzinfo=UTC))  # 1 May, 1:30 in Sydney, and 16:30 in London
    await keep_books(books.context)
    await books.takes(books.event(1, dollars=2, ago=2 * HOUR), books.event(2, dollars=3), books.event(3, team="sales"))
    books.jump_to(datetime(year, 5, 3, 12, tzinfo=UTC))
    await keep_books(books.context)

    posted = {(row.period, row.amount_nanos // NANOS) for row in await books.rows("entries") if row.kind == "charge"}
    assert posted == {(f"FY{year + 1}-Q1", 2), (f"FY{year + 1}-Q2", 3), (f"FY{year + 1}-Q1", 1)}
    assert await books.faults() == []
