"""Grants that end after days or an amount, and those that a manager ends early, from Slack."""

from datetime import timedelta

from handlers.books.granting.grants import end_grants
from tests.scenarios.books.test_allocations import allowance, books_agree, opens
from tests.support.company import Company


async def test_a_grant_may_end_after_days_or_once_an_amount_is_spent(acme: Company) -> None:
    form = await opens(acme.ben)
    without = await acme.ben.submits(form, {"Search": "1500", "How long": "Until an amount is spent"})
    assert without.errors == {"end_measure": "Type the amount, such as $500."}
    more = await acme.ben.submits(form, {"Days or amount": "$501"})
    assert more.errors == {"end_measure": "Type more than $0 and at most $500.00, the amount of the grant."}
    assert (await acme.ben.submits(form, {"Days or amount": "$300"})).closed
    await acme.settles()
    assert "gave Search $500.00 more until $300.00 of it is spent" in (await acme.anna.sees("more until")).text

    await acme.uses(acme.event(1, dollars=301))
    assert await end_grants(acme.context) == 1
    await acme.settles()
    form = await opens(acme.ben)
    await acme.ben.submits(form, {"Search": "1100", "How long": "For some days", "Days or amount": "2 days"})
    last = acme.clock.now() + timedelta(days=1)
    await acme.settles()
    assert f"until {last.day} {last:%b}" in (await acme.anna.sees("gave Search $100.00 more")).text
    await books_agree(acme)


async def test_a_manager_ends_a_grant_early_and_the_unspent_goes_back(acme: Company) -> None:
    form = await opens(acme.ben)
    await acme.ben.submits(form, {"Search": "1500", "How long": "This month only"})
    await acme.uses(acme.event(1, dollars=200))
    await acme.settles()
    given = await acme.anna.sees("gave Search $500.00 more", channel="CSEARCH")
    shown = (await acme.ben.runs("/tokens budget search", channel="CGENERAL")).message
    hers = (await acme.anna.runs("/tokens budget", channel="CSEARCH")).message
    assert "$500.00 of the budget is until" in hers.text
    assert "End grant" not in hers.buttons()

    assert "can end this grant, and finance" in (await acme.anna.clicks("End grant", given)).text
    answer = await acme.ben.clicks("End grant", shown)
    assert (
        "You ended the grant of $500.00 to Search early. $300.00 of it was unspent and went back to Product."
        in answer.text
    )
    await acme.settles()

    said = await acme.anna.sees("of $500.00 to Search early", channel="CSEARCH")
    assert "$300.00 of it was unspent and went back to Product." in said.text
    assert "End grant" not in (await acme.anna.sees("gave Search $500.00 more", channel="CSEARCH")).buttons()
    assert await allowance(acme, "search") == ("1200", "1000")
    assert (await acme.ben.clicks("End grant", shown)).text == "This grant has ended already."
    await books_agree(acme)
