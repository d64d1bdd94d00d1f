"""A decider approves another amount or end than was asked for."""

from datetime import timedelta

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books.granting.grants import end_grants
from handlers.org.teams import import_teams
from tests.scenarios.requests.test_budget_requests import allowance, ask, books_agree, held_by_product
from tests.support.company import TEAMS_YML, Company
from tests.support.people import Person
from tests.support.seen import Message, View


async def opens(person: Person, card: Message) -> View:
    form = (await person.clicks("Another amount or end…", card)).modal
    assert form is not None
    return form


async def test_a_decider_approves_less_and_everybody_sees_both_amounts(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna)
    form = await opens(acme.ben, card)
    assert next(e for _, e in form.elements() if e["action_id"] == "amount")["initial_value"] == "$500.00"
    for typed, said in (("-5", "more than zero"), ("abc", "not an amount"), ("12000", "<@UCHLOE> can.")):
        refused = await acme.ben.submits(form, amount=typed)
        assert said in refused.errors["amount"], refused.errors
    assert "end" in (await acme.ben.submits(form, amount="200", lasting="date")).errors
    assert (await acme.ben.submits(form, amount="200", lasting="period")).closed
    await acme.settles()

    decided = await acme.emi.sees("Approved by <@UBEN>*: $200.00 (asked: $500.00) for Search", channel="CSEARCH")
    assert (decided.ts, decided.buttons()) == (card.ts, [])
    assert "$200.00 (asked: $500.00) for Search" in (await acme.anna.dms())[-1].text
    assert (await allowance(acme))["allocated_usd"] == "1200.000000000"
    assert await held_by_product(acme) == "0.000000000"
    await books_agree(acme)


async def test_a_decider_approves_for_good(acme_on_both: Company) -> None:
    acme = acme_on_both
    form = await opens(acme.ben, await ask(acme, acme.anna))
    assert (await acme.ben.submits(form, lasting="open")).closed
    await acme.settles()

    await acme.emi.sees("$500.00 for Search, from now on", channel="CSEARCH")
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"
    directory = (await acme.context.rulebooks.latest()).directory
    search = directory.by_slug("search")
    assert search is not None
    assert search.budget_nanos == 1_500_000_000_000
    await books_agree(acme)


async def test_a_grant_until_a_date_ends_and_both_say_whether_it_was_worth_it(acme_on_both: Company) -> None:
    acme = acme_on_both
    last_day = (acme.clock.now() + timedelta(days=3)).date()
    form = await opens(acme.ben, await ask(acme, acme.anna))
    assert (await acme.ben.submits(form, lasting="date", end=last_day.isoformat())).closed
    await acme.settles()
    await acme.emi.sees(f"for Search, until {last_day.day} {last_day:%b}", channel="CSEARCH")

    acme.clock.jump_to(acme.clock.now() + timedelta(days=5))
    assert await end_grants(acme.context) == 1
    await acme.settles()
    asked = {
        person: [m for m in await person.dms() if "Was it worth it?" in m.text] for person in (acme.anna, acme.ben)
    }
    assert [len(found) for found in asked.values()] == [1, 1]
    (annas,), (bens,) = asked.values()
    assert annas.buttons() == ["Yes", "Partly", "No"]
    await acme.anna.clicks("Partly", annas)
    await acme.settles()
    answered = await acme.anna.sees("You said: partly")
    assert (answered.ts, answered.buttons()) == (annas.ts, ["Yes", "No"])
    assert "Was it worth it?" in (await acme.ben.dms())[-1].text
    await acme.anna.clicks("Yes", answered)
    await acme.settles()
    await acme.anna.sees("You said: yes")

    acme.clock.jump_to(acme.clock.now() + timedelta(days=7, seconds=1))
    late = await acme.anna.clicks("No", await acme.anna.sees("You said: yes"))
    assert "so the answer stays as it is" in late.ephemeral[0].text
    await acme.ben.clicks("No", bens)
    async with acme.context.store.read() as tx:
        requests = await tx.budget_requests.of_person(annas_id := (await person_id(acme, "UANNA")))
        answers = [await tx.worth.of(requests[0].id, who) for who in (annas_id, await person_id(acme, "UBEN"))]
    assert [a.answer for a in answers if a is not None] == ["yes", "no"]
    for other in (acme.emi, acme.chloe):
        await other.does_not_see("Was it worth it?")
    await books_agree(acme)


async def person_id(acme: Company, slack_id: str) -> int:
    async with acme.context.store.read() as tx:
        person = await tx.people.by_slack_id(slack_id)
    assert person is not None
    return person.id


async def test_a_form_of_an_earlier_request_is_shown_anew_with_what_was_typed(acme: Company) -> None:
    card = await ask(acme, acme.anna)
    form = await opens(acme.ben, card)
    change = (await acme.anna.chooses("Change my request…", card)).modal
    assert change is not None
    await acme.anna.submits(change, amount="900")
    again = await acme.ben.submits(form, amount="300", lasting="period")

    assert not again.closed
    assert again.modal is not None
    assert "it is $900.00 for Search" in again.modal.text_everywhere()
    assert next(e for _, e in again.modal.elements() if e["action_id"] == "amount")["initial_value"] == "300"
    assert (await acme.ben.submits(again.modal, amount="300", lasting="period")).closed
    assert (await allowance(acme))["allocated_usd"] == "1300.000000000"


async def test_more_than_a_decider_may_approve_says_who_can(acme: Company) -> None:
    limited = f"{TEAMS_YML}policy:\n  approvals: [{{up_to: 600, by: team_manager}}, {{by: finance}}]\n"
    await import_teams(acme.context, read_teams_file(limited), dry_run=False)
    form = await opens(acme.ben, await ask(acme, acme.anna))
    refused = await acme.ben.submits(form, amount="700", lasting="period")

    assert refused.errors["amount"] == "You can't approve $700.00 for Search. <@UCHLOE> can."
    assert (await acme.ben.submits(form, amount="600", lasting="period")).closed
    assert (await allowance(acme))["allocated_usd"] == "1600.000000000"
