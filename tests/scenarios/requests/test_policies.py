"""Policies in Slack: automatic approvals, quorums, other accounts, a policy that changes, and emergency grants."""

from datetime import timedelta

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.books.granting.grants import end_grants
from handlers.org.teams import import_teams
from handlers.requests.rerouting import reroute_requests
from handlers.requests.waiting.emergencies import ask_about_emergencies
from tests.scenarios.requests.test_budget_requests import allowance, ask, books_agree, held_by_product
from tests.support.company import TEAMS_YML, Company
from tests.support.people import Person

AUTO = "{up_to: 200, auto: true, per_period: 1}, {up_to: 5000, by: team_manager}, {by: finance}"
BOTH = "{all_of: [team_manager, finance]}"
TWO = "{by: [ben@acme.test, emi@acme.test, mia@acme.test], quorum: 2}"


async def follows(acme: Company, approvals: str, emergency: str = "") -> None:
    policy = f"policy:\n  approvals: [{approvals}]\n" + (f"  emergency: {emergency}\n" if emergency else "")
    await import_teams(acme.context, read_teams_file(TEAMS_YML + policy), dry_run=False)


async def submits(acme: Company, person: Person, words: str) -> None:
    reply = await person.runs(f"/tokens request {words}", channel="CSEARCH")
    assert reply.modal is not None, reply.text
    submitted = await person.submits(reply.modal)
    assert submitted.closed, submitted.errors
    await acme.settles()


async def test_a_small_request_is_approved_at_once_openly_and_only_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await follows(acme, AUTO)
    await submits(acme, acme.anna, "150 a test")

    posted = await acme.ben.sees("Approved by", channel="CSEARCH")
    assert "Approved by the policy" in posted.text
    assert posted.buttons() == []
    assert (await allowance(acme))["allocated_usd"] == "1150.000000000"
    assert "The policy approved your request" in (await acme.anna.dms())[-1].text

    await submits(acme, acme.anna, "20 one more")
    card = await acme.ben.sees("asks for $20.00", channel="CSEARCH")
    assert "$150.00 approved" in card.text_everywhere()
    assert (await allowance(acme))["allocated_usd"] == "1150.000000000"
    await books_agree(acme)


async def test_pieces_of_a_large_request_go_where_the_whole_would_go(acme: Company) -> None:
    await follows(acme, "{up_to: 500, by: team_manager}, {by: finance}")
    card = await ask(acme, acme.anna, "400")
    await acme.ben.clicks("Approve", card)
    await acme.settles()
    for friend in (acme.anna, acme.emi):
        await submits(acme, friend, "200 the rest")

    waiting = [m for m in await acme.ben.messages("CSEARCH") if "asks for $200.00" in m.text]
    assert len(waiting) == 2
    for asked in waiting:
        refused = await acme.ben.clicks("Approve", asked)
        assert "You can't decide this request. <@UCHLOE> can." in refused.text
    assert (await allowance(acme))["allocated_usd"] == "1400.000000000"


async def test_a_manager_and_finance_approve_together(acme_on_both: Company) -> None:
    acme = acme_on_both
    await follows(acme, BOTH)
    card = await ask(acme, acme.anna)
    assert "0 of 2 approvals" in card.text_everywhere()

    await acme.ben.clicks("Approve", card)
    await acme.settles()
    half = await acme.ben.sees("1 of 2 approvals", channel="CSEARCH")
    assert (await allowance(acme))["allocated_usd"] == "1000.000000000"
    assert await held_by_product(acme) == "500.000000000"
    again = await acme.ben.clicks("Approve", half)
    assert "You approved this already. It still needs finance." in again.text
    assert again.ephemeral

    await acme.chloe.clicks("Approve", half)
    await acme.settles()
    decided = await acme.anna.sees("Approved by", channel="CSEARCH")
    assert "<@UBEN> and <@UCHLOE>" in decided.text
    assert decided.buttons() == []
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"
    await books_agree(acme)


async def test_a_change_voids_votes_and_one_denial_ends_it(acme: Company) -> None:
    await follows(acme, TWO)
    card = await ask(acme, acme.anna)
    await acme.ben.clicks("Approve", card)
    await acme.settles()
    form = (await acme.anna.chooses("Change my request…", card)).modal
    assert form is not None
    assert (await acme.anna.submits(form, amount="600")).closed
    await acme.settles()
    changed = await acme.ben.sees("0 of 2 approvals", channel="CSEARCH")

    await acme.mia.clicks("Approve", changed)
    await acme.settles()
    not_alone = await acme.chloe.clicks("Approve", changed)
    assert "You can't decide this request" in not_alone.text
    denial = (await acme.emi.clicks("Deny", changed)).modal
    assert denial is not None
    await acme.emi.submits(denial, reason="Too much")
    await acme.settles()
    await acme.anna.sees("Denied by", channel="CSEARCH")
    assert await held_by_product(acme) == "0.000000000"


async def test_nobody_approves_their_own_request_with_another_account(acme_on_both: Company) -> None:
    acme = acme_on_both
    async with acme.context.store.begin() as tx:
        ben = await tx.people.by_slack_id("UBEN") or await tx.people.by_id(
            await tx.people.by_reference("ben@acme.test")
        )
        await tx.same_people.record_former(ben.id, "emi@acme.test")  # her address was his before
        await tx.config.changed()
    card = await ask(acme, acme.emi)

    refused = await acme.ben.clicks("Approve", card)
    assert "Nobody approves their own request. <@UCHLOE> can decide this one." in refused.text
    assert (await allowance(acme))["allocated_usd"] == "1000.000000000"


async def test_a_click_on_a_card_older_than_the_policy_shows_the_new_one(acme_on_both: Company) -> None:
    acme = acme_on_both
    card = await ask(acme, acme.anna)
    await follows(acme, "{up_to: 100, by: team_manager}, {by: finance}")
    late = await acme.chloe.clicks("Approve", card)
    assert "The policy for requests changed since this was shown" in late.text
    assert (await allowance(acme))["allocated_usd"] == "1000.000000000"
    await acme.settles()

    (fresh,) = [m for m in await acme.chloe.dms() if "asks for" in m.text]
    assert "Finance approves any amount." in fresh.text_everywhere()
    await acme.chloe.clicks("Approve", fresh)
    await acme.settles()
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"


async def test_requests_that_wait_follow_a_changed_policy(acme: Company) -> None:
    await ask(acme, acme.anna)
    await follows(acme, BOTH)
    assert await reroute_requests(acme.context) == 1
    await acme.settles()
    await acme.ben.sees("0 of 2 approvals", channel="CSEARCH")
    assert await reroute_requests(acme.context) == 0


async def test_too_few_people_are_named_at_the_ask(acme: Company) -> None:
    await follows(acme, "{by: finance, quorum: 2}")
    reply = await acme.anna.runs("/tokens request 500 evals", channel="CSEARCH")
    assert reply.modal is not None
    refused = await acme.anna.submits(reply.modal)
    assert "The policy asks 2 people to approve this request, and only one of them is there." in str(refused.errors)


@pytest.mark.parametrize("keeps", [True, False])
async def test_an_emergency_grant_is_open_and_a_manager_answers(acme_on_both: Company, keeps: bool) -> None:
    acme = acme_on_both
    await follows(acme, "{by: finance}", "{up_to: 300, lasts_hours: 100}")
    assert "300.00 at most" in (await acme.anna.runs("/tokens request emergency 301 why", channel="CSEARCH")).text
    took = await acme.anna.runs("/tokens request emergency 200 the release is blocked", channel="CSEARCH")
    assert "You took $200.00 for Search" in took.text
    await acme.settles()
    notice = await acme.ben.sees("took $200.00 for Search in an emergency", channel="CSEARCH")
    assert (await allowance(acme))["allocated_usd"] == "1200.000000000"
    assert "and did" in (await acme.anna.runs("/tokens request emergency 10 again", channel="CSEARCH")).text
    for person, words in ((acme.anna, "You took this budget"), (acme.mia, "The managers of Search keep or end this")):
        assert words in (await person.clicks("Keep for this period", notice)).text

    acme.clock.jump_to(acme.clock.now() + timedelta(days=3))
    assert await ask_about_emergencies(acme.context) == 1
    await acme.settles()
    copy = [m for m in await acme.ben.dms() if "Still needed?" in m.text][-1]
    await acme.ben.clicks("Keep for this period" if keeps else "End now", copy)
    await acme.settles()
    after = await acme.anna.sees("keeps it until the period ends" if keeps else "ended it", channel="CSEARCH")
    assert after.buttons() == []
    assert (await allowance(acme))["allocated_usd"] == ("1200.000000000" if keeps else "1000.000000000")
    assert await ask_about_emergencies(acme.context) == 0
    await books_agree(acme)


async def test_an_emergency_grant_that_nobody_answers_ends_by_itself(acme: Company) -> None:
    await follows(acme, "{by: finance}", "{up_to: 300, lasts_hours: 12}")
    await acme.anna.runs("/tokens request emergency 200 the release is blocked", channel="CSEARCH")
    await acme.settles()
    acme.clock.jump_to(acme.clock.now() + timedelta(hours=13))
    await end_grants(acme.context)
    assert await ask_about_emergencies(acme.context) == 1
    await acme.settles()

    over = await acme.ben.sees("in an emergency: it has ended", channel="CSEARCH")
    assert over.buttons() == []
    assert (await allowance(acme))["allocated_usd"] == "1000.000000000"
    await books_agree(acme)


async def test_the_history_says_who_decided_by_which_line_and_hides_reasons(acme: Company) -> None:
    await follows(acme, AUTO)
    await submits(acme, acme.anna, "150 a test")
    for number in range(9):
        card = await ask(acme, acme.emi, str(300 + number))
        form = (await acme.ben.clicks("Deny", card)).modal
        assert form is not None
        await acme.ben.submits(form, reason="a secret")
        await acme.settles()

    page = await acme.anna.runs("/tokens history", channel="CSEARCH")
    assert "$308.00 for Search, *denied* by <@UBEN>" in page.text
    assert "a secret" not in page.text_everywhere()
    older = await acme.anna.clicks("Older", page.messages[-1])
    assert "$150.00 for Search" in older.text
    assert "By policy: Approved automatically: up to $200.00, once a period per person." in older.text_everywhere()
    mine = await acme.anna.runs("/tokens history me", channel="CSEARCH")
    assert "$308.00" not in mine.text
    assert "*approved* by the policy" in mine.text
