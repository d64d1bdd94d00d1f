"""The tree of teams over time: teams move or get another slug, and keep their books."""

import pytest

from handlers.books.periods import keep_books
from tests.storage.conftest import Books
from tests.storage.org.trees import (
    DAY,
    FIVE,
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
