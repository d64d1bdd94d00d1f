"""`/tokens setup`: what its form does not show, or shows no more, stays as it is."""

from dataclasses import replace

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_teams
from tests.scenarios.org.test_setup import add_channel, directory_of, form, team_of
from tests.support.company import TEAMS_YML, Company


async def test_people_beyond_what_a_menu_holds_stay(acme: Company) -> None:
    like, numbers = acme.workspace.members["UANNA"], range(120)
    async with acme.context.store.begin() as tx:
        for n in numbers:
            acme.workspace.members[f"U{n:04}"] = replace(like, id=f"U{n:04}", email=f"p{n}@acme.test")
            await tx.people.ensure_from_slack(slack_id=f"U{n:04}", email=f"p{n}@acme.test", name="P", timezone="")
    everybody = ", ".join(f"p{n}@acme.test" for n in numbers)
    file = TEAMS_YML.replace("members: [anna@acme.test, emi@acme.test]", f"members: [{everybody}]")
    await import_teams(acme.context, read_teams_file(file), dry_run=False)
    team = await team_of(acme, "search")
    shown = await form(acme.ben, "CSEARCH")

    reply = await acme.ben.submits(shown, {f"budget-{team.id}": "1500"})

    assert reply.closed, reply.errors
    assert len((await directory_of(acme)).people_with("member", team)) == 120


async def test_a_channel_that_is_not_found_yet_stays_when_the_form_is_saved(acme: Company) -> None:
    file = TEAMS_YML.replace('"#team-mobile"', '"#not-made-yet"')
    await import_teams(acme.context, read_teams_file(file), dry_run=False)
    shown = await form(acme.dan, "CSEARCH", "/tokens setup mobile")

    assert (await acme.dan.submits(shown, {f"name-{(await team_of(acme, 'mobile')).id}": "Phones"})).closed

    team = await team_of(acme, "mobile")
    assert (team.name, team.channel_ref, team.channel_state) == ("Phones", "#not-made-yet", "unresolved")


async def test_a_chosen_team_that_has_a_channel_by_now_is_not_the_new_one(acme: Company) -> None:
    add_channel(acme, "CDESIGN")
    shown = await form(acme.dan, "CDESIGN")
    file = TEAMS_YML.replace("name: Product,", 'name: Product, channel: "#elsewhere",')
    await import_teams(acme.context, read_teams_file(file), dry_run=False)

    again = (await acme.dan.chooses("Product", shown)).modal

    assert again is not None
    assert "name-0" in {block["block_id"] for block in again.raw["blocks"]}
    assert (await acme.dan.submits(again, {"name-0": "Design"})).closed
    assert (await team_of(acme, "product")).channel_ref == "#elsewhere"
