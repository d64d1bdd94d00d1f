"""A channel that another company joins after something was posted: it gives nobody a view of the team any more."""

import json

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_teams
from handlers.schedule import look_up_slack
from tests.scenarios.slack.signed import click, request_form, sends
from tests.scenarios.slack.test_other_companies import otto_joins, search_id, shown_to
from tests.scenarios.slack.test_routes import channel_is, channel_messages
from tests.support.company import TEAMS_YML, Company
from tests.support.people import listened


async def asks(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH")).modal
    assert form is not None
    assert (await acme.anna.submits(form)).closed
    await acme.settles()


async def is_shared(acme: Company) -> None:
    otto_joins(acme)
    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="share")
    await channel_is(acme, "paused")


async def test_a_paused_channel_shows_its_team_to_nobody_who_may_not_see_it_anyway(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=250))
    assert "$750 left" in (await acme.dan.runs("/tokens", channel="CSEARCH")).message.text
    await is_shared(acme)
    team, before = str(await search_id(acme)), len(shown_to(acme, "UDAN"))

    said = [(await acme.dan.runs(text, channel="CSEARCH")).message.text for text in ("/tokens", "/tokens expect")]
    said += [(await acme.dan.runs(f"/tokens {text}", channel="CSEARCH")).message.text for text in ("top", "settings")]
    for action in ("show_standing", "request_budget", "share_standing"):
        await sends(acme, click(acme, "UDAN", action, team, team="TACME", user_team="TACME"))
    said += shown_to(acme, "UDAN")[before:]
    assert len(said) > 7
    assert not [text for text in said if "750" in text or "$1,000" in text], said
    assert not [call for call in acme.workspace.calls if call["method"] == "views.open"]

    assert "$750 left" in (await acme.anna.runs("/tokens", channel="CSEARCH")).message.text, "only she sees it"


async def test_a_form_opened_before_the_channel_was_shared_asks_for_nothing(acme: Company) -> None:
    await is_shared(acme)
    form = request_form("UDAN", team="TACME", user_team="TACME", search_id=await search_id(acme))

    answer = await sends(acme, form)
    assert "You are not in Search" in json.dumps(answer)
    assert await sends(acme, {**form, "user": {"id": "UANNA", "team_id": "TACME"}}) is None


async def test_an_unarchived_channel_that_is_still_shared_stays_paused(acme: Company) -> None:
    await is_shared(acme)
    for change, state in (("archive", "broken"), ("unarchive", "paused")):
        await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change=change)
        await channel_is(acme, state)

    acme.workspace.fail_next("conversations.info", "internal_error")
    await acme.sandbox.does("channel", "UBEN", id="CSEARCH", change="unshare")
    await channel_is(acme, "paused")
    await look_up_slack(acme.context)
    await channel_is(acme, "linked")


async def test_an_invitation_of_another_company_pauses_before_they_come(acme: Company) -> None:
    room = acme.workspace.rooms["CSEARCH"]
    as_slack = room.as_slack
    room.as_slack = lambda **named: {**as_slack(**named), "is_pending_ext_shared": True}  # type: ignore[method-assign]
    await look_up_slack(acme.context)
    await channel_is(acme, "paused")


async def test_what_stands_in_a_former_channel_is_not_updated_once_that_is_shared(acme_on_both: Company) -> None:
    """The team has another channel now, so no event about the former one is followed."""
    acme = acme_on_both
    await asks(acme)
    (card,) = await channel_messages(acme)
    file = read_teams_file(TEAMS_YML.replace('"#team-search"', "CPLACE"))
    await import_teams(acme.context, file, dry_run=False)
    acme.workspace.rooms["CSEARCH"].is_ext_shared = True
    home = await acme.anna.opens_home()
    await acme.anna.clicks("Withdraw", home)
    await listened()
    await acme.settles()

    assert [m.raw for m in await channel_messages(acme)] == [card.raw]
    assert "withdrew the request" in (await acme.ben.dms())[-1].text
