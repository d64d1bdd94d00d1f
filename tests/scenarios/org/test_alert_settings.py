"""`/tokens settings`: a manager changes thresholds, quiet hours, caps and channels; members read; others see nothing."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.org.alert_settings import DEFAULT_SETTINGS, Destination
from storage.tables.books import audit
from tests.scenarios.alert_stories import alerts, in_channel, minded, search, sets, texts
from tests.scenarios.commands import Run, well
from tests.support.company import Company
from tests.support.people import Person
from tests.support.seen import View


def adds(acme: Company, channel: str, **facts: Any) -> None:
    """Creates a channel with every member of the company."""
    like = acme.workspace.rooms["CSEARCH"]
    acme.workspace.rooms[channel] = replace(like, id=channel, name=channel.lower(), messages=[], last_read={}, **facts)


async def form(person: Person, text: str = "/tokens settings", channel: str = "CSEARCH") -> View:
    shown = (await person.runs(text, channel=channel)).modal
    assert shown is not None
    return shown


async def test_ben_sets_them_and_they_hold_at_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    filled = {
        "thresholds": "30, 60",
        "quiet_from": "22:00",
        "quiet_until": "07:30",
        "quiet_weekends": ["weekends"],
        "daily_cap": "3",
        "escalate": "1 hour",
        "muted": ["Spikes of low severity"],
        "alerts_channel": "CMOBILE",
    }
    reply = await acme.ben.submits(await form(acme.ben), filled)
    assert reply.closed, reply.errors

    team = await search(acme)
    assert team.thresholds == (30, 60)
    assert team.alerts == replace(
        DEFAULT_SETTINGS,
        thresholds=(30, 60),
        quiet_from=22 * 60,
        quiet_until=7 * 60 + 30,
        quiet_weekends=True,
        daily_cap=3,
        muted=frozenset({"spike:low"}),
        escalate_minutes=60,
        alerts_destination=Destination(ref="CMOBILE", state="linked"),
    )
    async with acme.context.store.read() as tx:
        wanted = select(audit).where(audit.c.action == "set alert settings")
        (kept,) = (await tx.connection.execute(wanted)).all()
    assert (kept.subject, json.loads(kept.detail)["daily_cap"]) == (f"team:{team.id}", [5, 3])
    assert json.loads(kept.detail)["channels"] == [{}, {"alerts": "CMOBILE"}]

    again = await form(acme.ben)
    words = again.text_everywhere()
    assert "Europe/London" in words
    assert (await acme.ben.submits(again)).closed
    assert await search(acme) == team


async def test_thresholds_of_slack_apply_until_they_are_emptied(acme: Company) -> None:
    assert (await acme.ben.submits(await form(acme.ben), thresholds="40")).closed
    await acme.uses(acme.event(1, dollars=450))
    await acme.settles()
    assert ["passed 40% of its budget" in text for text in await texts(acme)] == [True]

    assert (await acme.ben.submits(await form(acme.ben), thresholds="")).closed
    assert (await search(acme)).thresholds == (80, 100)


async def test_a_member_reads_them_and_a_stranger_to_the_team_learns_nothing(acme: Company) -> None:
    await sets(acme, quiet_from=22 * 60, quiet_until=7 * 60, muted=frozenset({"forecast"}))
    shown = await acme.anna.runs("/tokens settings", channel="CSEARCH")
    assert shown.modal is None
    assert "Quiet hours: 22:00 to 07:00 (Europe/London)" in shown.text
    assert "Muted: forecasts that the budget will not last" in shown.text
    assert "<@UBEN>" in shown.text

    refused = await acme.mia.runs("/tokens settings search", channel="CMOBILE")
    assert refused.modal is None
    assert refused.text.startswith("There is no team “search”.")
    nowhere = await acme.mia.runs("/tokens settings nowhere", channel="CMOBILE")
    assert nowhere.text == refused.text.replace("search", "nowhere", 1)
    assert "There is no" not in (await acme.mia.runs("/tokens settings search", channel="CSEARCH")).text


async def test_anna_is_refused_whatever_form_she_sends(acme: Company) -> None:
    """She may have an old form of somebody else. The permission on submission counts."""
    opened = await form(acme.ben)
    async with acme.context.store.begin() as tx:
        directory = await tx.teams.directory()
        assert directory is not None
        await tx.teams._save_roles((await search(acme)).id, {"manager": []})
        for team in directory.real_teams:
            if team.slug == "product":
                await tx.teams._save_roles(team.id, {"manager": []})
        await tx.config.changed()
    reply = await acme.ben.submits(opened, daily_cap="1")

    assert not reply.closed
    assert "can't change the alert settings of Search" in str(reply.errors)
    assert (await search(acme)).alerts == DEFAULT_SETTINGS


async def test_finance_and_admins_set_them_for_any_team(acme: Company) -> None:
    for person, cap in ((acme.chloe, "1"), (acme.dan, "10")):
        opened = await form(person, "/tokens settings search", "CGENERAL")
        assert (await person.submits(opened, daily_cap=cap)).closed
        assert (await search(acme)).alerts.daily_cap == int(cap)


async def test_a_manager_of_several_teams_is_asked_which(acme: Company) -> None:
    asked = await acme.ben.runs("/tokens settings", channel="CGENERAL")

    assert "`/tokens settings product`" in asked.text
    assert "`/tokens settings search`" in asked.text
    assert "no team" in (await acme.ben.runs("/tokens settings nobody", channel="CGENERAL")).text


async def test_invalid_input_is_refused_at_its_field(acme: Company) -> None:
    for typed, field in (
        ({"thresholds": "80, often"}, "thresholds"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_from": "09:00", "quiet_until": "09:00"}, "quiet_until"),
    ):
        reply = await acme.ben.submits(await form(acme.ben), typed)
        assert list(reply.errors) == [field]
    assert (await search(acme)).alerts == DEFAULT_SETTINGS


async def test_channels_that_are_shared_archived_or_without_the_app_are_refused(acme: Company) -> None:
    adds(acme, "CEXT", is_ext_shared=True)
    adds(acme, "COLD", is_archived=True)
    adds(acme, "CSECRET", is_private=True, bot_is_member=False)
    for channel, words in (
        ("CEXT", "shared with another company"),
        ("COLD", "Nothing can be posted there"),
        ("CGENERAL", "Invite it there first"),
        ("CSECRET", "Invite it there first"),
        ("CNOWHERE", "Invite it there first"),
    ):
        for field in ("alerts_channel", "approvals_channel"):
            reply = await acme.ben.submits(await form(acme.ben), {field: channel})
            assert words in reply.errors[field], channel
    assert (await search(acme)).alerts == DEFAULT_SETTINGS


async def test_alerts_and_approvals_go_to_their_channels_and_back(acme_on_both: Company) -> None:
    acme = acme_on_both
    adds(acme, "CALERTS")
    adds(acme, "CAPPROVE")
    reply = await acme.ben.submits(await form(acme.ben), alerts_channel="CALERTS", approvals_channel="CAPPROVE")
    assert reply.closed, reply.errors
    await acme.uses(acme.event(1, dollars=1100))
    request = (await acme.anna.runs("/tokens request 500 more", channel="CSEARCH")).modal
    assert request is not None
    assert (await acme.anna.submits(request)).closed
    await acme.settles()

    assert ["used up its budget" in text for text in await texts(acme, "CALERTS")] == [True]
    card = await acme.ben.sees("asks for $500.00", channel="CAPPROVE")
    assert await texts(acme) == []
    await acme.ben.clicks("Approve", card)
    await acme.settles()
    await acme.anna.sees("Approved by <@UBEN>", channel="CAPPROVE")
    await acme.ben.sees("below 100% of its budget again", channel="CALERTS")
    shown = await acme.ben.runs("/tokens settings", channel="CALERTS")
    assert shown.modal is not None

    boxes = ["Alerts go to the team's own channel again", "Approvals go to the team's own channel again"]
    assert (await acme.ben.submits(await form(acme.ben), own_channel=boxes)).closed
    await alerts(acme, "Spend is high")
    await minded(acme)
    assert await texts(acme) == ["Spend is high"]
    assert len(await in_channel(acme, "CALERTS")) == 1


async def test_an_alerts_channel_that_fails_falls_back_to_the_managers_and_shows_as_broken(acme: Company) -> None:
    adds(acme, "CALERTS")
    assert (await acme.ben.submits(await form(acme.ben), alerts_channel="CALERTS")).closed
    acme.workspace.rooms["CALERTS"].is_archived = True
    await alerts(acme, "Spend is high")
    await minded(acme)
    assert [m.text for m in await acme.ben.dms()] == ["Spend is high"]
    assert await texts(acme) == []
    assert "Search: alerts in CALERTS (broken)" in (await acme.chloe.opens_home()).text_everywhere()

    await alerts(acme, "And again")
    await minded(acme)
    assert [m.text for m in await acme.ben.dms()] == ["Spend is high", "And again"]
    assert (await search(acme)).channel_state == "linked"


async def test_an_alerts_channel_that_becomes_shared_gets_no_more_messages(acme: Company) -> None:
    adds(acme, "CALERTS")
    assert (await acme.ben.submits(await form(acme.ben), alerts_channel="CALERTS")).closed
    await acme.sandbox.does("channel", "UBEN", id="CALERTS", change="share")
    for _ in range(200):
        place = (await search(acme)).alerts.alerts_destination
        if place is not None and place.state == "paused":
            break
        await minded(acme)
    await alerts(acme, "Spend is high")
    await minded(acme)

    assert await texts(acme, "CALERTS") == []
    told = [m.text for m in await acme.ben.dms()]
    assert [text for text in told if "channel for alerts of Search is shared" in text]
    assert told[-1] == "Spend is high"


def test_an_import_keeps_the_settings_of_slack_and_lists_them(run: Run, tmp_path: Path) -> None:
    well(run("teams", "import", "teams.yml"))
    body = json.dumps(DEFAULT_SETTINGS.to_json() | {"thresholds": [50, 100]})
    with closing(sqlite3.connect(tmp_path / "tokens.db")) as database, database:
        database.execute(
            "INSERT INTO alert_settings (team_id, body, changed_at) SELECT id, ?, 0 FROM teams WHERE slug = 'search'",
            (body,),
        )
    kept = "set in Slack, kept: search: thresholds 50%, 100% (the file says 80%, 100%)"

    assert kept in well(run("teams", "import", "teams.yml"))


async def test_a_team_without_a_channel_may_have_one_for_alerts(acme: Company) -> None:
    adds(acme, "CALERTS")
    assert (await acme.ben.submits(await form(acme.ben, "/tokens settings product"), alerts_channel="CALERTS")).closed
    await acme.uses(acme.event(1, dollars=11_000, team="product"))
    await acme.settles()

    assert ["used up its budget" in text for text in await texts(acme, "CALERTS")] == [True]
