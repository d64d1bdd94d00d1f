"""People in alerts: managers see them where the company allows it; channels never do."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.alerting.key_owners import notify_owners
from storage.tables.alerting import alerts
from storage.tables.outbox import outbox
from tests.scenarios.alert_stories import minded
from tests.scenarios.detection.spike_stories import runs_away, said, usual
from tests.scenarios.org.test_alert_settings import adds, form
from tests.support.company import PEOPLE, TEAMS_YML, Company, company
from tests.support.people import Person
from tests.support.seen import Message

WHO = ("anna", "emi", "mia", "dan", "chloe")
NAMES = "|".join(word for who in PEOPLE for word in (who.id, who.name, who.real_name, who.email))


async def five_spend(acme: Company, channel: str = "CSEARCH") -> Message:
    """Five people share a spike; Slack knows each."""
    for who in (*WHO, "ben"):
        await getattr(acme, who).runs("/tokens me", channel="CSEARCH")
    await usual(acme)
    await acme.uses(
        *[acme.event(f"spend-{who}", dollars=60, user=f"{who}@acme.test", credential="ci-7") for who in WHO]
    )
    await acme.settles()
    (alert,) = await said(acme, channel)
    return alert


async def details(person: Person, alert: Message) -> str:
    shown = (await person.chooses("Details", alert)).modal
    return shown.text_everywhere() if shown is not None else ""


@pytest.mark.parametrize("setting", ["none", "self", "managers"])
async def test_only_a_manager_reads_who_used_what_and_only_where_that_is_set(database_url: str, setting: str) -> None:
    async with company(database_url, teams_yml=TEAMS_YML.replace("people: self", f"people: {setting}")) as acme:
        alert = await five_spend(acme)
        shown = await details(acme.ben, alert)
        assert ("*People*" in shown) is (setting == "managers")
        assert all((f"<@U{who.upper()}>" in shown) is (setting == "managers") for who in WHO)

        for person in (acme.anna, acme.emi, acme.mia, acme.chloe, acme.dan):
            shown = await details(person, alert)
            assert "Hour by hour" in shown
            assert "People" not in shown
            assert "<@U" not in shown


async def test_nobody_stands_in_what_is_posted_drawn_or_kept_of_a_spike(database_url: str) -> None:
    """Looks at text, fallback, chart and facts. Who answers is named; who spends is not."""
    async with company(database_url, teams_yml=TEAMS_YML.replace("people: self", "people: managers")) as acme:
        await five_spend(acme)
        await details(acme.ben, (await said(acme))[0])
        await runs_away(acme, "more", dollars=4_000)
        await acme.settles()
        await notify_owners(acme.context)
        await minded(acme)
        async with acme.context.store.read() as tx:
            posted = list((await tx.connection.execute(select(outbox.c.body))).scalars())
            kept = list((await tx.connection.execute(select(alerts.c.facts))).scalars())

        assert len(posted) >= 2
        for text in (*posted, *kept):
            assert re.findall(rf"\b(?:{NAMES})\b", text, re.IGNORECASE) == []
            assert "person" not in text, "nor by number"


async def test_in_a_channel_of_its_own_alerts_open_their_details_for_whoever_is_in_it(tmp_path: Path) -> None:
    async with company(f"sqlite:///{tmp_path}/tokens.db") as acme:
        adds(acme, "CALERTS")
        assert (await acme.ben.submits(await form(acme.ben), alerts_channel="CALERTS")).closed
        alert = await five_spend(acme, "CALERTS")

        assert "Hour by hour" in await details(acme.mia, alert)
