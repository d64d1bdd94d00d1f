"""Charges and budget periods: days are posted when they close, and a month starts in a team's own time zone."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from bot.books.ledger import Balance
from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import micros
from handlers.books.charges import post_charges
from handlers.books.periods import open_periods
from handlers.context import Context
from handlers.org.teams import import_teams
from tests.storage.conftest import Books
from tests.storage.declared import balance

DAY = timedelta(days=1)


async def posted(books: Books) -> list[tuple[str, int]]:
    """Posts the charges that are due; returns all charges and corrections of usage so far, in dollars."""
    context = books.context
    await post_charges(context)
    async with context.store.read() as tx:
        rows = await tx.connection.execute(
            text("SELECT kind, amount_nanos FROM entries WHERE usage_day IS NOT NULL ORDER BY id")
        )
        return [(str(kind), int(nanos) // NANOS) for kind, nanos in rows]


async def test_a_closed_day_is_posted_once_and_available_does_not_move(mid_month: Books) -> None:
    await mid_month.takes(
        mid_month.event(1, dollars=30, ago=2 * DAY),
        mid_month.event(2, dollars=12, ago=2 * DAY),
        mid_month.event(3, dollars=7, ago=DAY),
        mid_month.event(4, dollars=5),
    )
    before = await balance(mid_month.context, "search")
    assert before == Balance(allocated_nanos=1_000 * NANOS, charged_nanos=54 * NANOS, held_nanos=0)

    assert await posted(mid_month) == [("charge", 42), ("charge", 7)]
    assert await posted(mid_month) == [("charge", 42), ("charge", 7)]
    assert await balance(mid_month.context, "search") == before
    assert await mid_month.faults() == []


async def test_late_usage_of_a_posted_day_posts_the_difference(mid_month: Books) -> None:
    await mid_month.takes(mid_month.event(1, dollars=30, ago=2 * DAY))
    await posted(mid_month)

    await mid_month.takes(mid_month.event(2, dollars=3, ago=2 * DAY))

    assert await posted(mid_month) == [("charge", 30), ("charge", 3)]
    assert (await balance(mid_month.context, "search")).charged_nanos == 33 * NANOS


async def test_a_days_sum_that_shrinks_and_grows_again_is_followed_every_time(mid_month: Books) -> None:
    """A return to an earlier sum is a further entry, not the same one again."""
    await mid_month.takes(mid_month.event(1, dollars=30, ago=2 * DAY))
    await posted(mid_month)
    sums = [10, 30, 10, 30, 10]

    for dollars in sums:
        async with mid_month.context.store.begin() as tx:
            await tx.connection.execute(text(f"UPDATE usage_days SET cost_nanos = {dollars * NANOS}"))
            await tx.connection.execute(text("UPDATE team_changes SET version = version + 1"))
        entries = await posted(mid_month)

    assert entries == [("charge", 30), *[("correction", 20), ("charge", 20)] * 2, ("correction", 20)]


async def test_the_organisation_pays_for_what_nobody_could_place(mid_month: Books) -> None:
    before = (await balance(mid_month.context, "organisation")).available_nanos
    await mid_month.takes(mid_month.event(1, dollars=11, ago=2 * DAY, team=None, user="stranger@else.test"))

    for _ in range(2):
        assert (await balance(mid_month.context, "organisation")).available_nanos == before - 11 * NANOS
        assert await posted(mid_month) == [("charge", 11)]
    assert await mid_month.faults() == []


async def open_at(context: Context, at: int) -> int:
    async with context.store.begin() as tx:
        return await open_periods(tx, await context.rulebooks.current(tx), at=at)


ZONES_YML = """
organisation: {name: Acme, funding: 1000, timezone: UTC}
teams:
  - {slug: search, name: Search, timezone: Asia/Kolkata, budget: {amount: 300}}
  - {slug: mobile, name: Mobile, timezone: America/Los_Angeles, budget: {amount: 200}}
"""


def moment(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=UTC))


async def test_a_month_opens_for_everyone_with_the_first_team_that_is_in_it(context: Context) -> None:
    await import_teams(context, read_teams_file(ZONES_YML), dry_run=False)
    last_november, december = moment("2027-11-30T18:29:59"), moment("2027-11-30T18:30:00")
    await open_at(context, last_november)

    assert await open_at(context, last_november) == 0
    assert (await balance(context, "search", at=last_november)).allocated_nanos == 300 * NANOS
    assert (await balance(context, "search", at=december)).allocated_nanos == 0
    assert await open_at(context, december) == 3  # the funding and two budgets
    assert await open_at(context, december) == 0
    assert (await balance(context, "search", at=december)).allocated_nanos == 300 * NANOS


async def test_each_team_enters_a_month_by_its_own_clock(context: Context) -> None:
    await import_teams(context, read_teams_file(ZONES_YML), dry_run=False)
    await open_at(context, moment("2027-11-15T00:00:00"))
    async with context.store.read() as tx:
        directory = (await context.rulebooks.current(tx)).directory
    names = {}
    for at in ("2027-11-30T18:29:59", "2027-11-30T18:30:00", "2027-12-01T07:59:59", "2027-12-01T08:00:00"):
        teams = [directory.by_slug(slug) for slug in ("search", "mobile")]
        names[at] = [directory.period_at(team, moment(at)).name for team in teams if team]

    assert list(names.values()) == [
        ["2027-11", "2027-11"],
        ["2027-12", "2027-11"],
        ["2027-12", "2027-11"],
        ["2027-12", "2027-12"],
    ]
