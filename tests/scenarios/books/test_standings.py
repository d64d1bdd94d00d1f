"""A team's standing, and who may see it."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_teams
from tests.support.company import TEAMS_YML, Company, company
from tests.support.seen import Message


async def test_the_command_shows_the_channels_team_up_to_the_second(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=250.5), acme.event(2, dollars=49.5, ago=timedelta(days=1)))
    reply = await acme.anna.runs("/tokens", channel="CSEARCH")

    assert [m.is_ephemeral for m in reply.messages] == [True]
    assert "$700 left of $1,000" in reply.text
    assert "$300.00" in reply.text_everywhere()
    assert [b["type"] for b in reply.blocks].count("data_visualization") == 1


async def test_a_refused_chart_becomes_a_table(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=7), acme.event(2, dollars=3, ago=timedelta(days=1)))
    acme.workspace.fail_next("response_url", "invalid_blocks")
    reply = await acme.anna.runs("/tokens", channel="CSEARCH")

    kinds = [b["type"] for b in reply.blocks]
    assert "$990 left of $1,000" in reply.text
    assert ("table" in kinds, "data_visualization" in kinds) == (True, False)


async def test_a_chart_of_one_day_is_not_drawn(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=250.5))
    reply = await acme.anna.runs("/tokens", channel="CSEARCH")

    assert {"data_visualization", "image"}.isdisjoint(b["type"] for b in reply.blocks)


async def test_in_another_channel_it_shows_the_persons_own_team(acme: Company) -> None:
    assert "Search has" in (await acme.anna.runs("/tokens", channel="CGENERAL")).text
    assert "Mobile has" in (await acme.mia.runs("/tokens", channel="CGENERAL")).text


async def test_a_person_without_a_team_reads_how_to_join_one(acme: Company) -> None:
    reply = await acme.dan.runs("/tokens", channel="CGENERAL")

    assert "Search has" not in reply.text_everywhere()
    assert reply.ephemeral


@pytest.mark.parametrize("who", ["gus", "stranger"])
async def test_guests_and_strangers_get_nothing(acme: Company, who: str) -> None:
    person = getattr(acme, who)
    await acme.uses(acme.event(1, dollars=250.5))
    card = await _card(acme)
    for reply in (
        await person.runs("/tokens", channel="CSEARCH"),
        await person.runs("/tokens me", channel="CSEARCH"),
        await person.runs("/tokens request 5", channel="CSEARCH"),
        await person.clicks("Approve", card),
    ):
        assert reply.modal is None
        assert "$" not in reply.text_everywhere()
        assert reply.ephemeral
    if who == "gus":  # Slack lets strangers open no Home
        home = await person.opens_home()
        assert "$" not in home.text_everywhere()


async def _card(acme: Company) -> Message:
    form = (await acme.anna.runs("/tokens request 5 x", channel="CSEARCH")).modal
    assert form is not None
    await acme.anna.submits(form)
    await acme.settles()
    return await acme.ben.sees("asks for", channel="CSEARCH")


async def test_my_use_is_mine_alone(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=3.25), acme.event(2, dollars=1, user="emi@acme.test"))
    reply = await acme.anna.runs("/tokens me", channel="CSEARCH")

    assert "$3.25" in reply.text
    assert [m.is_ephemeral for m in reply.messages] == [True]
    await acme.ben.does_not_see("$3.25")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("help", "/tokens request"),
        ("hepl", "Did you mean"),
        ("reqest 50", "/tokens request"),
        ("key", "API key"),
        ("<!channel>", "/tokens help"),
    ],
)
async def test_anything_typed_gets_an_answer(acme: Company, typed: str, said: str) -> None:
    reply = await acme.anna.runs(f"/tokens {typed}", channel="CSEARCH")

    assert said in reply.text_everywhere()
    assert "<!channel>" not in reply.text_everywhere()
    assert reply.ephemeral


async def test_sharing_posts_the_standing_into_the_teams_own_channel(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=250))
    reply = await acme.anna.runs("/tokens", channel="CSEARCH")
    await acme.anna.clicks("Share to channel", reply.message)
    await acme.settles()

    shared = await acme.emi.sees("$750 left of $1,000", channel="CSEARCH")
    assert not shared.is_ephemeral
    elsewhere = await acme.anna.runs("/tokens", channel="CGENERAL")
    assert elsewhere.message.buttons() == ["Request budget"], "it could not be shared here"


async def test_a_channel_that_is_shared_with_another_company_is_paused(acme: Company) -> None:
    answer = await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="share")
    assert answer["ok"], answer
    await acme.settles()
    assert "shared with another company" in (await acme.ben.dms())[-1].text

    form = (await acme.anna.runs("/tokens request 5 x", channel="CGENERAL")).modal
    assert form is not None
    await acme.anna.submits(form)
    await acme.settles()
    await acme.emi.does_not_see("asks for", channel="CSEARCH")
    assert "asks for $5.00" in (await acme.ben.dms())[-1].text


async def test_in_preview_only_finance_gets_messages(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: preview")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await acme.uses(acme.event(1, dollars=950))
        await acme.settles()
        assert "preview" in (await acme.anna.runs("/tokens", channel="CSEARCH")).text
        assert "preview" in (await acme.anna.runs("/tokens request 5", channel="CSEARCH")).text
        assert "Search has $50.00 left" in (await acme.chloe.runs("/tokens", channel="CSEARCH")).text
        assert [m for m in await acme.ben.messages("CSEARCH") if not m.is_ephemeral] == []
        status, answer = await acme.gets("/v1/teams/search/allowance")
        assert (status, answer["decision"]) == (200, "allow")
        received = [m.text for m in await acme.chloe.dms()]
        assert any("passed 80% of its budget" in text for text in received), received


async def test_announcing_shows_figures_without_a_budgets_consequences(tmp_path: Path) -> None:
    yml = TEAMS_YML.replace("mode: govern", "mode: announce")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        await acme.uses(acme.event(1, dollars=1500))
        await acme.settles()
        shown = (await acme.anna.runs("/tokens", channel="CSEARCH")).text_everywhere()
        assert "$1,500" in shown
        assert "announce" in (await acme.anna.runs("/tokens request 5", channel="CSEARCH")).text
        await acme.anna.does_not_see("used up its budget")
        assert (await acme.gets("/v1/teams/search/allowance"))[1]["decision"] == "allow"


async def test_a_broken_route_falls_back_to_the_managers_and_is_shown(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request 5 x", channel="CSEARCH")).modal
    assert form is not None
    await acme.anna.submits(form)
    acme.workspace.rooms["CSEARCH"].is_archived = True
    await acme.settles()
    assert any("asks for $5.00" in m.text for m in await acme.ben.dms())

    home = await acme.chloe.opens_home()
    assert "#team-search" in home.text_everywhere()
    assert "All is well" not in home.text_everywhere()


async def test_who_may_see_all_teams_below_sees_their_figures_apart_and_nobody_else_does(acme: Company) -> None:
    await acme.uses(acme.event(1, dollars=250.5), acme.event(2, dollars=9, team="product"))
    asked = {}
    for who in (acme.ben, acme.chloe, acme.anna):
        home = (await who.opens_home()).text_everywhere()
        asked[who.id] = home

    assert "With its 1 team: $259.50 spent, $9,740.50 left." in asked[acme.ben.id]
    assert "3% $260 of $10,000" in " ".join(asked[acme.chloe.id].split())  # Product's line includes Search
    assert "ith its 1 team" not in asked[acme.anna.id]


@pytest.mark.parametrize(
    ("who", "channel", "mode", "buttons"),
    [
        ("anna", "CSEARCH", "govern", ["Request budget", "Share to channel"]),
        ("ben", "CSEARCH", "govern", ["Request budget", "Share to channel"]),
        ("mia", "CSEARCH", "govern", ["Request budget", "Share to channel"]),
        ("chloe", "CSEARCH", "govern", ["Request budget", "Share to channel"]),
        ("anna", "CGENERAL", "govern", ["Request budget"]),
        ("chloe", "CMOBILE", "govern", ["Request budget"]),
        ("anna", "CSEARCH", "announce", ["Share to channel"]),
        ("anna", "CGENERAL", "announce", []),
        ("chloe", "CSEARCH", "preview", []),
    ],
)
async def test_a_standing_has_the_buttons_that_would_work(
    tmp_path: Path, who: str, channel: str, mode: str, buttons: list[str]
) -> None:
    yml = TEAMS_YML.replace("mode: govern", f"mode: {mode}")
    async with company(f"sqlite:///{tmp_path}/tokens.db", teams_yml=yml) as acme:
        reply = await getattr(acme, who).runs("/tokens search", channel=channel)
        assert reply.message.buttons() == buttons
        for button in buttons:
            answer = await getattr(acme, who).clicks(button, reply.message)
            assert answer.ok
            assert "not" not in answer.text, "no button is drawn that only refuses"


async def test_an_ended_team_takes_no_requests(tmp_path: Path) -> None:
    async with company(f"sqlite:///{tmp_path}/tokens.db") as acme:
        yml = TEAMS_YML.replace("slug: mobile, name: Mobile", "slug: mobile, closed: 2020-01-01, name: Mobile")
        await import_teams(acme.context, read_teams_file(yml), dry_run=False)
        assert "Request budget" not in (await acme.mia.runs("/tokens mobile", channel="CMOBILE")).message.buttons()
