"""`/tokens setup`: a channel gets its team, people, zone and budget in one form; an import keeps them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from bot.money import NANOS
from bot.org.teams import Directory, Team
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_file, import_teams
from storage.books.checks import faults
from storage.tables.books import audit
from tests.support.company import TEAMS_YML, Company
from tests.support.people import Person
from tests.support.seen import View


def add_channel(acme: Company, channel: str, **facts: Any) -> None:
    like = acme.workspace.rooms["CSEARCH"]
    acme.workspace.rooms[channel] = replace(like, id=channel, name=channel.lower(), messages=[], last_read={}, **facts)


async def directory_of(acme: Company) -> Directory:
    return (await acme.context.rulebooks.latest()).directory


async def team_of(acme: Company, slug: str) -> Team:
    team = (await directory_of(acme)).by_slug(slug)
    assert team is not None
    return team


async def form(person: Person, channel: str, text: str = "/tokens setup") -> View:
    shown = (await person.runs(text, channel=channel)).modal
    assert shown is not None
    return shown


async def records(acme: Company, action: str) -> list[dict[str, Any]]:
    async with acme.context.store.read() as tx:
        rows = await tx.connection.execute(select(audit.c.detail).where(audit.c.action == action).order_by(audit.c.id))
        return [json.loads(detail) for detail in rows.scalars()]


@pytest.fixture
def designing(acme_on_both: Company) -> Company:
    """A channel of nobody's, in which Dan, the admin, is finance too."""
    add_channel(acme_on_both, "CDESIGN")
    return acme_on_both


async def dan_is_finance(acme: Company) -> None:
    file = TEAMS_YML.replace("finance: [chloe@acme.test]", "finance: [chloe@acme.test, dan@acme.test]")
    await import_teams(acme.context, read_teams_file(file), dry_run=False)


async def test_an_admin_creates_a_team_with_its_channel_people_zone_and_budget(designing: Company) -> None:
    acme = designing
    await dan_is_finance(acme)
    shown = await form(acme.dan, "CDESIGN")
    assert "left to hand out" in shown.text_everywhere()
    filled = {"name-0": "Design & Büro", "managers-0": ["UBEN", "UDAN"], "members-0": ["UEMI"]}
    filled |= {"zone-0": "Asia/Kolkata", "budget-0": "1,200"}

    reply = await acme.dan.submits(shown, filled)

    assert reply.closed, reply.errors
    team, directory = await team_of(acme, "design-buro"), await directory_of(acme)
    assert (team.name, team.channel_id, team.channel_state) == ("Design & Büro", "CDESIGN", "linked")
    assert (team.timezone, team.budget_nanos, team.thresholds) == ("Asia/Kolkata", 1_200 * NANOS, (80, 100))
    people = {role: len(directory.people_with(role, team)) for role in ("manager", "member")}
    assert people == {"manager": 2, "member": 1}
    await acme.settles()
    said = await acme.anna.sees("linked this channel to", channel="CDESIGN")
    assert "Design &amp; Büro" in said.raw["text"]
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []
    (made,) = await records(acme, "create team")
    assert made["channel"] == [None, "CDESIGN"]
    assert made["slug"] == "design-buro"


async def test_usage_of_the_new_team_finds_it_by_its_short_name(designing: Company) -> None:
    acme = designing
    await acme.dan.submits(await form(acme.dan, "CDESIGN"), {"name-0": "Design"})

    await acme.uses(acme.event(1, team="design", user=None, dollars=3))

    said = await acme.dan.runs("/tokens", channel="CDESIGN")
    assert "$3.00" in said.text_everywhere()


async def test_a_channel_is_linked_to_a_team_that_has_none(designing: Company) -> None:
    acme = designing
    shown = (await acme.dan.chooses("Product", await form(acme.dan, "CDESIGN"))).modal
    assert shown is not None
    product = await team_of(acme, "product")
    assert f"managers-{product.id}" in {block["block_id"] for block in shown.raw["blocks"]}

    assert (await acme.dan.submits(shown)).closed

    assert (await team_of(acme, "product")).channel_id == "CDESIGN"
    (changed,) = await records(acme, "set up team")
    assert changed == {"slug": "product", "channel": ["", "CDESIGN"]}


async def test_a_second_team_on_one_channel_is_refused_at_the_field(designing: Company) -> None:
    acme = designing
    reply = await acme.dan.submits(await form(acme.dan, "CDESIGN"), {"name-0": "Design", "channel-0": "CSEARCH"})

    assert reply.errors == {
        "channel-0": "That channel is Search's already. Each team needs its own: unlink it there first."
    }
    assert (await directory_of(acme)).by_slug("design") is None


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"bot_is_member": False}, "Tokens is not in that channel. Invite it there first"),
        ({"is_ext_shared": True}, "shared with another company"),
        ({"is_archived": True}, "Nothing can be posted there"),
    ],
)
async def test_a_channel_that_can_not_be_posted_to_is_refused(acme: Company, facts: dict[str, bool], says: str) -> None:
    add_channel(acme, "CDESIGN", **facts)
    reply = await acme.dan.submits(await form(acme.dan, "CGENERAL"), {"name-0": "Design", "channel-0": "CDESIGN"})

    assert says in reply.errors["channel-0"]


async def test_a_budget_beyond_the_parents_is_refused_with_the_numbers(designing: Company) -> None:
    acme = designing
    await dan_is_finance(acme)

    reply = await acme.dan.submits(await form(acme.dan, "CDESIGN"), {"name-0": "Design", "budget-0": "50000"})

    assert "Acme has $9,500.00 left to hand out. These budgets grow by $50,000.00" in reply.errors["budget-0"]
    assert (await directory_of(acme)).by_slug("design") is None


async def test_an_admin_who_hands_out_nothing_is_told_who_does(designing: Company) -> None:
    shown = await form(designing.dan, "CDESIGN")

    assert "budget-0" not in {block["block_id"] for block in shown.raw["blocks"]}
    assert "finance hand it out with `/tokens allocate`" in shown.text_everywhere()


async def test_a_manager_changes_members_and_zone_alone(acme_on_both: Company) -> None:
    acme = acme_on_both
    team = await team_of(acme, "search")
    shown = await form(acme.ben, "CSEARCH")
    blocks = {block["block_id"] for block in shown.raw["blocks"]}
    assert {f"members-{team.id}", f"zone-{team.id}", f"budget-{team.id}"} <= blocks
    assert not {f"channel-{team.id}", f"managers-{team.id}", f"name-{team.id}"} & blocks

    reply = await acme.ben.submits(shown, {f"members-{team.id}": ["UEMI"], f"budget-{team.id}": "1500"})

    assert reply.closed, reply.errors
    directory = await directory_of(acme)
    assert len(directory.people_with("member", await team_of(acme, "search"))) == 1
    assert (await team_of(acme, "search")).budget_nanos == 1_500 * NANOS


async def test_members_others_and_guests_set_nothing_up(designing: Company) -> None:
    acme = designing
    assert "can't set up Search" in (await acme.anna.runs("/tokens setup", channel="CSEARCH")).text
    assert "only an admin can link it. Ask <@UDAN>." in (await acme.anna.runs("/tokens setup", channel="CDESIGN")).text
    assert "Tokens is for members" in (await acme.gus.runs("/tokens setup", channel="CDESIGN")).text
    assert "can't set up Search" in (await acme.mia.runs("/tokens setup search", channel="CSEARCH")).text


@pytest.mark.parametrize("typed", ["search", "Product", "nowhere"])
async def test_a_team_that_one_may_not_see_reads_like_one_that_is_not_there(acme: Company, typed: str) -> None:
    for command in ("setup", "history settings"):
        refused = await acme.mia.runs(f"/tokens {command} {typed}", channel="CMOBILE")
        assert (refused.modal, refused.text.startswith(f"There is no team “{typed}”.")) == (None, True)


async def test_a_form_of_somebody_who_is_no_admin_any_more_saves_nothing(designing: Company) -> None:
    acme = designing
    shown = await form(acme.dan, "CDESIGN")
    file = TEAMS_YML.replace("admins: [dan@acme.test]", "admins: [chloe@acme.test]")
    await import_teams(acme.context, read_teams_file(file), dry_run=False)

    reply = await acme.dan.submits(shown, {"name-0": "Design"})

    assert not reply.closed
    assert (await directory_of(acme)).by_slug("design") is None


async def test_a_guest_is_no_manager_and_what_was_typed_stays(designing: Company) -> None:
    reply = await designing.dan.submits(
        await form(designing.dan, "CDESIGN"), {"name-0": "Design", "managers-0": ["UDAN", "UGUS"]}
    )

    assert "Gus Guest is a guest" in reply.errors["managers-0"]
    modal = await designing.dan.modal()
    assert modal is not None


async def test_two_people_at_once_the_second_looks_again(acme_on_both: Company) -> None:
    acme = acme_on_both
    team = await team_of(acme, "search")
    first, second = await form(acme.dan, "CSEARCH"), await form(acme.ben, "CSEARCH")
    assert (await acme.dan.submits(first, {f"members-{team.id}": ["UEMI", "UMIA"]})).closed

    reply = await acme.ben.submits(second, {f"budget-{team.id}": "1100"})

    assert reply.modal is not None
    assert "Somebody else changed Search meanwhile" in reply.modal.text_everywhere()
    assert (await team_of(acme, "search")).budget_nanos == 1_000 * NANOS
    assert (await acme.ben.submits(reply.modal)).closed
    assert (await team_of(acme, "search")).budget_nanos == 1_100 * NANOS


async def test_a_new_zone_starts_with_the_next_period_once_there_is_usage(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1))
    team = await team_of(acme, "search")

    assert (await acme.ben.submits(await form(acme.ben, "CSEARCH"), {f"zone-{team.id}": "Asia/Tokyo"})).closed

    changed = await team_of(acme, "search")
    assert (changed.timezone, changed.next_timezone) == ("Europe/London", "Asia/Tokyo")
    assert changed.next_timezone_day is not None


async def test_an_import_keeps_what_was_set_in_slack_and_says_so(designing: Company) -> None:
    acme = designing
    await acme.dan.submits(await form(acme.dan, "CDESIGN"), {"name-0": "Design"})
    team = await team_of(acme, "search")
    add_channel(acme, "CNEW")
    shown = await form(acme.dan, "CSEARCH")
    assert (await acme.dan.submits(shown, {f"channel-{team.id}": "CNEW", f"managers-{team.id}": ["UMIA"]})).closed

    done = await import_file(acme.context, read_teams_file(TEAMS_YML), dry_run=True)

    assert done.changes == []
    assert done.kept == [
        "set in Slack, kept: search: channel CNEW (the file says #team-search); --reset-settings takes the file's",
        "set in Slack, kept: search: managers mia@acme.test (the file says ben@acme.test); --reset-settings takes the file's",
        "created in Slack, kept: design; `tokens teams export` writes it for the file",
    ]
    assert (await team_of(acme, "search")).channel_id == "CNEW"

    reset = await import_file(acme.context, read_teams_file(TEAMS_YML), dry_run=False, reset_settings=True)
    assert "~ search: channel: CNEW → #team-search" in reset.changes
    assert (await team_of(acme, "design")).channel_id == "CDESIGN"


async def test_a_channel_is_unlinked_by_emptying_the_field(acme: Company) -> None:
    team = await team_of(acme, "search")

    assert (await acme.dan.submits(await form(acme.dan, "CSEARCH"), {f"channel-{team.id}": None})).closed

    assert (await team_of(acme, "search")).channel_state == "none"
    assert "only an admin can link it" in (await acme.anna.runs("/tokens setup", channel="CSEARCH")).text
