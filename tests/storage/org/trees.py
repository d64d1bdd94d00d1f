"""A small tree of teams for tests: two divisions with three teams, and questions about it."""

import re
from datetime import date, timedelta

import pytest

from bot.money import NANOS
from bot.org.teams import Directory, Team
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import date_of
from bot.refusals import ConfigError
from handlers.books.periods import keep_books
from handlers.books.subtrees import subtree_figures_of
from handlers.context import Context
from handlers.org.teams import import_teams
from tests.storage.conftest import Books

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
HEAD = "organisation: {name: Acme, timezone: Europe/London, funding: 20000, finance: [chloe@acme.test]}\nteams:\n"
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
    return [re.sub(r"^line [0-9]+, ", "", line) for line in str(raised.value).splitlines()]


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
