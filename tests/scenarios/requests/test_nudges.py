"""The asker nudges the deciders, once in four hours."""

from datetime import timedelta

from tests.scenarios.requests.test_budget_requests import ask
from tests.support.company import Company
from tests.support.seen import Message


async def nudges(acme: Company) -> list[Message]:
    return [m for m in await acme.ben.dms() if "reminds you" in m.text or "has ended" in m.text]


async def test_a_nudge_reaches_the_deciders_once_in_four_hours(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna)
    told = await acme.anna.chooses("Nudge the approvers", card)
    assert "<@UBEN> got a reminder. You can send the next one" in told.ephemeral[0].text
    early = await acme.anna.chooses("Nudge the approvers", card)
    assert "less than 4 hours ago" in early.ephemeral[0].text
    await acme.settles()
    (first,) = await nudges(acme)
    assert "$500.00 for Search" in first.text
    assert first.buttons() == ["Approve", "Deny"]

    acme.clock.jump_to(acme.clock.now() + timedelta(hours=4, seconds=1))
    receipt = await acme.anna.sees("Your request of $500.00 for Search")
    assert "got a reminder" in (await acme.anna.clicks("Nudge", receipt)).text
    await acme.settles()
    assert len(await nudges(acme)) == 2

    await acme.ben.clicks("Approve", first)
    await acme.settles()
    assert [m.buttons() for m in await nudges(acme)] == [[], []]
    await acme.anna.sees("Approved by <@UBEN>", channel="CSEARCH")


async def test_nobody_nudges_for_somebody_else(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    for person in (acme.emi, acme.ben):
        refused = await person.chooses("Nudge the approvers", card)
        assert refused.ephemeral[0].text == "Only the person who asked can nudge."
    await acme.settles()

    assert await nudges(acme) == []


async def test_a_nudge_of_an_earlier_amount_decides_nothing(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    await acme.anna.chooses("Nudge the approvers", card)
    await acme.settles()
    (old,) = await nudges(acme)
    form = (await acme.anna.chooses("Change my request…", card)).modal
    assert form is not None
    await acme.anna.submits(form, amount="900")
    refused = await acme.ben.clicks("Approve", old)

    assert "it is $900.00 for Search" in refused.ephemeral[0].text
    (now,) = await nudges(acme)
    assert "$900.00 for Search" in now.text
