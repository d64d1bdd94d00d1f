"""Budgets set in Slack: an import keeps them, says so with both amounts, and takes the file's if it is asked to."""

import pytest
from sqlalchemy import text

from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from bot.refusals import ConfigError
from handlers.books.periods import keep_books
from handlers.context import make_context
from handlers.org.teams import Imported, import_file
from storage.books.checks import faults
from tests.storage.conftest import Books
from tests.support.company import TEAMS_YML

SEARCH = "budget: {amount: 1000, thresholds: [80, 100]}"
KEPT = "set in Slack, kept: search: budget $3,000.00 (the file says $1,000.00); --reset-budgets takes the file's"


async def sets(books: Books, **dollars: int) -> None:
    """Sets budgets in Slack, by slug, and posts them."""
    at = books.context.now_micros()
    async with books.context.store.begin() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        teams = {slug: directory.by_slug(slug) for slug in dollars}
        amounts = {team.id: dollars[slug] * NANOS for slug, team in teams.items() if team is not None}
        await tx.set_budgets.save(amounts, by=None, at=at)
    await keep_books(books.context)


async def budgets(books: Books) -> dict[str, int | None]:
    """The budgets in force and, after a slash, those that the ledger has posted, in dollars."""
    async with books.context.store.read() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        assert [fault async for fault in faults(tx)] == []
    return {t.slug: None if t.budget_nanos is None else t.budget_nanos // NANOS for t in directory.real_teams}


async def posted(books: Books, slug: str) -> int:
    async with books.context.store.read() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        team = directory.by_slug(slug)
        assert team is not None
        period = directory.period_at(team, books.context.now_micros())
        totals = await tx.ledger.posted_budgets(period, [team.id])
    return totals[(team.id, period.name)].nanos // NANOS


async def imports(books: Books, teams_yml: str = TEAMS_YML, *, dry_run: bool = False, reset: bool = False) -> Imported:
    return await import_file(books.context, read_teams_file(teams_yml), dry_run=dry_run, reset_budgets=reset)


async def test_an_import_keeps_what_was_set_and_says_both_amounts(mid_month: Books) -> None:
    assert (await imports(mid_month)).kept == []
    await sets(mid_month, search=3000)
    assert (await budgets(mid_month), await posted(mid_month, "search")) == (
        {"product": 10000, "search": 3000, "mobile": 500},
        3000,
    )

    again = await imports(mid_month)

    assert (again.changes, again.kept) == ([], [KEPT])
    assert (await budgets(mid_month))["search"] == 3000
    assert await posted(mid_month, "search") == 3000


async def test_a_file_that_changed_its_amount_since_does_not_count_and_is_named(mid_month: Books) -> None:
    await sets(mid_month, search=3000)
    for dry_run in (True, False):
        changed = await imports(mid_month, TEAMS_YML.replace(SEARCH, "budget: {amount: 2500}"), dry_run=dry_run)
        assert changed.kept == [KEPT.replace("says $1,000.00", "said $1,000.00 then, and $2,500.00 now")]
    gone = await imports(mid_month, TEAMS_YML.replace(SEARCH, ""))
    assert gone.kept == [KEPT.replace("says $1,000.00", "said $1,000.00 then, and no budget now")]
    assert (await imports(mid_month, TEAMS_YML.replace(SEARCH, "budget: {amount: 3000}"))).kept == []
    assert await posted(mid_month, "search") == 3000


async def test_a_reset_takes_the_files_and_a_dry_run_of_it_changes_nothing(mid_month: Books) -> None:
    await sets(mid_month, search=3000, mobile=700)

    tried = await imports(mid_month, dry_run=True, reset=True)
    assert tried.changes == [
        "~ mobile: budget: $700.00 → $500.00",
        "~ search: budget: $3,000.00 → $1,000.00",
        "ledger: 2 budget entries posted for the current period",
    ]
    assert tried.kept == []
    assert await posted(mid_month, "search") == 3000

    assert (await imports(mid_month, reset=True)).changes == tried.changes
    assert (await budgets(mid_month), await posted(mid_month, "search")) == (
        {"product": 10000, "search": 1000, "mobile": 500},
        1000,
    )
    assert (await imports(mid_month)).kept == []


async def test_a_file_that_takes_what_was_handed_down_in_slack_is_refused_with_the_reason(mid_month: Books) -> None:
    await sets(mid_month, search=3000)
    with pytest.raises(ConfigError) as refused:
        await imports(mid_month, TEAMS_YML.replace("amount: 10000", "amount: 2000"))

    assert str(refused.value) == (
        "teams[product].budget.amount: $2,000.00 is less than its teams' budgets together, $3,000.00 "
        "(set in Slack: search; --reset-budgets takes the file's)"
    )
    assert (await budgets(mid_month))["product"] == 10000


async def test_zero_set_in_slack_is_a_budget_of_zero(mid_month: Books) -> None:
    await imports(mid_month, TEAMS_YML.replace(SEARCH, ""))
    assert (await budgets(mid_month))["search"] is None
    await sets(mid_month, search=0)

    assert (await budgets(mid_month))["search"] == 0
    assert (await imports(mid_month, TEAMS_YML.replace(SEARCH, ""))).kept == [
        "set in Slack, kept: search: budget $0.00 (the file says no budget); --reset-budgets takes the file's"
    ]


async def test_another_process_takes_budgets_over_without_reading_everything(
    mid_month: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, fresh = [make_context(mid_month.context.settings, mid_month.context.clock) for _ in range(2)]
    before = await other.rulebooks.latest()
    team = before.directory.real_teams[0]
    assert before.directory.lineage.parent_on(team.id, 1) == before.directory.root.id
    await sets(mid_month, search=3000)
    await sets(mid_month, search=2500, mobile=600)
    own = await mid_month.context.rulebooks.latest()
    read = await fresh.rulebooks.latest()

    monkeypatch.setattr("handlers.rulebooks.read_rulebook", None)
    taken = await other.rulebooks.latest()

    assert taken.version == own.version == read.version == before.version + 2
    assert taken.directory == own.directory == read.directory
    assert before.directory != taken.directory
    assert taken.directory.lineage is before.directory.lineage
    assert {t.slug: t.budget_nanos // NANOS for t in taken.directory.real_teams if t.budget_nanos} == {
        "product": 10000,
        "search": 2500,
        "mobile": 600,
    }
    for context in (other, fresh):
        await context.store.close()


@pytest.mark.parametrize("between", [True, False])
async def test_after_any_other_change_everything_is_read(mid_month: Books, between: bool) -> None:
    other = make_context(mid_month.context.settings, mid_month.context.clock)
    await other.rulebooks.latest()
    if between:
        await sets(mid_month, mobile=700)
    async with mid_month.context.store.begin() as tx:
        await tx.connection.execute(text("UPDATE teams SET name = 'Renamed' WHERE slug = 'search'"))
        await tx.config.changed()
    await sets(mid_month, search=3000)

    found = (await other.rulebooks.latest()).directory.by_slug("search")

    assert found is not None
    assert (found.name, found.budget_nanos) == ("Renamed", 3000 * NANOS)
    await other.store.close()


async def test_budgets_that_roll_back_are_not_kept(mid_month: Books) -> None:
    before = await mid_month.context.rulebooks.latest()
    team = before.directory.by_slug("search")
    assert team is not None
    with pytest.raises(ConfigError):
        await _fails(mid_month, team.id)

    assert await mid_month.context.rulebooks.latest() is before


async def _fails(books: Books, team_id: int) -> None:
    async with books.context.store.begin() as tx:
        await tx.set_budgets.save({team_id: NANOS}, by=None, at=1)
        assert (await books.context.rulebooks.read(tx)).directory.by_id(team_id).budget_nanos == NANOS
        raise ConfigError


async def test_a_process_that_is_far_behind_reads_everything(mid_month: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.org.set_budgets._KEPT_VERSIONS", 3)
    other = make_context(mid_month.context.settings, mid_month.context.clock)
    await other.rulebooks.latest()
    for dollars in range(1001, 1006):
        await sets(mid_month, search=dollars)

    found = (await other.rulebooks.latest()).directory.by_slug("search")

    assert found is not None
    assert found.budget_nanos == 1005 * NANOS
    assert len({row.version for row in await mid_month.rows("budget_changes")}) == 3
    await other.store.close()
