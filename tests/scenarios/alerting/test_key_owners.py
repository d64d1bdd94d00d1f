"""Runaway keys: the owner gets one private message, and the channel does not name them."""

import pytest

from handlers.alerting.key_owners import notify_owners
from tests.scenarios.alert_stories import alerts, later, minded, sets
from tests.scenarios.alerting.delivery_helpers import plans
from tests.scenarios.alerting.test_alert_answers import record_of
from tests.scenarios.alerting.test_alerts import channel_messages, spiking
from tests.scenarios.detection.spike_stories import runs_away, usual
from tests.support.company import TEAMS_YML, Company, company
from tests.support.people import Person
from tests.support.seen import Message


async def owner_messages(person: Person) -> list[Message]:
    return [m for m in await person.dms() if "Key ci-" in m.text]


async def deliver(acme: Company) -> None:
    while await acme.worker.outbox_worker.deliver_due():
        pass


async def test_the_owner_is_told_once_and_answers_without_being_named(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.anna.runs("/tokens me", channel="CSEARCH")
    alert = await spiking(acme)
    assert await notify_owners(acme.context) == 1
    assert await notify_owners(acme.context) == 0
    await deliver(acme)
    (private,) = await owner_messages(acme.anna)
    assert "Key ci-7 of Search spent $200.00 in 1 hour, usually nothing" in private.text
    assert await owner_messages(acme.ben) == []

    await acme.anna.clicks("I'm on it", private)
    reply = await acme.ben.clicks("I'm on it", alert)
    assert "The owner of the key answered this alert already." in reply.text
    await deliver(acme)
    taken = await acme.ben.sees("The owner of the key is on it", channel="CSEARCH")
    assert (taken.ts, taken.buttons()) == (alert.ts, [])
    assert "UANNA" not in str(taken.raw)
    assert (await record_of(acme, alert)).state == "acknowledged"
    (answered,) = await owner_messages(acme.anna)
    assert answered.buttons() == []


async def test_messages_of_an_escalation_do_not_name_the_owner_of_the_key(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.anna.runs("/tokens me", channel="CSEARCH")
    await acme.ben.runs("/tokens", channel="CSEARCH")
    await spiking(acme)
    await acme.uses(acme.event("worse", dollars=4000, credential="ci-7"))
    await acme.settles()
    await notify_owners(acme.context)
    await minded(acme)
    await later(acme, minutes=31)
    carried = (await acme.ben.dms())[-1]
    assert "Nobody has answered a critical alert of Search for 30 minutes." in carried.text

    await acme.anna.clicks("I'm on it", (await owner_messages(acme.anna))[0])
    await minded(acme)

    after = (await acme.ben.dms())[-1]
    assert after.ts == carried.ts
    assert after.text.startswith("The owner of the key has answered this critical alert.")
    assert "UANNA" not in str(after.raw)
    assert "anna" not in after.text_everywhere().casefold()


async def test_in_preview_no_owner_is_told_and_no_manager(sqlite_url: str) -> None:
    async with company(sqlite_url, teams_yml=TEAMS_YML.replace("mode: govern", "mode: preview")) as acme:
        await acme.anna.runs("/tokens me", channel="CSEARCH")
        await acme.ben.runs("/tokens me", channel="CSEARCH")
        await usual(acme)
        await runs_away(acme, dollars=4_000)
        await acme.settles()
        assert len([m for m in await acme.chloe.dms() if "severity" in m.text]) == 1

        assert await notify_owners(acme.context) == 0
        await deliver(acme)
        assert await acme.anna.dms() == await acme.ben.dms() == []


async def test_an_owner_is_not_told_before_the_team_is(acme_on_both: Company) -> None:
    """Quiet hours and mutes apply to owners too."""
    acme = acme_on_both
    await acme.anna.runs("/tokens me", channel="CSEARCH")
    await sets(acme, quiet_from=11 * 60, quiet_until=16 * 60)
    await usual(acme)
    await runs_away(acme)
    await acme.settles()
    assert await notify_owners(acme.context) == 0

    await later(acme, hours=5)
    assert await notify_owners(acme.context) == 1
    await deliver(acme)
    assert len(await owner_messages(acme.anna)) == 1


async def test_an_owner_is_not_told_of_what_waits_for_the_days_summary(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.anna.runs("/tokens me", channel="CSEARCH")
    await sets(acme, daily_cap=1, quiet_from=11 * 60, quiet_until=16 * 60)
    await usual(acme)
    await alerts(acme, "the first of the afternoon", kind="threshold")
    await runs_away(acme)
    await acme.settles()
    assert await notify_owners(acme.context) == 0

    await later(acme, hours=5)
    assert await notify_owners(acme.context) == 1
    assert "1. Search spent" in (await channel_messages(acme))[-1].text


async def test_managers_are_told_of_a_services_key(acme: Company) -> None:
    await acme.ben.runs("/tokens", channel="CSEARCH")
    await spiking(acme)
    await acme.uses(*[acme.event(f"svc{n}", dollars=200, credential="ci-8", user=None) for n in range(10)])
    await acme.settles()
    await notify_owners(acme.context)
    await deliver(acme)

    (private,) = await owner_messages(acme.ben)
    assert "Nobody is known to own it." in private.text
    await acme.ben.clicks("I'm on it", private)
    await deliver(acme)
    await acme.emi.sees("<@UBEN> is on it", channel="CSEARCH")


async def test_nobody_is_told_of_a_key_that_was_planned(acme: Company) -> None:
    await acme.anna.runs("/tokens me", channel="CSEARCH")
    alert = await spiking(acme)
    await plans(acme.ben, alert)

    assert await notify_owners(acme.context) == 0


async def test_what_the_owner_was_told_follows_the_spike(acme: Company) -> None:
    await acme.anna.runs("/tokens me", channel="CSEARCH")
    alert = await spiking(acme)
    await notify_owners(acme.context)
    await acme.ben.clicks("I'm on it", alert)
    await notify_owners(acme.context)
    await deliver(acme)

    (private,) = await owner_messages(acme.anna)
    assert "<@UBEN> is on it" in private.text


async def test_details_show_hours_and_parts_and_nobody(acme: Company) -> None:
    alert = await spiking(acme)
    details = (await acme.emi.chooses("Details", alert)).modal
    assert details is not None
    words = details.text_everywhere()
    assert "key ci-7: $200.00" in words
    assert "usually nothing" in words
    assert "anna" not in words.casefold()
    assert "own use" not in words

    form = (await acme.emi.clicks("Request budget", details)).modal
    assert form is not None
    assert form.title == "Request AI budget"


async def test_details_open_whatever_many_parts_are_called(acme_on_both: Company) -> None:
    """Escaping turns each of these signs into five characters; a section holds 3,000."""
    acme = acme_on_both
    await usual(acme)
    parts = [f"{number:02d}{'&' * 60}" for number in range(12)]
    await acme.uses(*[acme.event(name, dollars=20, credential=name, model=name, workflow=name) for name in parts])
    await acme.settles()
    (alert,) = [m for m in await channel_messages(acme) if "severity" in m.text]
    details = (await acme.ben.chooses("Details", alert)).modal

    assert details is not None
    assert "00&" in details.text_everywhere().replace("&amp;", "&")


async def test_somebody_sees_their_own_part_of_a_spike(acme: Company) -> None:
    await acme.anna.runs("/tokens me", channel="CSEARCH")
    alert = await spiking(acme)
    details = (await acme.anna.chooses("Details", alert)).modal

    assert details is not None
    assert "of it is your own use; only you see that." in details.text_everywhere()


@pytest.mark.parametrize("people", [3, 5])
async def test_a_manager_sees_people_where_they_may_and_those_see_who_looked(sqlite_url: str, people: int) -> None:
    async with company(sqlite_url, teams_yml=TEAMS_YML.replace("people: self", "people: managers")) as acme:
        await acme.anna.runs("/tokens me", channel="CSEARCH")
        alert = await spiking(acme)
        others = ("emi", "mia", "dan", "chloe")[: people - 1]
        await acme.uses(*[acme.event(f"o-{who}", dollars=3, user=f"{who}@acme.test") for who in others])
        details = (await acme.ben.chooses("Details", alert)).modal
        assert details is not None
        words = details.text_everywhere()
        mine = await acme.anna.runs("/tokens me", channel="CSEARCH")

        assert ("<@UANNA>: $200" in words) is (people == 5)
        assert ("Fewer than 5 people" in words) is (people == 3)
        assert ("Looked at your figures last: <@UBEN>" in mine.text_everywhere()) is (people == 5)
        seen = (await acme.emi.chooses("Details", (await channel_messages(acme))[0])).modal
        assert seen is not None
        assert "People" not in seen.text_everywhere()
