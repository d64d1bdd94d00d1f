"""Absences: a manager whose Slack status says so, or whose team has a day off, is not asked; others are."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from bot.periods import date_of
from handlers.org.teams import import_teams
from handlers.schedule import look_up_slack
from tests.scenarios.requests.test_budget_requests import ask
from tests.support.company import TEAMS_YML, Company


def has_status(acme: Company, slack_id: str, text: str = "", emoji: str = "", *, days: int = 0) -> None:
    expires = int((acme.clock.now() + timedelta(days=days)).timestamp()) if days else 0
    member = acme.workspace.members[slack_id]
    acme.workspace.members[slack_id] = replace(member, status_text=text, status_emoji=emoji, status_expiration=expires)


async def looks(acme: Company, **later: int) -> None:
    acme.clock.jump_to(acme.clock.now() + timedelta(**later))
    await look_up_slack(acme.context)
    await acme.settles()


async def receipt(acme: Company) -> str:
    return (await acme.anna.dms())[0].text


async def test_a_manager_on_vacation_is_not_asked_and_the_card_says_until_when(acme_on_both: Company) -> None:
    acme = acme_on_both
    has_status(acme, "UBEN", "Vacationing", ":palm_tree:", days=3)
    await looks(acme)

    card = await ask(acme, acme.anna)

    assert "<@UCHLOE> (as <@UBEN> is away until <!date^" in card.text
    assert "palm" not in card.text_everywhere().casefold() + (await receipt(acme)).casefold(), (
        "why is nobody's business"
    )
    assert any("asks for" in message.text for message in await acme.chloe.dms())

    await looks(acme, days=3, minutes=1)
    assert "<@UBEN> decides." in await receipt(acme)
    old = [message for message in await acme.chloe.dms() if "asks for" in message.text]
    assert old[0].buttons() == []


async def test_a_status_is_read_when_somebody_asks(acme: Company) -> None:
    """The sweep of all people may have been a while ago; the form is filled in meanwhile."""
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=6))
    has_status(acme, "UBEN", "OOO")

    card = await ask(acme, acme.anna)

    assert "<@UCHLOE> (as <@UBEN> is away)" in card.text


async def test_a_request_that_waits_moves_on_when_its_manager_goes_and_comes_back(acme: Company) -> None:
    await ask(acme, acme.anna)
    has_status(acme, "UBEN", emoji=":face_with_thermometer:")
    await looks(acme, minutes=2)
    assert "<@UCHLOE> (as <@UBEN> is away) decides for finance." in await receipt(acme)

    has_status(acme, "UBEN", "In a meeting")
    await looks(acme, minutes=2)
    assert "<@UBEN> decides." in await receipt(acme)


async def test_somebody_away_who_clicks_decides(acme: Company) -> None:
    has_status(acme, "UBEN", "OOO")
    await looks(acme, minutes=2)
    card = await ask(acme, acme.anna)

    await acme.ben.clicks("Approve", card)
    await acme.settles()

    await acme.anna.sees("Approved by <@UBEN>:", channel="CSEARCH")


async def test_with_everybody_away_the_request_waits_and_says_so(acme: Company) -> None:
    has_status(acme, "UBEN", "OOO")
    has_status(acme, "UCHLOE", "OOO")
    await looks(acme, minutes=2)

    card = await ask(acme, acme.anna)

    assert "<@UBEN> (away) decides." in card.text


async def test_a_delegate_goes_before_a_status(acme: Company) -> None:
    await acme.ben.runs("/tokens delegate @mia until friday", channel="CSEARCH")
    has_status(acme, "UBEN", "OOO")
    await looks(acme, minutes=2)

    card = await ask(acme, acme.anna)

    assert "<@UMIA> (for <@UBEN>) decides." in card.text


async def test_a_teams_day_off_is_an_absence_of_its_people(acme_on_both: Company) -> None:
    acme = acme_on_both
    async with acme.context.store.read() as tx:
        today = date_of((await acme.context.scope(tx)).directory.root.day_of(acme.context.now_micros()))
    yml = TEAMS_YML.replace("finance: [chloe", f"calendars: {{uk: [{today}]}}, finance: [chloe").replace(
        "name: Product,", "name: Product, days_off: [uk],"
    )
    await import_teams(acme.context, read_teams_file(yml), dry_run=False)

    card = await ask(acme, acme.anna)
    assert "<@UCHLOE> (as <@UBEN> is away) decides for finance." in card.text

    await looks(acme, days=1)
    assert "<@UBEN> decides." in await receipt(acme)


async def test_a_company_has_statuses_of_its_own(acme: Company, tmp_path: Path) -> None:
    own = TEAMS_YML + "policy: {away: {emoji: [':surf:'], words: []}}\n"
    await import_teams(acme.context, read_teams_file(own), dry_run=False)
    has_status(acme, "UBEN", "OOO", ":surf:")
    has_status(acme, "UCHLOE", "OOO", ":palm_tree:")
    await looks(acme, minutes=2)

    async with acme.context.store.read() as tx:
        away = await tx.absences.all(at=acme.context.now_micros())
        ben = await tx.people.by_slack_id("UBEN")
    assert ben is not None
    assert set(away) == {ben.id}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("days_off: [christmas]", "organisation.days_off[0]: write a day off like 2026-12-25"),
        ("days_off: [2026-12-25, 2026-12-25]", "organisation.days_off: 2026-12-25 is listed twice"),
        ("calendars: {uk: [soon]}", "organisation.calendars.uk[0]: write a day off like 2026-12-25"),
    ],
)
def test_days_off_that_can_not_be_name_their_field(line: str, fault: str) -> None:
    with pytest.raises(Exception, match="organisation") as refused:
        read_teams_file(TEAMS_YML.replace("finance: [chloe", f"{line}, finance: [chloe"))

    assert fault in str(refused.value)


def test_a_calendar_that_nobody_declares_names_its_team() -> None:
    with pytest.raises(Exception, match="there is no calendar mars") as refused:
        read_teams_file(TEAMS_YML.replace("name: Product,", "name: Product, days_off: [mars],"))

    assert "teams[product].days_off" in str(refused.value)
