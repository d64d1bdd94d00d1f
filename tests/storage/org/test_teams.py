"""Teams: an import lists its changes, changes nothing else, and dates what needs a date."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from bot.money import NANOS
from bot.org.budget_terms import DEFAULT_TERMS
from bot.org.spread_rules import NOT_SPREAD
from bot.org.teams import Directory, Team
from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import Calendar, date_of, micros
from bot.refusals import ConfigError
from handlers.books.periods import keep_books
from handlers.context import Context
from handlers.org.teams import import_teams
from storage.tables.base import metadata
from tests.support.company import TEAMS_YML


async def imports(context: Context, text: str, *, dry_run: bool = False) -> list[str]:
    return await import_teams(context, read_teams_file(text), dry_run=dry_run)


async def directory(context: Context) -> Directory:
    async with context.store.read() as tx:
        return (await context.rulebooks.current(tx)).directory


async def team(context: Context, slug: str) -> Team:
    found = (await directory(context)).by_slug(slug)
    assert found is not None
    return found


async def everything(context: Context) -> dict[str, list[str]]:
    async with context.store.read() as tx:
        rows = {
            name: (await tx.connection.execute(text(f"SELECT * FROM {name}"))).all() for name in sorted(metadata.tables)
        }
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


async def test_a_dry_run_prints_what_the_import_would_and_keeps_nothing(context: Context) -> None:
    before = await everything(context)

    said = await imports(context, TEAMS_YML, dry_run=True)
    assert await everything(context) == before
    assert {"+ search: budget: $1,000.00", "+ search: parent: product", "+ search: member anna@acme.test"} <= set(said)
    assert "ledger: 4 budget entries posted for the current period" in said

    assert await imports(context, TEAMS_YML) == said


async def test_importing_the_same_again_changes_nothing(context: Context) -> None:
    await imports(context, TEAMS_YML)

    assert await imports(context, TEAMS_YML) == []


async def test_only_the_differences_are_said(context: Context) -> None:
    await imports(context, TEAMS_YML)
    changed = (
        TEAMS_YML.replace("amount: 1000,", "amount: 1500,")
        .replace("members: [anna@acme.test, emi@acme.test]", "members: [anna@acme.test]")
        .replace("{credential: key-12, team: search}", "{credential: key-13, team: search}")
        .replace("0.40", "0.50")
    )

    assert await imports(context, changed) == [
        "- attribution: credential key-12: search",
        "+ attribution: credential key-13: search",
        "~ prices: changed",
        "~ search: budget: $1,000.00 → $1,500.00",
        "- search: member emi@acme.test",
        "ledger: 1 budget entries posted for the current period",
    ]


async def test_a_refused_file_changes_nothing(context: Context) -> None:
    await imports(context, TEAMS_YML)
    before = await everything(context)

    with pytest.raises(ConfigError, match=r"teams\[product\]\.budget\.amount"):
        await imports(context, TEAMS_YML.replace("amount: 1000,", "amount: 10001,"))
    assert await everything(context) == before


async def test_teams_that_a_file_does_not_name_stay(context: Context) -> None:
    await imports(context, TEAMS_YML)
    mobile = await team(context, "mobile")

    await imports(context, "organisation: {name: Acme, funding: 20000, timezone: Europe/London}\nteams: []\n")
    assert await team(context, "mobile") == mobile


async def test_people_have_the_roles_of_the_file_and_are_the_same_however_they_are_spelled(context: Context) -> None:
    await imports(context, TEAMS_YML)
    await imports(context, TEAMS_YML.replace("[ben@acme.test]", "[Ben@ACME.test, anna@acme.test]"))
    found = await directory(context)
    async with context.store.begin() as tx:
        anna, ben, chloe, dan = [
            await tx.people.by_reference(f"{n}@acme.test") for n in ("anna", "ben", "chloe", "dan")
        ]
        emails = list((await tx.connection.execute(text("SELECT email FROM people"))).scalars())

    search = await team(context, "search")
    assert found.people_with("manager", search) == {ben, anna}
    assert anna in found.people_with("member", search)
    assert found.finance == {chloe}
    assert found.admins == {dan}
    assert len(emails) == len(set(emails)) == 6


async def test_where_no_admin_is_named_finance_is(context: Context) -> None:
    await imports(context, TEAMS_YML.replace(", admins: [dan@acme.test]", ""))
    found = await directory(context)

    assert found.admins == found.finance != frozenset()


def moved_to_kolkata() -> str:
    return TEAMS_YML.replace("    timezone: Europe/London\n", "    timezone: Asia/Kolkata\n")


async def test_a_changed_zone_begins_with_the_next_period(context: Context) -> None:
    await imports(context, TEAMS_YML)
    said = await imports(context, moved_to_kolkata())
    search = await team(context, "search")
    coming = Calendar().next((await directory(context)).period_at(search, context.now_micros()))
    first = date_of(coming.first_day)
    start = micros(datetime(first.year, first.month, first.day, tzinfo=UTC))

    assert said == ["~ search: timezone: Europe/London → Europe/London, then Asia/Kolkata"]
    assert search.zone_on(context.now_micros()) == "Europe/London"
    assert search.zone_on(start - 7_200 * 1_000_000) == "Europe/London"
    assert search.zone_on(start + 7_200 * 1_000_000) == "Asia/Kolkata"
    assert await imports(context, moved_to_kolkata()) == []


async def test_the_organisations_first_zone_begins_at_once(context: Context) -> None:
    """Before the first file it is a placeholder in UTC."""
    assert (await directory(context)).root.timezone == "UTC"
    await imports(context, TEAMS_YML)
    found = await directory(context)
    for account in (found.root, found.unattributed):
        assert (account.timezone, account.next_timezone) == ("Europe/London", "")

    await keep_books(context)
    await imports(context, TEAMS_YML.replace("USD, timezone: Europe/London", "USD, timezone: Asia/Kolkata"))
    found = await directory(context)
    for account in (found.root, found.unattributed):
        assert (account.timezone, account.next_timezone) == ("Europe/London", "Asia/Kolkata")


async def test_a_change_of_zone_that_is_taken_back_never_begins(context: Context) -> None:
    await imports(context, TEAMS_YML)
    await imports(context, moved_to_kolkata())
    await imports(context, TEAMS_YML)

    search = await team(context, "search")
    assert (search.timezone, search.next_timezone, search.next_timezone_day) == ("Europe/London", "", None)


async def test_a_zone_that_has_begun_is_the_one_that_the_next_change_starts_from(context: Context) -> None:
    await imports(context, TEAMS_YML)
    await imports(context, moved_to_kolkata())
    search = await team(context, "search")
    assert search.next_timezone_day is not None
    day = date_of(search.next_timezone_day)
    context.clock.jump_to(datetime(day.year, day.month, 10, tzinfo=UTC))  # type: ignore[attr-defined]  # a ShiftedClock

    await imports(context, moved_to_kolkata())
    search = await team(context, "search")
    assert search.zone_on(context.now_micros()) == "Asia/Kolkata"

    await imports(context, TEAMS_YML)
    search = await team(context, "search")
    assert (search.timezone, search.next_timezone) == ("Asia/Kolkata", "Europe/London")


async def test_rules_keep_the_dates_between_which_they_held(context: Context) -> None:
    await imports(context, TEAMS_YML)
    await imports(context, TEAMS_YML.replace('  - {tag: "repo:search-*", team: search}\n', ""))
    async with context.store.read() as tx:
        rows = (await tx.connection.execute(text("SELECT pattern, until_at FROM attribution_rules ORDER BY id"))).all()

    assert [(pattern, until is None) for pattern, until in rows] == [("key-12", True), ("repo:search-*", False)]


async def test_a_linked_channel_stays_linked_until_another_is_named(context: Context) -> None:
    await imports(context, TEAMS_YML)
    async with context.store.begin() as tx:
        await tx.teams.set_channel((await team(context, "search")).id, channel_id="C1", state="linked")

    await imports(context, TEAMS_YML.replace("amount: 1000,", "amount: 1500,"))
    search = await team(context, "search")
    assert (search.channel_id, search.channel_state) == ("C1", "linked")

    await imports(context, TEAMS_YML.replace("#team-search", "C0OTHER"))
    search = await team(context, "search")
    assert (search.channel_id, search.channel_state) == ("C0OTHER", "unresolved")  # not resolved yet


FISCAL = "fiscal_year_starts: 02-01, close_after_days: 3, chargeback: {unattributed: even}"
SHARED = "cost_center: CC-100\n    shared: even"
RELEASED = "release: weekly, parts: [{tool: Cursor, amount: 9}]"


async def test_the_fields_of_the_tree_are_stored_listed_and_taken_back(context: Context) -> None:
    await imports(context, TEAMS_YML)
    changed = TEAMS_YML.replace("name: Acme", f"name: Acme, {FISCAL}", 1).replace("cost_center: CC-100", SHARED)
    changed = changed.replace("{amount: 1000, ", f"{{{RELEASED}, amount: 1000, ")
    assert [changed.count(added) for added in (FISCAL, SHARED, RELEASED)] == [1, 1, 1]

    said = await imports(context, changed)
    search, organisation = await team(context, "search"), (await directory(context)).organisation
    assert [line for line in said if "terms" in line or "shared" in line] == [
        "+ search: budget terms: released weekly, tool Cursor $9.00",
        "+ search: shared cost: even",
    ]
    (organisation_line,) = (line for line in said if line.startswith("~ organisation"))
    assert organisation_line.endswith(", fiscal year from 02-01, closes after 3 days, unattributed cost spread: even")
    assert (search.terms.release, search.terms.parts[0].amount_nanos, search.shared.how) == (
        "weekly",
        9 * NANOS,
        "even",
    )
    assert (organisation.calendar, organisation.close_after_days) == (Calendar(starts=(2, 1)), 3)
    assert organisation.chargeback.how == "even"
    assert await imports(context, changed) == []

    await imports(context, TEAMS_YML)
    assert (await team(context, "search")).terms == DEFAULT_TERMS
    assert (await team(context, "search")).shared == NOT_SPREAD
