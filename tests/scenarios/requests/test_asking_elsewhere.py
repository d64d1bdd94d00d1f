"""Asking for another team, by a link, and forms that fail late; limits of one person; what is kept."""

from datetime import timedelta

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_teams
from handlers.schedule import delete_old_requests
from tests.scenarios.requests.test_asking import MOBILE_TOO, NOBODY, opens, requests, value
from tests.scenarios.requests.test_budget_requests import books_agree
from tests.support.company import TEAMS_YML, Company


@pytest.mark.parametrize("channel", ["CSEARCH", "CMOBILE"])
async def test_another_team_is_shown_once_it_is_chosen(acme: Company, channel: str) -> None:
    await import_teams(acme.context, read_teams_file(MOBILE_TOO), dry_run=False)
    form = await opens(acme.anna, "/tokens request 20 evals", channel=channel)
    other = "Mobile" if channel == "CSEARCH" else "Search"
    option = next(words for words in form.choices() if words.startswith(f"{other} ("))
    chosen = (await acme.anna.chooses(option, form, menu="team")).modal

    assert chosen is not None
    assert f"{other} has" in chosen.text_everywhere()
    assert (value(chosen, "amount"), value(chosen, "reason")) == ("20", "evals")
    assert (await acme.anna.submits(chosen)).closed


async def test_the_link_of_a_gateway_says_what_to_type_and_knows_no_team(acme: Company) -> None:
    acme.context.settings.public_url = "https://tokens.acme.test"
    await acme.uses(acme.event("all", dollars=1_010))
    denied = (await acme.gets("/v1/teams/search/allowance"))[1]
    assert denied["request_url"] == "https://tokens.acme.test/request?team=search"

    pages = {}
    for team in ("search", "nosuchteam"):
        async with acme.sandbox.session.get(f"{acme.bot_url}/request?team={team}&amount=500") as page:
            assert (page.status, page.headers["Referrer-Policy"]) == (200, "no-referrer")
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
            pages[team] = await page.text()
    assert "/tokens request $500 team:search" in pages["search"]
    assert "#at=home" in pages["search"]
    assert pages["search"].replace("search", "nosuchteam") == pages["nosuchteam"]

    form = await opens(acme.anna, "/tokens request $500 team:search the launch", channel="CGENERAL")
    assert (value(form, "amount"), value(form, "reason")) == ("$500", "the launch")
    assert (await acme.anna.submits(form)).closed
    assert [request.origin for request in await requests(acme)] == ["link"]


@pytest.mark.parametrize("team", ["mobile", "nosuchteam"])
async def test_who_may_not_ask_for_a_team_does_not_learn_whether_it_is_there(acme: Company, team: str) -> None:
    refused = await acme.anna.runs(f"/tokens request 5 team:{team}", channel="CGENERAL")

    assert refused.text == f"You are in no team called {team}, so you can't ask for its budget."


async def test_a_form_that_fails_late_comes_back_with_what_was_typed(acme: Company) -> None:
    form = await opens(acme.anna)
    await import_teams(acme.context, read_teams_file(NOBODY), dry_run=False)
    acme.context.settings.slack_answer_seconds = 0

    await acme.anna.submits(form, amount="75", reason="a load test")

    again = await acme.anna.modal()
    assert again is not None
    assert "Nobody but you could decide this request." in again.text_everywhere()
    assert (value(again, "amount"), value(again, "reason")) == ("75", "a load test")
    assert await requests(acme) == []
    await import_teams(acme.context, read_teams_file(TEAMS_YML), dry_run=False)
    acme.context.settings.slack_answer_seconds = 60
    assert (await acme.anna.submits(again)).closed
    assert [request.reason for request in await requests(acme)] == ["a load test"]


async def test_a_persons_own_limit_is_theirs_alone_and_grows_with_the_approval(acme: Company) -> None:
    own = TEAMS_YML.replace(
        "budget: {amount: 1000, thresholds: [80, 100]}",
        "budget: {amount: 1000, parts: [{person: anna@acme.test, amount: 50}]}",
    )
    await import_teams(acme.context, read_teams_file(own), dry_run=False)
    await acme.uses(acme.event("mine", dollars=60))
    path = "/v1/teams/search/allowance?user=anna@acme.test"
    assert (await acme.gets(path))[1]["decision"] == "deny"
    assert "own limit" not in (await opens(acme.emi)).text_everywhere()

    form = await opens(acme.anna)
    assert "Your own limit, $50.00, is used up. Search still has $940.00." in form.text_everywhere().replace("*", "")
    assert (await acme.anna.submits(form, amount="100", reason="evals")).closed
    await acme.settles()
    await acme.ben.clicks("Approve", await acme.ben.sees("asks for", channel="CSEARCH"))
    await acme.settles()

    assert (await acme.gets(path))[1]["decision"] == "allow"
    assert (await acme.gets("/v1/teams/search/allowance"))[1]["allocated_usd"] == "1000.000000000"
    await books_agree(acme)


async def test_what_was_typed_goes_after_a_week(acme: Company) -> None:
    form = await opens(acme.anna)
    await acme.anna.fills(form, amount="75", reason="a load test")
    await acme.anna.clicks("amount", form)
    acme.clock.jump_to(acme.clock.now() + timedelta(days=8))
    assert value(await opens(acme.anna), "amount") == ""

    await delete_old_requests(acme.context)
    async with acme.context.store.read() as tx:
        anna = await tx.people.by_slack_id("UANNA")
        assert anna is not None
        assert await tx.request_drafts.of(anna.id, since=0) is None
