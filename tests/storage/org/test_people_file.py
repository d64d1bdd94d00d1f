"""An import of people.csv: people, their teams by day, and usage booked for an alias before."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.org.people_file import read_people_file
from bot.refusals import ConfigError
from handlers.org.people import import_people, managers_not_named, unmatched_people
from handlers.reporting.home import use_of
from tests.storage.conftest import Books
from tests.support.company import TEAMS_YML

HEAD = "email,aliases,team,manager,from\n"


async def imports(books: Books, *lines: str, dry_run: bool = False) -> list[str]:
    return await import_people(books.context, read_people_file(HEAD + "\n".join(lines)), dry_run=dry_run)


async def used(books: Books, number: int, user: str, *, ago: timedelta = timedelta(), dollars: float = 1) -> str:
    """Books a call with a user alone, and returns its team."""
    answer = await books.takes(books.event(number, user=user, team=None, ago=ago, dollars=dollars))
    assert answer.accepted == 1, answer
    row = next(row for row in await books.rows("usage_events") if row.event_id == f"req-{number}")
    async with books.context.store.read() as tx:
        return (await books.context.rulebooks.current(tx)).directory.by_id(row.team_id).slug


async def people(books: Books) -> list[tuple[object, ...]]:
    return sorted(map(tuple, [*await books.rows("people"), *await books.rows("person_aliases")]), key=str)


async def test_an_import_says_who_is_new_and_the_same_again_changes_nothing(books: Books) -> None:
    lines = ("gil@acme.test,u-17;gil.b,mobile,,", "anna@acme.test,,search,ben@acme.test,")
    before = await people(books)
    would = await imports(books, *lines, dry_run=True)
    assert await people(books) == before
    assert await used(books, 1, "u-17") == "unattributed"

    said = await imports(books, *lines)
    assert would == ["+ gil@acme.test", "+ gil@acme.test: alias gil.b", *would[2:]]
    assert said == [
        "+ gil@acme.test",
        "+ gil@acme.test: alias gil.b",
        "+ gil@acme.test: alias u-17, with what was booked for it",
        "+ gil@acme.test: team mobile",
    ]
    version = await books.rows("config")
    assert await imports(books, *lines) == []
    assert await books.rows("config") == version
    for number, spelled in enumerate(("gil@acme.test", "U-17", " gil.b"), 2):
        assert await used(books, number, spelled) == "mobile"


async def test_what_was_booked_for_an_alias_shows_as_its_persons(books: Books) -> None:
    await used(books, 1, "u-17", dollars=3)
    await used(books, 2, "gil@acme.test", dollars=4)
    await imports(books, "gil@acme.test,u-17,mobile,,")
    await used(books, 3, "u-17", dollars=5)
    async with books.context.store.begin() as tx:
        gil = await tx.people.ensure_from_slack(slack_id="UGIL", email="gil@acme.test", name="Gil", timezone="UTC")
        use = await use_of(await books.context.scope(tx), gil)

    assert use.month_calls == 3
    assert use.teams == ("Mobile",)


async def test_an_alias_of_an_alias_is_found_after_slack_tells_who_it_is(books: Books) -> None:
    """Anna is known by Slack id from one file, by e-mail from another, and by a gateway's id."""
    await used(books, 1, "g-1", dollars=2)
    await imports(books, "gil@acme.test,g-1,mobile,,")
    async with books.context.store.begin() as tx:
        by_id = await tx.people.by_reference("UGIL12345")
        gil = await tx.people.ensure_from_slack(slack_id="UGIL12345", email="gil@acme.test", name="Gil", timezone="UTC")
        ids = await tx.people.all_ids_of(gil.id)

    assert gil.id == by_id
    assert len(ids) == 3
    async with books.context.store.read() as tx:
        assert (await use_of(await books.context.scope(tx), gil)).month_calls == 1


async def test_an_alias_that_goes_to_somebody_else_leaves_what_was_booked(books: Books) -> None:
    await imports(books, "gil@acme.test,shared-1,mobile,,")
    await used(books, 1, "shared-1")
    said = await imports(books, "emi@acme.test,shared-1,,,")

    assert said == ["~ emi@acme.test: alias shared-1, until now of gil@acme.test; what was booked stays there"]
    assert await used(books, 2, "shared-1") == "search"
    async with books.context.store.read() as tx:
        gil, emi = [(await tx.people.ids_of_emails([f"{n}@acme.test"]))[f"{n}@acme.test"] for n in ("gil", "emi")]
        rows = await tx.connection.execute(text("SELECT person_id FROM usage_series ORDER BY id"))
        assert list(rows.scalars()) == [gil, emi]


async def test_an_alias_can_be_an_e_mail_that_senders_used_but_not_one_that_slack_knows(books: Books) -> None:
    await used(books, 1, "gil@home.test")
    assert await imports(books, "gil@acme.test,gil@home.test,mobile,,") == [
        "+ gil@acme.test",
        "+ gil@acme.test: alias gil@home.test, with what was booked for it",
        "+ gil@acme.test: team mobile",
    ]
    assert await used(books, 2, "gil@home.test") == "mobile"
    async with books.context.store.begin() as tx:
        await tx.people.ensure_from_slack(slack_id="UHAL", email="hal@acme.test", name="Hal", timezone="UTC")
    before = await people(books)
    with pytest.raises(ConfigError, match=r"line 2, aliases: 'hal@acme.test' is the e-mail of somebody else in Slack"):
        await imports(books, "gil@acme.test,hal@acme.test,mobile,,", "new@acme.test,,mobile,,")
    with pytest.raises(ConfigError, match=r"line 3, email: 'gil@home.test' is an alias of somebody else"):
        await imports(books, "new@acme.test,,mobile,,", "gil@home.test,,mobile,,")
    with pytest.raises(ConfigError, match=r"line 3, team: there is no team 'mobil'; did you mean mobile"):
        await imports(books, "new@acme.test,,mobile,,", "gil@acme.test,,mobil,,")
    assert await people(books) == before


async def test_a_team_begins_on_its_date_and_late_events_go_to_the_one_before(books: Books) -> None:
    now = books.context.now()
    day = now.date() - timedelta(days=10)
    await imports(books, "gil@acme.test,,search,,", f"gil@acme.test,,mobile,,{day}")

    assert await used(books, 1, "gil@acme.test", ago=timedelta(days=12)) == "search"
    assert await used(books, 2, "gil@acme.test", ago=timedelta(days=8)) == "mobile"
    assert await imports(books, "gil@acme.test,,search,,", f"gil@acme.test,,mobile,,{day}") == []
    assert await imports(books, f"gil@acme.test,,search,,{day}") == [
        f"~ gil@acme.test: team mobile → search from {day}"
    ]
    assert await used(books, 3, "gil@acme.test", ago=timedelta(days=8)) == "search"


async def test_a_line_without_a_date_says_where_somebody_is_from_today(books: Books) -> None:
    await imports(books, "gil@acme.test,,search,,")
    assert await used(books, 1, "gil@acme.test", ago=timedelta(days=50)) == "search"
    books.context.clock.jump_to(books.context.now() + timedelta(days=3))  # type: ignore[attr-defined]  # a ShiftedClock
    today = books.context.now().astimezone(UTC).date()
    (said,) = await imports(books, "gil@acme.test,,mobile,,")

    assert said.startswith("~ gil@acme.test: team search → mobile from ")
    assert await used(books, 2, "gil@acme.test") == "mobile"
    assert await used(books, 3, "gil@acme.test", ago=timedelta(days=2)) == "search"
    assert str(today.year) in said


async def test_a_team_of_teams_yml_needs_no_row_and_another_one_goes_before_it(books: Books) -> None:
    assert await imports(books, "anna@acme.test,,search,,") == []
    (said,) = await imports(books, "anna@acme.test,,mobile,,")

    assert said.startswith("~ anna@acme.test: team search → mobile from ")
    assert await used(books, 1, "anna@acme.test") == "mobile"
    assert await used(books, 2, "anna@acme.test", ago=timedelta(days=3)) == "search"


async def test_somebody_with_a_dated_team_may_see_it_from_the_day_on_which_it_begins(books: Books) -> None:
    day = books.context.now().date() + timedelta(days=5)
    await imports(books, f"gil@acme.test,,mobile,,{day}")

    async def teams() -> list[str]:
        async with books.context.store.read() as tx:
            gil = (await tx.people.ids_of_emails(["gil@acme.test"]))["gil@acme.test"]
            directory = (await books.context.rulebooks.current(tx)).directory
            return [team.slug for team in directory.teams_of(gil)]

    assert await teams() == []
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    books.context.clock.jump_to(noon)  # type: ignore[attr-defined]  # a ShiftedClock
    assert await teams() == ["mobile"]


async def test_a_manager_in_the_file_gets_no_right_and_lends_a_team(books: Books) -> None:
    lines = read_people_file(HEAD + "gil@acme.test,,mobile,anna@acme.test,\nhal@acme.test,,,ben@acme.test,\n")
    said = await import_people(books.context, lines, dry_run=False)

    assert "+ hal@acme.test: team product" in said
    assert await managers_not_named(books.context, lines) == [
        "anna@acme.test is a manager in this file and not of mobile in teams.yml: no right follows from it"
    ]
    async with books.context.store.read() as tx:
        directory = (await books.context.rulebooks.current(tx)).directory
        anna = (await tx.people.ids_of_emails(["anna@acme.test"]))["anna@acme.test"]
        mobile = directory.by_slug("mobile")
        assert mobile is not None
        assert not directory.manages(anna, mobile)


async def test_whom_nobody_knows_is_listed_by_spend_until_somebody_says_who_they_are(books: Books) -> None:
    await used(books, 1, "u-17", dollars=3)
    await used(books, 2, "u-17", dollars=4)
    await used(books, 3, "who@else.test", dollars=5)
    await used(books, 4, "anna@acme.test", dollars=50)

    found = [
        (one.spelled, one.is_email, one.calls, one.cost_nanos)
        for one in await unmatched_people(books.context, since=None)
    ]
    assert found == [("u-17", False, 2, 7 * 10**9), ("who@else.test", True, 1, 5 * 10**9)]
    await imports(books, "gil@acme.test,u-17,mobile,,", "who@else.test,,mobile,,")
    assert await unmatched_people(books.context, since=None) == []


async def test_importing_teams_again_leaves_dated_teams_alone(books: Books) -> None:
    await imports(books, "gil@acme.test,,mobile,,")
    assert await books.imports(TEAMS_YML) == []

    assert await used(books, 1, "gil@acme.test") == "mobile"
