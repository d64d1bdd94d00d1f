"""Transfers from Slack: asked for by one team's manager, agreed by the other's, taken back while unspent."""

from handlers.books.commitments.transfers import lapse_transfers
from storage.books.checks import faults
from tests.support.company import Company, middle_of_next_month


async def available(company: Company, team: str) -> str:
    return str((await company.gets(f"/v1/teams/{team}/allowance"))[1]["available_usd"]).removesuffix(".000000000")


async def books_agree(company: Company) -> None:
    async with company.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_both_managers_say_yes_and_the_giver_takes_back_what_is_unspent(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.ben.runs("/tokens transfer 300 to mobile for the launch", channel="CSEARCH")
    await acme.settles()
    card = await acme.mia.sees("wants to move $300.00 from Search to Mobile", channel="CMOBILE")
    assert "agreed for Search. It waits for a manager of Mobile." in card.text
    assert await available(acme, "search") == "1000"

    stands = (await acme.anna.runs("/tokens", channel="CSEARCH")).text_everywhere()
    assert "Transfers: $300.00 from Search to Mobile waits for Mobile." in stands

    assert "It waits for a manager of Mobile" in (await acme.ben.clicks("Agree", card)).text
    assert "waits for a manager" in (await acme.anna.clicks("Agree", card)).text
    await acme.mia.clicks("Agree", card)
    await acme.settles()
    assert (await available(acme, "search"), await available(acme, "mobile")) == ("700", "800")
    moved = await acme.ben.sees("Moved: $300.00 from Search to Mobile", channel="CSEARCH")

    await acme.uses(acme.event(1, dollars=650, team="mobile", credential=None))
    await acme.settles()
    assert "Only managers of Search and finance" in (await acme.mia.clicks("Take back", moved)).text
    await acme.ben.clicks("Take back", moved)
    await acme.settles()
    assert (await available(acme, "search"), await available(acme, "mobile")) == ("850", "0")
    assert "$150.00 of it was taken back" in (await acme.mia.sees("Moved: $300.00", channel="CMOBILE")).text
    moved = await acme.ben.sees("Moved: $300.00", channel="CSEARCH")
    assert "has spent or promised all of it" in (await acme.ben.clicks("Take back", moved)).text
    await books_agree(acme)


async def test_whoever_manages_both_moves_it_at_once(acme: Company) -> None:
    await acme.chloe.runs("/tokens transfer 100 from mobile to search", channel="CGENERAL")
    await acme.settles()
    assert (await available(acme, "search"), await available(acme, "mobile")) == ("1100", "400")


async def test_a_declined_or_lapsed_transfer_moves_nothing(acme: Company) -> None:
    await acme.ben.runs("/tokens transfer 300 to mobile", channel="CSEARCH")
    await acme.ben.runs("/tokens transfer 200 to mobile", channel="CSEARCH")
    await acme.settles()
    first = await acme.mia.sees("wants to move $300.00", channel="CMOBILE")
    await acme.mia.clicks("Decline", first)
    await acme.settles()
    assert (await acme.ben.sees("Declined by", channel="CSEARCH")).buttons() == []

    acme.clock.jump_to(middle_of_next_month(acme.context.now()))
    assert await lapse_transfers(acme.context) == 1
    assert await lapse_transfers(acme.context) == 0
    await acme.settles()
    assert (await acme.ben.sees("Lapsed with its period: $200.00", channel="CSEARCH")).buttons() == []
    assert (await available(acme, "search"), await available(acme, "mobile")) == ("1000", "500")
    await books_agree(acme)


async def test_each_refusal_is_a_sentence_and_nothing_is_posted(acme: Company) -> None:
    for person, text, answer in (
        (acme.ben, "transfer 5 to search", "can't give budget to itself"),
        (acme.ben, "transfer 5 to nobody", "There is no team “nobody”"),
        (acme.ben, "transfer 5000 to mobile", "Search has $1,000.00 available"),
        (acme.anna, "transfer 5 to mobile", "Only managers of Search or Mobile, and finance"),
        (acme.ben, "transfer 1e99 to mobile", "not an amount"),
        (acme.ben, "credit 5 search CN-1", "Only finance books credits"),
        (acme.chloe, "credit 0 search CN-1", "more than zero"),
        (acme.chloe, "credit 5 nobody CN-1", "There is no team “nobody”"),
        (acme.chloe, "credit 5 search", "Write it like"),
    ):
        assert answer in (await person.runs(f"/tokens {text}", channel="CSEARCH")).text, text
    await acme.settles()
    await acme.mia.does_not_see("wants to move")


async def test_a_credit_gives_back_what_was_spent(acme_on_both: Company) -> None:
    acme = acme_on_both
    await acme.uses(acme.event(1, dollars=950))
    await acme.settles()
    await acme.chloe.runs("/tokens credit 120 search credit note CN-4711", channel="CSEARCH")
    await acme.settles()
    said = await acme.anna.sees("Search gets $120.00 back", channel="CSEARCH")
    assert "Document: credit note CN-4711." in said.text
    assert await available(acme, "search") == "170"
    answer = (await acme.gets("/v1/teams/search/allowance"))[1]
    assert (answer["allocated_usd"], answer["spent_usd"]) == ("1000.000000000", "830.000000000")
    await books_agree(acme)
