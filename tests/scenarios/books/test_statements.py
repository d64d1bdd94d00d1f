"""`/tokens statement`: who sees which statement, and the files that come as direct messages."""

from datetime import timedelta

import pytest

from bot.books.statements.reading import read_statement
from bot.books.statements.verification import faults_of_sheet
from bot.money import NANOS
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books.closing.closes import end_early
from handlers.books.periods import keep_books
from handlers.books.statements.sealing import seal_statements
from handlers.org.teams import import_teams
from tests.storage.conftest import day_of_next_month
from tests.support.company import TEAMS_YML, Company
from tests.support.people import Person


async def month_later(acme: Company) -> str:
    """Moves on to the 16th of the next month, keeps the books and seals; returns the name of the month before."""
    name = f"{acme.clock.now() - timedelta(days=1):%Y-%m}"
    acme.clock.jump_to(day_of_next_month(acme.clock.now(), 16))
    await keep_books(acme.context)
    await seal_statements(acme.context)
    return name


async def files_of(acme: Company, who: Person) -> dict[str, bytes]:
    """The files that somebody got as direct messages, by name."""
    shared = [file for message in await who.dms() for file in message.raw.get("files") or []]
    return {file["name"]: acme.workspace.files.find(file["id"]).content for file in shared}


async def in_mid_month(acme: Company) -> None:
    acme.clock.jump_to(day_of_next_month(acme.clock.now(), 16))
    await keep_books(acme.context)


async def test_an_open_period_gives_a_preliminary_statement(acme_on_both: Company) -> None:
    acme = acme_on_both
    await in_mid_month(acme)
    await acme.uses(acme.event(1, dollars=250.5), acme.event(2, dollars=9.5, ago=timedelta(days=1)))

    reply = await acme.anna.runs("/tokens statement", channel="CSEARCH")

    assert "Preliminary" in reply.text
    assert "closing $740.00" in reply.text
    assert "Claude Code: $260.00" in reply.text_everywhere()
    assert "Not confirmed by anyone else: $260.00" in reply.text_everywhere()


async def test_a_sealed_statement_comes_with_its_files(acme_on_both: Company) -> None:
    acme = acme_on_both
    await in_mid_month(acme)
    await acme.uses(acme.event(1, dollars=250.000000001, ago=timedelta(days=2)))
    month = await month_later(acme)

    reply = await acme.ben.runs(f"/tokens statement search {month}", channel="CGENERAL")
    assert "Sealed on" in reply.text
    await acme.ben.clicks("Send CSV", reply.message)
    await acme.ben.clicks("Send PDF", reply.message)
    await acme.settles()

    files = await files_of(acme, acme.ben)
    sheet = files[f"statement-search-{month}.csv"].decode()
    assert faults_of_sheet(sheet) == []
    assert read_statement(sheet).amount("charges") == -250 * NANOS - 1
    assert files[f"statement-search-{month}.pdf"].startswith(b"%PDF-")


async def test_after_an_early_close_the_present_period_is_shown_and_the_sealed_one_named(acme: Company) -> None:
    await in_mid_month(acme)
    await acme.uses(acme.event(1, dollars=250, ago=timedelta(days=2)))
    month, after = f"{acme.clock.now():%Y-%m}", f"{acme.clock.now() + timedelta(days=20):%Y-%m}"
    await end_early(acme.context, month)
    acme.clock.jump_to(acme.clock.now() + timedelta(days=1))
    await keep_books(acme.context)
    await seal_statements(acme.context)

    now = (await acme.anna.runs("/tokens statement", channel="CSEARCH")).text
    before = (await acme.anna.runs(f"/tokens statement {month}", channel="CSEARCH")).text
    history = (await acme.anna.runs("/tokens statement 2019-03", channel="CSEARCH")).text

    assert f"Statement of Search, {after}. Preliminary" in now
    assert f"{month} was closed early" in now
    assert "its statement is sealed" in now
    assert "Sealed on" in before
    assert "before the books began" in history
    assert "The books begin with" in history


async def test_nobody_sees_the_statement_of_a_team_that_is_not_theirs(acme: Company) -> None:
    await in_mid_month(acme)
    await acme.uses(acme.event(1, dollars=250))

    for who, typed in ((acme.dan, "search"), (acme.anna, "mobile"), (acme.anna, "organisation"), (acme.mia, "search")):
        reply = await who.runs(f"/tokens statement {typed}", channel="CGENERAL")
        assert "$" not in reply.text_everywhere()

    seen = await acme.chloe.runs("/tokens statement organisation", channel="CGENERAL")
    assert "Statement of Acme" in seen.text


async def test_a_button_sends_nothing_to_a_person_who_has_left_the_team(acme: Company) -> None:
    await in_mid_month(acme)
    reply = await acme.anna.runs("/tokens statement", channel="CGENERAL")
    left = read_teams_file(TEAMS_YML.replace("anna@acme.test, ", ""))
    await import_teams(acme.context, left, dry_run=False)

    refused = await acme.anna.clicks("Send CSV", reply.message)
    await acme.settles()

    assert "are for its members" in refused.text
    assert await files_of(acme, acme.anna) == {}


async def test_a_file_that_slack_does_not_take_at_once_comes_later_with_one_message(acme: Company) -> None:
    await in_mid_month(acme)
    reply = await acme.anna.runs("/tokens statement", channel="CSEARCH")
    acme.workspace.fail_next("files.completeUploadExternal", "internal_error")

    await acme.anna.clicks("Send CSV", reply.message)
    await acme.settles()
    assert await files_of(acme, acme.anna) == {}
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=10))
    await acme.settles()

    assert len(await files_of(acme, acme.anna)) == 1
    told = [message for message in await acme.anna.dms() if message.text.startswith("CSV of the statement")]
    assert len(told) == 1


@pytest.mark.parametrize("typed", ["2026-13", "yesterday", "2026-Q4", "last week"])
async def test_what_is_no_period_gets_a_sentence(acme: Company, typed: str) -> None:
    reply = await acme.anna.runs(f"/tokens statement {typed}", channel="CSEARCH")

    assert "period" in reply.text
    assert "Write" in reply.text
