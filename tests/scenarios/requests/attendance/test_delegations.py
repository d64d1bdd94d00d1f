"""Delegates decide for those who named them, and the card, the verdict and the audit say for whom."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from handlers.requests.rerouting import reroute_requests
from handlers.schedule import look_up_slack
from tests.scenarios.requests.test_budget_requests import ask, books_agree
from tests.support.company import Company
from tests.support.people import Person


async def texts(person: Person) -> list[str]:
    return [message.text_everywhere() for message in await person.dms()]


async def delegates(acme: Company, person: Person, typed: str) -> str:
    reply = await person.runs(f"/tokens delegate {typed}", channel="CSEARCH")
    await acme.settles()
    return reply.text


async def test_a_delegate_gets_the_card_and_decides_for_the_person_who_named_them(acme_on_both: Company) -> None:
    acme = acme_on_both
    said = await delegates(acme, acme.ben, "@mia until friday")
    assert "<@UMIA> decides for <@UBEN> until" in said
    assert "You decide <@UBEN>'s budget requests until" in (await texts(acme.mia))[-1]

    await ask(acme, acme.anna)
    (card,) = [one for one in await acme.mia.dms() if "asks for" in one.text]  # they may not be in the team's channel
    assert "<@UMIA> (for <@UBEN>) decides." in (await acme.anna.sees("asks for", channel="CSEARCH")).text

    await acme.mia.clicks("Approve", card)
    await acme.settles()

    decided = await acme.anna.sees("Approved by <@UMIA> for <@UBEN>", channel="CSEARCH")
    assert decided.buttons() == []
    assert "<@UMIA>, for <@UBEN>, approved your request" in (await texts(acme.anna))[-1]
    async with acme.context.store.read() as tx:
        rows = await tx.connection.execute(text("SELECT detail FROM audit WHERE action = 'approve request'"))
        (detail,) = [json.loads(row.detail) for row in rows]
        (request,) = await tx.budget_requests.of_person((await person_of(acme, "UANNA")).id)
    assert detail["for"] == (await person_of(acme, "UBEN")).id == request.decided_for
    assert request.decided_by == (await person_of(acme, "UMIA")).id
    await books_agree(acme)


async def person_of(acme: Company, slack_id: str):  # type: ignore[no-untyped-def]
    async with acme.context.store.read() as tx:
        return await tx.people.by_slack_id(slack_id)


async def test_a_delegate_never_decides_their_own_request(acme_on_both: Company) -> None:
    acme = acme_on_both
    await delegates(acme, acme.ben, "@anna until friday")

    card = await ask(acme, acme.anna)
    assert "<@UCHLOE> (as <@UBEN> is away until" in card.text
    refused = await acme.anna.clicks("Approve", card)
    assert "Nobody approves their own request." in refused.text

    await acme.ben.clicks("Approve", card)
    await acme.settles()
    await acme.anna.sees("Approved by <@UBEN>:", channel="CSEARCH")


async def test_who_named_a_delegate_may_still_decide_and_the_end_gives_the_cards_back(acme: Company) -> None:
    await delegates(acme, acme.ben, "@mia until friday")
    card = await ask(acme, acme.anna)

    said = await delegates(acme, acme.ben, "off")
    assert "Ended." in said
    await acme.settles()
    assert "<@UBEN> decides." in (await acme.anna.sees("asks for", channel="CSEARCH")).text
    assert "<@UBEN> ended it" in " ".join(await texts(acme.mia))
    old = await acme.mia.sees("asks for $500.00")
    assert old.buttons() == []
    assert "You were asked to decide this before, and are not now." in old.text_everywhere()
    refused = await acme.mia.clicks("Approve", card)
    assert "You can't decide this request." in refused.text


async def test_a_delegation_ends_by_itself(acme: Company) -> None:
    await delegates(acme, acme.ben, "@mia for 1 day")
    await ask(acme, acme.anna)
    assert "<@UMIA> (for <@UBEN>) decides." in (await texts(acme.anna))[-1]

    acme.clock.jump_to(acme.clock.now() + timedelta(days=1))
    await reroute_requests(acme.context)
    await acme.settles()

    assert "<@UBEN> decides." in (await texts(acme.anna))[-1]


async def test_a_delegate_who_leaves_is_replaced(acme: Company) -> None:
    await delegates(acme, acme.ben, "@mia until friday")
    await ask(acme, acme.anna)
    member = acme.workspace.members["UMIA"]
    acme.workspace.members["UMIA"] = type(member)(**{**member.__dict__, "deleted": True})

    await look_up_slack(acme.context)
    await acme.settles()

    assert "<@UCHLOE> (as <@UBEN> is away until" in (await texts(acme.anna))[-1]
    assert any("asks for $500.00" in one for one in await texts(acme.chloe))


@pytest.mark.parametrize(
    ("who", "typed", "said"),
    [
        ("ben", "<@UGUS> until friday", "guests, bots and people of other companies decide nothing here"),
        ("ben", "<@USTRANGER> until friday", "guests, bots and people of other companies decide nothing here"),
        ("ben", "@ben until friday", "Name somebody else"),
        ("anna", "@mia until friday", "decides no budget requests, so there is nothing to hand over"),
        ("anna", "@mia until someday", "I don't know the day “someday”"),
        ("ben", "@chloe for mia@acme.test until friday", "Only admins name a delegate for somebody else."),
        ("ben", "off", "Nobody decides for you."),
    ],
)
async def test_what_can_not_be_is_refused_to_that_person_alone(acme: Company, who: str, typed: str, said: str) -> None:
    reply = await getattr(acme, who).runs(f"/tokens delegate {typed}", channel="CSEARCH")

    assert said in reply.text
    async with acme.context.store.read() as tx:
        assert await tx.delegations.unfinished(at=acme.context.now_micros()) == []


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        ("@mia until someday", "I don't know the day “someday”"),
        ("@mia", "Say who decides for you, and until when."),
        ("@mia until 2020-01-01", "before the first"),
        ("@mia for 999 days", "too long"),
        ("@mia until next week", "the day you mean?"),
        ("@mia until tomorrow 5pm", "A delegation has whole days."),
    ],
)
async def test_unclear_days_open_the_form_with_what_was_understood(acme: Company, typed: str, note: str) -> None:
    form = (await acme.ben.runs(f"/tokens delegate {typed}", channel="CSEARCH")).modal

    assert form is not None
    assert note in form.text_everywhere()
    assert form.find("delegate")[1]["initial_user"] == "UMIA"
    async with acme.context.store.read() as tx:
        assert await tx.delegations.unfinished(at=acme.context.now_micros()) == []


async def test_chains_go_one_step_and_circles_are_refused(acme: Company) -> None:
    await delegates(acme, acme.ben, "@mia until friday")

    back = await acme.mia.runs("/tokens delegate @ben until friday", channel="CSEARCH")
    assert "has named a delegate for these days too" in back.text
    await delegates(acme, acme.mia, "@emi until friday")
    assert "<@UMIA> decides your budget requests, and has named a delegate too" in " ".join(await texts(acme.ben))

    await ask(acme, acme.anna)
    assert "<@UCHLOE> (as <@UBEN> is away" in (await texts(acme.anna))[-1]


async def test_an_admin_names_a_delegate_for_somebody_else(acme: Company) -> None:
    await delegates(acme, acme.dan, "@mia for @ben until friday")

    assert "<@UDAN> named <@UMIA> to decide your budget requests until" in (await texts(acme.ben))[-1]
    listed = await acme.dan.runs("/tokens delegate", channel="CSEARCH")
    await acme.dan.clicks("End", listed.messages[-1])
    await acme.settles()
    async with acme.context.store.read() as tx:
        assert await tx.delegations.unfinished(at=acme.context.now_micros()) == []


async def test_the_form_names_a_delegate_and_says_what_is_wrong_at_its_field(acme: Company) -> None:
    unknown = await acme.ben.runs("/tokens delegate @nobody until friday", channel="CSEARCH")
    assert unknown.modal is not None
    assert "I don't know “@nobody”" in unknown.modal.text_everywhere()

    wrong = await acme.ben.submits(unknown.modal, delegate="UGUS")
    assert "guests" in wrong.errors["delegate"]
    late = await acme.ben.submits(unknown.modal, delegate="UMIA", delegate_until="2020-01-01")
    assert "before the first" in late.errors["delegate_until"]
    done = await acme.ben.submits(unknown.modal, delegate_until="2027-01-01", delegate_from="2026-12-12")
    assert done.closed or done.errors


async def test_a_new_delegation_replaces_the_one_before(acme: Company) -> None:
    await delegates(acme, acme.ben, "@mia until friday")
    said = await delegates(acme, acme.ben, "@chloe until friday")

    assert "<@UCHLOE> decides for <@UBEN>" in said
    assert "<@UMIA>" not in said
    assert "<@UBEN> ended it" in " ".join(await texts(acme.mia))
