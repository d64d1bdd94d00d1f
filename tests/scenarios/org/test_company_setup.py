"""The first set-up by an admin of the workspace, and the company's roles afterwards."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from bot.org.setting_up.exported import exported_yaml
from bot.org.teams import Directory, Role
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_file
from storage.tables.books import audit
from tests.support.company import TEAMS_YML, Company, company
from tests.support.people import Person
from tests.support.seen import View


@pytest.fixture
async def new(database_url: str) -> AsyncIterator[Company]:
    """The app is installed, and nobody has set anything up."""
    async with company(database_url, teams_yml="") as made:
        yield made


async def directory_of(acme: Company) -> Directory:
    return (await acme.context.rulebooks.latest()).directory


async def names(acme: Company, role: Role) -> list[str]:
    directory = await directory_of(acme)
    async with acme.context.store.read() as tx:
        people = await tx.people.by_ids(directory.people_with(role, directory.root))
    return sorted(one.slack_id for one in people.values())


async def opened(person: Person, text: str = "/tokens setup", channel: str = "CSEARCH") -> View:
    form = (await person.runs(text, channel=channel)).modal
    assert form is not None
    return form


async def details(acme: Company, action: str) -> list[dict[str, Any]]:
    async with acme.context.store.read() as tx:
        rows = await tx.connection.execute(select(audit.c.detail).where(audit.c.action == action))
        return [json.loads(detail) for detail in rows.scalars()]


async def test_a_workspace_admin_sets_tokens_up_and_goes_on_with_the_channel(new: Company) -> None:
    form = await opened(new.dan)
    assert "You become its admin" in form.text_everywhere()
    filled = {"company-name": "Acme", "company-mode": "govern", "company-finance": ["UCHLOE"]}

    reply = await new.dan.submits(form, {**filled, "company-zone": "America/New_York"})

    directory = await directory_of(new)
    assert (directory.organisation.name, directory.organisation.mode) == ("Acme", "govern")
    assert (directory.root.timezone, directory.unattributed.timezone) == ("America/New_York",) * 2
    assert (await names(new, "admin"), await names(new, "finance")) == (["UDAN"], ["UCHLOE"])
    assert await details(new, "set up organisation") != []
    team = reply.modal
    assert team is not None
    assert team.raw["callback_id"] == "setup_form"
    assert (await new.dan.submits(team, {"name-0": "Search"})).closed
    search = (await directory_of(new)).by_slug("search")
    assert search is not None
    assert search.channel_id == "CSEARCH"
    await new.settles()
    assert any("Admins: <@UDAN>" in message.raw["text"] for message in await new.chloe.dms())


@pytest.mark.parametrize("person", ["anna", "chloe", "ben"])
async def test_nobody_else_can_and_they_read_who(new: Company, person: str) -> None:
    reply = await getattr(new, person).runs("/tokens setup", channel="CSEARCH")

    assert reply.modal is None
    assert "An admin of this workspace does it with `/tokens setup`" in reply.text


async def test_a_guest_who_is_called_an_admin_gets_nothing(new: Company) -> None:
    assert "Tokens is for members" in (await new.gus.runs("/tokens setup", channel="CSEARCH")).text
    assert "Tokens is for members" in (await new.stranger.runs("/tokens setup", channel="CSEARCH")).text


async def test_of_two_admins_at_once_one_sets_tokens_up(new: Company) -> None:
    new.workspace.members["UBEN"] = type(new.workspace.members["UBEN"])(
        id="UBEN", name="ben", real_name="Ben Ruiz", email="ben@acme.test", is_admin=True
    )
    forms = [await opened(new.dan), await opened(new.ben)]

    await asyncio.gather(
        new.dan.submits(forms[0], {"company-name": "Acme"}), new.ben.submits(forms[1], {"company-name": "Evil"})
    )

    admins = await names(new, "admin")
    assert len(admins) == 1
    assert len(await details(new, "set up organisation")) == 1
    assert (await directory_of(new)).organisation.name == ("Acme" if admins == ["UDAN"] else "Evil")


async def test_somebody_who_lost_the_workspaces_admin_meanwhile_sets_nothing_up(new: Company) -> None:
    form = await opened(new.dan)
    new.workspace.members["UDAN"] = type(new.workspace.members["UDAN"])(
        id="UDAN", name="dan", real_name="Dan Novak", email="dan@acme.test"
    )

    assert not (await new.dan.submits(form, {"company-name": "Acme"})).closed
    assert await names(new, "admin") == []


async def test_where_teams_yml_names_anybody_no_workspace_admin_takes_over(acme: Company) -> None:
    file = TEAMS_YML.replace(", admins: [dan@acme.test]", "")
    await import_file(acme.context, read_teams_file(file), dry_run=False)

    reply = await acme.dan.runs("/tokens setup", channel="CGENERAL")

    assert reply.modal is None
    assert "only an admin can link it. Ask <@UCHLOE>" in reply.text


async def test_an_admin_changes_roles_and_mode_and_everybody_concerned_is_told(acme_on_both: Company) -> None:
    acme = acme_on_both
    form = await opened(acme.dan, "/tokens setup company")
    filled = {"company-finance": ["UCHLOE", "UEMI"], "company-admins": ["UBEN"], "company-mode": "announce"}

    assert (await acme.dan.submits(form, filled)).closed

    assert (await names(acme, "finance"), await names(acme, "admin")) == (["UCHLOE", "UEMI"], ["UBEN"])
    assert (await directory_of(acme)).organisation.mode == "announce"
    (changed,) = await details(acme, "set company")
    assert changed["mode"] == ["govern", "announce"]
    assert [len(side) for side in changed["finance"]] == [1, 2]
    await acme.settles()
    for person in (acme.emi, acme.chloe, acme.ben):
        assert any("changed the company settings of Acme" in one.raw["text"] for one in await person.dms())
    for person in (acme.anna, acme.dan):
        assert not any("company settings" in one.raw["text"] for one in await person.dms())
    refused = await acme.dan.runs("/tokens setup company", channel="CSEARCH")
    assert "Only an admin changes the company settings" in refused.text

    done = await import_file(acme.context, read_teams_file(TEAMS_YML), dry_run=False)
    assert [line.removesuffix("; --reset-settings takes the file's") for line in done.kept] == [
        "set in Slack, kept: organisation: finance chloe@acme.test, emi@acme.test (the file says chloe@acme.test)",
        "set in Slack, kept: organisation: admins ben@acme.test (the file says dan@acme.test)",
        "set in Slack, kept: organisation: mode announce (the file says govern)",
    ]
    assert await names(acme, "admin") == ["UBEN"]


async def test_a_company_is_never_left_to_nobody(acme: Company) -> None:
    form = await opened(acme.dan, "/tokens setup company")

    reply = await acme.dan.submits(form, {"company-finance": None, "company-admins": None})

    assert reply.errors == {"company-finance": "Name at least one person in finance, or as an admin."}
    assert await names(acme, "finance") == ["UCHLOE"]


async def test_two_admins_of_one_company_the_second_looks_again(acme: Company) -> None:
    file = TEAMS_YML.replace("admins: [dan@acme.test]", "admins: [dan@acme.test, ben@acme.test]")
    await import_file(acme.context, read_teams_file(file), dry_run=False)
    first, second = await opened(acme.dan, "/tokens setup company"), await opened(acme.ben, "/tokens setup company")
    assert (await acme.dan.submits(first, {"company-finance": ["UCHLOE", "UEMI"]})).closed

    reply = await acme.ben.submits(second, {"company-mode": "preview"})

    assert reply.modal is not None
    assert "Somebody else changed the company settings meanwhile" in reply.modal.text_everywhere()
    assert (await directory_of(acme)).organisation.mode == "govern"


async def test_who_sets_up_a_team_alone_in_preview_gets_no_messages_about_it(new: Company) -> None:
    team = (await new.dan.submits(await opened(new.dan), {"company-name": "Acme"})).modal
    assert team is not None
    assert (await new.dan.submits(team, {"name-0": "Search", "budget-0": "500"})).closed
    await new.settles()

    assert await new.dan.dms() == []


async def test_what_was_set_in_slack_alone_is_a_file_that_changes_nothing(new: Company) -> None:
    team = (await new.dan.submits(await opened(new.dan), {"company-name": "Acme"})).modal
    assert team is not None
    filled = {"name-0": "Search", "managers-0": ["UBEN"], "members-0": ["UANNA", "UEMI"], "budget-0": "1,250.50"}
    assert (await new.dan.submits(team, {**filled, "zone-0": "Asia/Tokyo"})).closed
    async with new.context.store.read() as tx:
        directory = (await new.context.rulebooks.current(tx)).directory
        text = exported_yaml(directory, await tx.team_setups.by_slug())

    file = read_teams_file(text)

    assert (file.teams[0].slug, file.teams[0].channel, file.teams[0].timezone) == ("search", "CSEARCH", "Asia/Tokyo")
    done = await import_file(new.context, file, dry_run=False, reset_settings=True, reset_budgets=True)
    assert (done.changes, done.kept) == ([], [])


async def test_the_export_has_what_slack_set_and_no_more(acme: Company) -> None:
    team = (await directory_of(acme)).by_slug("search")
    assert team is not None
    assert (await acme.ben.submits(await opened(acme.ben), {f"members-{team.id}": ["UEMI"]})).closed
    async with acme.context.store.read() as tx:
        text = exported_yaml((await acme.context.rulebooks.current(tx)).directory, await tx.team_setups.by_slug())

    assert yaml.safe_load(text)["teams"] == [{"slug": "search", "members": ["emi@acme.test"]}]


async def test_the_history_of_settings_is_read_by_those_whom_it_concerns(acme_on_both: Company) -> None:
    acme = acme_on_both
    team = (await directory_of(acme)).by_slug("search")
    assert team is not None
    for amount in range(1_001, 1_011):
        form = await opened(acme.ben)
        assert (await acme.ben.submits(form, {f"budget-{team.id}": str(amount)})).closed
    form = await opened(acme.dan)
    assert (await acme.dan.submits(form, {f"managers-{team.id}": ["UBEN", "UMIA"]})).closed

    page = await acme.anna.runs("/tokens history settings", channel="CSEARCH")

    assert "<@UDAN>: managers <@UBEN>, <@UMIA> (before: <@UBEN>)" in page.text
    assert "<@UBEN>: budget $1,009.00 → $1,010.00" in page.text
    older = await acme.anna.clicks("Older", page.messages[-1])
    assert "budget $1,001.00 → $1,002.00" in older.text
    hidden = await acme.mia.runs("/tokens history settings product", channel="CSEARCH")
    assert hidden.text.startswith("There is no team “product”.")
    assert (
        "You can't see who changed"
        in (await acme.anna.runs("/tokens history settings company", channel="CSEARCH")).text
    )
    assert "Nobody has changed" in (await acme.chloe.runs("/tokens history settings company", channel="CSEARCH")).text
