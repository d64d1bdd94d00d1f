"""Budget requests, from the slash command to the booked grant."""

import asyncio

import pytest

from storage.books.checks import faults
from tests.support.company import Company
from tests.support.people import Person
from tests.support.seen import Message


async def ask(company: Company, person: Person, amount: str = "500", reason: str = "eval run") -> Message:
    """Requests budget for Search and returns its card in the channel."""
    reply = await person.runs("/tokens request", channel="CSEARCH")
    assert reply.modal is not None, reply.text
    submitted = await person.submits(reply.modal, amount=amount, reason=reason)
    assert submitted.closed, submitted.errors
    await company.settles()
    return await person.sees("asks for", channel="CSEARCH")


async def allowance(company: Company) -> dict[str, str]:
    status, answer = await company.gets("/v1/teams/search/allowance")
    assert status == 200
    found: dict[str, str] = answer
    return found


async def books_agree(company: Company) -> None:
    async with company.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def held_by_product(company: Company) -> str:
    return str((await company.gets("/v1/teams/product/allowance"))[1]["held_usd"])


async def test_anna_asks_ben_approves_and_the_budget_is_there(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna)
    assert await held_by_product(acme) == "500.000000000"

    await acme.ben.clicks("Approve", card)
    await acme.settles()

    decided = await acme.anna.sees("Approved by", channel="CSEARCH")
    assert (decided.ts, decided.buttons()) == (card.ts, [])
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"
    assert await held_by_product(acme) == "0.000000000"
    assert "approved" in (await acme.anna.dms())[-1].text.casefold()
    await books_agree(acme)


async def test_a_denials_reason_reaches_the_asker_alone(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    form = (await acme.ben.clicks("Deny", card)).modal
    assert form is not None
    refused = await acme.ben.submits(form, reason=" ")
    assert "reason" in refused.errors
    await acme.ben.submits(form, reason="Wait for the release")
    await acme.settles()

    denied = await acme.ben.sees("Denied by", channel="CSEARCH")
    assert denied.buttons() == []
    assert "Wait for the release" in (await acme.anna.dms())[-1].text_everywhere()
    for other in (acme.ben, acme.chloe, acme.emi):
        await other.does_not_see("Wait for the release")
    assert (await allowance(acme))["allocated_usd"] == "1000.000000000"
    assert await held_by_product(acme) == "0.000000000"
    await books_agree(acme)


async def test_the_asker_changes_and_withdraws(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna)
    form = (await acme.anna.chooses("Change my request…", card)).modal
    assert form is not None
    assert (await acme.anna.submits(form, amount="1,250.50")).closed
    await acme.settles()

    changed = await acme.ben.sees("$1,250.50", channel="CSEARCH")
    assert changed.ts == card.ts
    assert await held_by_product(acme) == "1250.500000000"

    not_his = await acme.ben.chooses("Withdraw my request", changed)
    assert "Only the person who asked" in not_his.text
    await acme.anna.chooses("Withdraw my request", changed)
    late = await acme.ben.clicks("Approve", changed)
    assert "withdrawn by the person who asked" in late.text
    await acme.settles()

    gone = await acme.ben.sees("withdrew the request", channel="CSEARCH")
    assert (gone.ts, gone.buttons()) == (card.ts, [])
    assert await held_by_product(acme) == "0.000000000"
    assert (await allowance(acme))["allocated_usd"] == "1000.000000000"
    await books_agree(acme)


async def test_one_request_waits_per_person_and_team(acme: Company) -> None:
    first = (await acme.anna.runs("/tokens request 100 one", channel="CSEARCH")).modal
    assert first is not None
    assert (await acme.anna.submits(first)).closed
    await acme.settles()

    again = (await acme.anna.runs("/tokens request 200 two", channel="CSEARCH")).modal
    assert again is not None
    assert "You already have a request waiting: $100.00" in again.text_everywhere()
    assert (await acme.anna.submits(again)).closed
    await acme.settles()
    await acme.ben.sees("asks for $200.00", channel="CSEARCH")
    emis = (await acme.emi.runs("/tokens request 200 two", channel="CSEARCH")).modal
    assert emis is not None
    assert (await acme.emi.submits(emis)).closed
    await acme.settles()
    assert await held_by_product(acme) == "400.000000000"
    await books_agree(acme)


async def test_nobody_approves_their_own_and_finance_decides_where_no_other_manager_is(acme: Company) -> None:
    card = await ask(acme, acme.ben)
    own = await acme.ben.clicks("Approve", card)
    assert "Nobody approves their own request" in own.text
    assert own.ephemeral

    copies = [m for m in await acme.chloe.dms() if "asks for" in m.text_everywhere()]
    assert len(copies) == 1
    await acme.chloe.clicks("Approve", copies[0])
    await acme.settles()
    assert "Approved by" in (await acme.chloe.dms())[-1].text_everywhere()
    await acme.anna.sees("Approved by", channel="CSEARCH")
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"


@pytest.mark.parametrize("name", ["dan", "mia", "emi"])
async def test_who_may_not_decide_is_told_who_may(acme: Company, name: str) -> None:
    card = await ask(acme, acme.anna)
    for button in ("Approve", "Deny"):
        refused = await getattr(acme, name).clicks(button, card)
        assert "You can't decide this request" in refused.text
        assert "<@UBEN>" in refused.text
        assert [m.is_ephemeral for m in refused.messages] == [True]
    assert (await allowance(acme))["allocated_usd"] == "1000.000000000"


async def test_two_clicks_at_once_decide_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna)
    replies = await asyncio.gather(acme.ben.clicks("Approve", card), acme.chloe.clicks("Approve", card))
    await acme.settles()

    refused = [r for r in replies if "already approved this request" in r.text]
    assert len(refused) == 1
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"
    await books_agree(acme)


async def test_what_nobody_has_is_not_held_and_finance_appropriates_it(acme: Company) -> None:
    card = await ask(acme, acme.anna, amount="50000")
    assert await held_by_product(acme) == "0.000000000"
    assert "You can't decide this request" in (await acme.ben.clicks("Approve", card)).text

    (copy,) = [m for m in await acme.chloe.dms() if "asks for" in m.text_everywhere()]
    await acme.chloe.clicks("Approve", copy)
    await acme.settles()
    assert (await allowance(acme))["allocated_usd"] == "51000.000000000"
    await books_agree(acme)


async def test_an_amount_that_is_none_is_refused_at_its_field(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request", channel="CSEARCH")).modal
    assert form is not None
    for typed, said in (
        ("-5", "more than zero"),
        ("abc", "not an amount"),
        ("1e99", "not an amount"),
        ("0", "more than zero"),
        ("0.00", "more than zero"),
        ("999999999999999", "billion"),
        ("2000m", "billion"),
        ("$", "not an amount"),
        ("NaN", "not an amount"),
        ("5,00", "not an amount"),
        (" ", ""),
    ):
        refused = await acme.anna.submits(form, amount=typed, reason="why")
        assert not refused.closed, typed
        assert said in refused.errors["amount"], typed
    async with acme.context.store.read() as tx:
        assert await tx.budget_requests.pending() == []
    assert await held_by_product(acme) == "0.000000000"


async def test_an_amount_that_is_none_is_refused_in_the_command(acme: Company) -> None:
    for typed in ("-5", "1e99", "$0", "0"):
        reply = await acme.anna.runs(f"/tokens request {typed} why", channel="CSEARCH")
        assert reply.modal is None, typed
        assert "amount" in reply.text, typed
        assert [m.is_ephemeral for m in reply.messages] == [True]


async def test_amounts_are_read_as_people_write_them(acme: Company) -> None:
    for typed, shown in (("1,250.50", "$1,250.50"), ("2k", "$2,000.00"), ("$500", "$500.00"), ("20 dollars", "$20.00")):
        card = await ask(acme, acme.anna, amount=typed)
        assert shown in card.text, typed
        await acme.anna.chooses("Withdraw my request", card)
        await acme.settles()


async def test_what_people_write_can_not_ring_a_channel(acme: Company) -> None:
    card = await ask(acme, acme.anna, reason="<!channel> & <@UBEN>")

    assert "<!channel>" not in card.text_everywhere()
    assert "&lt;!channel&gt; &amp; &lt;@UBEN&gt;" in card.text_everywhere()


async def test_a_reason_that_is_too_long_is_refused_at_its_field(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request 5", channel="CSEARCH")).modal
    assert form is not None
    refused = await acme.anna.submits(form, reason="x" * 3000)

    assert "reason" in refused.errors
