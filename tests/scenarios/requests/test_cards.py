"""The card stands in the channel and with each decider; a question, its answer and the end show in both."""

from datetime import timedelta

import pytest

from tests.scenarios.requests.test_budget_requests import allowance, ask, books_agree
from tests.scenarios.test_clicks import last_sent, sends
from tests.support.company import Company
from tests.support.people import Person
from tests.support.seen import Message


async def cards_of(person: Person) -> list[Message]:
    """A person's own copies of cards."""
    return [m for m in await person.dms() if m.blocks and m.blocks[0]["block_id"].endswith("-pending-ask")]


async def test_a_card_stands_in_the_channel_and_with_its_decider(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    (copy,) = await cards_of(acme.ben)

    assert copy.buttons() == card.buttons() == ["Approve", "Another amount or end…", "Deny", "Ask a question…"]
    assert card.choices() == ["Change my request…", "Withdraw my request", "Nudge the approvers"]
    assert [len(await cards_of(person)) for person in (acme.anna, acme.emi, acme.chloe)] == [0, 0, 0]
    assert "and would have $1,500.00" in card.text_everywhere()

    await acme.ben.clicks("Approve", copy)
    await acme.settles()

    decided = await acme.emi.sees("Approved by <@UBEN>*: $500.00 for Search", channel="CSEARCH")
    assert decided.ts == card.ts
    assert "decided in" in decided.text_everywhere()
    (own,) = [m for m in await acme.ben.dms() if m.ts == copy.ts]
    assert (own.buttons(), own.choices()) == ([], [])
    receipts = [m for m in await acme.anna.dms() if "Your request of" in m.text]
    assert [m.buttons() for m in receipts] == [[]]
    await books_agree(acme)


async def test_a_question_comes_back_to_the_card_with_its_answer(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna)
    form = (await acme.ben.clicks("Ask a question…", card)).modal
    assert form is not None
    assert "question" in (await acme.ben.submits(form, question="  ")).errors
    assert (await acme.ben.submits(form, question="How many runs? <!channel>")).closed
    await acme.settles()

    asked = await acme.anna.sees("<@UBEN> asks about your request of $500.00 for Search")
    assert "<!channel>" not in asked.text_everywhere()
    shown = await acme.emi.sees("No answer yet", channel="CSEARCH")
    assert shown.ts == card.ts
    assert "No answer yet" in (await cards_of(acme.ben))[0].text_everywhere()
    answer = (await acme.anna.clicks("Answer", asked)).modal
    assert answer is not None
    assert (await acme.anna.submits(answer, answer="About forty.")).closed
    await acme.settles()

    for person, channel in ((acme.emi, "CSEARCH"), (acme.ben, None)):
        await person.sees("<@UANNA>: About forty.", channel=channel)
    assert "<@UANNA> answered your question" in (await acme.ben.dms())[-1].text
    (kept,) = [m for m in await acme.anna.dms() if m.ts == asked.ts]
    assert kept.buttons() == []
    assert "You answered" in kept.text_everywhere()
    again = await last_sent(acme, "view_submission")
    status, refused = await sends(acme, {**again, "trigger_id": "another"})
    assert (status, "You answered this question already" in refused) == (200, True)
    assert (await acme.ben.clicks("Approve", shown)).ok
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"


async def test_only_deciders_ask_and_only_the_asker_answers(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    for person in (acme.emi, acme.dan):
        refused = await person.clicks("Ask a question…", card)
        assert "You can't decide this request" in refused.ephemeral[0].text
    form = (await acme.ben.clicks("Ask a question…", card)).modal
    assert form is not None
    await acme.ben.submits(form, question="Why now?")
    await acme.settles()
    asked = await acme.anna.sees("asks about your request")

    await acme.anna.clicks("Answer", asked)
    click = await last_sent(acme, "block_actions")
    await sends(acme, {**click, "user": {**click["user"], "id": "UEMI"}})
    assert await acme.emi.modal() is None
    assert "Only the person who asked for budget can answer" in str(await acme.sandbox.state("UEMI"))


async def test_the_end_of_a_request_takes_the_button_from_its_questions(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    form = (await acme.ben.clicks("Ask a question…", card)).modal
    late = (await acme.chloe.clicks("Ask a question…", card)).modal
    assert form is not None
    assert late is not None
    await acme.ben.submits(form, question="Why now?")
    await acme.settles()
    await acme.chloe.clicks("Approve", await acme.chloe.sees("asks for $500.00", channel="CSEARCH"))
    await acme.settles()

    asked = await acme.anna.sees("asks about your request")
    assert asked.buttons() == []
    assert "it needs no answer" in asked.text_everywhere()
    refused = await acme.chloe.submits(late, question="Too late?")
    assert "<@UCHLOE> already approved this request" in refused.errors["question"]


async def test_an_approval_shows_on_the_cards_of_the_teams_other_requests(acme_on_both: Company) -> None:
    acme = acme_on_both
    annas = await ask(acme, acme.anna)
    emis = await ask(acme, acme.emi, amount="300", reason="more evals")
    assert "and would have $1,300.00" in emis.text_everywhere()
    await acme.ben.clicks("Approve", annas)
    await acme.settles()

    shown = await acme.ben.sees("asks for $300.00", channel="CSEARCH")
    assert shown.ts == emis.ts
    assert "and would have $1,800.00" in shown.text_everywhere()
    await acme.ben.clicks("Approve", shown)
    assert (await allowance(acme))["allocated_usd"] == "1800.000000000"
    await books_agree(acme)


@pytest.mark.parametrize("lasting", ["open", "date", "period"])
async def test_an_approval_of_any_end_ends_the_alert_that_it_made_untrue(acme: Company, lasting: str) -> None:
    await acme.uses(acme.event(1, dollars=1_050))
    await acme.settles()
    alert = await acme.anna.sees("over its budget", channel="CSEARCH")
    form = (await acme.ben.clicks("Another amount or end…", await ask(acme, acme.anna))).modal
    assert form is not None
    last_day = (acme.clock.now() + timedelta(days=3)).date().isoformat()
    assert (await acme.ben.submits(form, lasting=lasting, end=last_day)).closed
    await acme.settles()

    (ended,) = [m for m in await acme.anna.messages("CSEARCH") if m.ts == alert.ts]
    assert "<@UBEN> approved $500.00 more" in ended.text
    assert "is below 100% of its budget again" in ended.text
