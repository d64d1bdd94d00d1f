"""The tree of teams over time: teams move, get another slug, merge and close, and keep their books."""

from datetime import date, timedelta

import pytest

from bot.money import NANOS
from bot.org.teams import Directory, Team
from bot.org.teams_file import read_teams_file
from bot.periods import date_of
from bot.refusals import ConfigError
from handlers.books.periods import keep_books
from handlers.books.subtrees import subtree_figures_of
from handlers.context import Context
from handlers.org.attribution_commands import explanations
from handlers.org.teams import import_teams
from tests.storage.conftest import Books

DAY = timedelta(days=1)
HEAD = "organisation: {name: Acme, timezone: Europe/London, funding: 20000}\nteams:\n"
PRODUCT = "slug: product, name: Product, budget: {amount: 9000}"
SALES = "slug: sales, name: Sales, budget: {amount: 5000}"
SEARCH = "slug: search, name: Search, parent: product, channel: C0SEARCH, budget: {amount: 1000}"
MOBILE = "slug: mobile, name: Mobile, parent: product, budget: {amount: 500}"
ADS = "slug: ads, name: Ads, parent: sales, channel: C0ADS, budget: {amount: 700}"
WEB = "slug: web, name: Web, channel: C0SEARCH"
FIVE = (PRODUCT, SALES, SEARCH, MOBILE, ADS)


def tree(*teams: str) -> str:
    return HEAD + "".join(f"  - {{{team}}}\n" for team in teams)


def five(old: str = "", new: str = "") -> str:
    """Returns the five teams with one text replaced in all of them."""
    assert not old or old in tree(*FIVE)
    return tree(*(team.replace(old, new) for team in FIVE)) if old else tree(*FIVE)


async def refused(context: Context, text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        await import_teams(context, read_teams_file(text), dry_run=False)
    return str(raised.value).splitlines()


async def directory(context: Context) -> Directory:
    async with context.store.read() as tx:
        return (await context.rulebooks.current(tx)).directory


async def team(context: Context, slug: str) -> Team:
    found = (await directory(context)).by_slug(slug)
    assert found is not None
    return found


async def left(context: Context, *slugs: str) -> dict[str, float]:
    """Returns the dollars that teams have left, raw: without regard to the state of their budgets."""
    async with context.store.read() as tx:
        found = (await context.rulebooks.current(tx)).directory
        teams = {slug: found.root if slug == "organisation" else found.by_slug(slug) for slug in slugs}
        periods = {one.id: found.period_at(one, context.now_micros()) for one in teams.values() if one}
        balances = await tx.ledger.balances(
            periods.items(), root_id=found.root.id, unattributed_id=found.unattributed.id
        )
    return {slug: balances[one.id].available_nanos / NANOS for slug, one in teams.items() if one}


async def below(context: Context, slug: str) -> tuple[float, float]:
    """Returns what a team and all below it spent in the period, and have left, in dollars."""
    async with context.store.read() as tx:
        scope = await context.scope(tx, now=context.now())
        one = scope.directory.by_slug(slug)
        assert one is not None
        figures = (await subtree_figures_of(scope, [one]))[one.id]
    return figures.charged_nanos / NANOS, figures.available_nanos / NANOS


async def today(context: Context) -> date:
    found = await directory(context)
    return date_of(found.root.day_of(context.now_micros()))


def pass_days(books: Books, days: int) -> None:
    books.jump_to(books.context.now() + days * DAY)


async def assert_agreement(books: Books) -> None:
    await keep_books(books.context)
    assert await books.faults() == []


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
    assert any(f"merged team: ads: search, by merged:ads, from {day}" in step for step in steps), steps
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
