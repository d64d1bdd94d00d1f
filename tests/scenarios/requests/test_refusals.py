"""Refusals: each gives its sentence to one person alone, and changes nothing."""

from collections.abc import Awaitable, Callable

import pytest

from bot.org.teams_yml.teams_file import read_teams_file
from handlers.org.teams import import_teams
from tests.scenarios.requests.test_budget_requests import allowance, ask, books_agree, held_by_product
from tests.support.company import TEAMS_YML, Company
from tests.support.seen import Message, Reply

Refused = Callable[[Company, Message], Awaitable[Reply]]
UP_TO_100 = TEAMS_YML + "policy:\n  approvals: [{up_to: 100, by: team_manager}, {by: finance}]\n"
ARCHIVED = TEAMS_YML.replace('channel: "#team-search"', 'channel: "#team-search"\n    closed: 2026-12-01')


async def own(acme: Company, card: Message) -> Reply:
    return await acme.anna.clicks("Approve", card)


async def not_a_manager(acme: Company, card: Message) -> Reply:
    return await acme.emi.clicks("Approve", card)


async def guest(acme: Company, card: Message) -> Reply:
    return await acme.gus.clicks("Approve", card)


async def decided(acme: Company, card: Message) -> Reply:
    denial = (await acme.ben.clicks("Deny", card)).modal
    assert denial is not None
    await acme.ben.submits(denial, reason="No")
    return await acme.chloe.clicks("Approve", card)


async def withdrawn(acme: Company, card: Message) -> Reply:
    await acme.anna.chooses("Withdraw my request", card)
    return await acme.ben.clicks("Approve", card)


async def older_than_the_policy(acme: Company, card: Message) -> Reply:
    await import_teams(acme.context, read_teams_file(UP_TO_100), dry_run=False)
    return await acme.chloe.clicks("Approve", card)


async def over_the_limit(acme: Company, card: Message) -> Reply:
    await import_teams(acme.context, read_teams_file(UP_TO_100), dry_run=False)
    return await acme.ben.clicks("Approve", card)


async def nonsense(acme: Company, _card: Message) -> Reply:
    return await acme.emi.runs("/tokens request -5 please", channel="CSEARCH")


async def too_much(acme: Company, _card: Message) -> Reply:
    return await acme.emi.runs("/tokens request 2000000m please", channel="CSEARCH")


async def no_emergencies(acme: Company, _card: Message) -> Reply:
    return await acme.emi.runs("/tokens request emergency 50 please", channel="CSEARCH")


REFUSALS: dict[str, tuple[Refused, str]] = {
    "own request": (own, "Nobody approves their own request. <@UBEN> can decide this one."),
    "not a manager": (not_a_manager, "You can't decide this request. <@UBEN> can."),
    "a guest": (guest, "Tokens is for members of this workspace."),
    "already decided": (decided, "already denied this request"),
    "withdrawn": (withdrawn, "This request was withdrawn by the person who asked."),
    "older than the policy": (older_than_the_policy, "The policy for requests changed since this was shown."),
    "over the limit": (over_the_limit, "You can't decide this request. <@UCHLOE> can."),
    "a nonsense amount": (nonsense, "An amount must be more than zero."),
    "too much": (too_much, "That is more than a billion dollars."),
    "no emergencies": (no_emergencies, "Your policy has no emergency grants."),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_goes_to_one_person_and_changes_nothing(acme_on_both: Company, name: str) -> None:
    acme = acme_on_both
    refuse, sentence = REFUSALS[name]
    card = await ask(acme, acme.anna)

    reply = await refuse(acme, card)
    await acme.settles()

    assert sentence in reply.text, reply.text
    assert reply.ephemeral
    for other in (acme.mia, acme.dan):
        await other.does_not_see(sentence)
    assert (await allowance(acme))["allocated_usd"] == "1000.000000000"
    ended = name in ("already decided", "withdrawn")
    assert await held_by_product(acme) == ("0.000000000" if ended else "500.000000000")
    await books_agree(acme)


async def test_a_closed_team_asks_for_nothing(acme: Company) -> None:
    await import_teams(acme.context, read_teams_file(ARCHIVED), dry_run=False)
    reply = await acme.anna.runs("/tokens request 500 evals", channel="CSEARCH")
    if reply.modal is not None:
        refused = await acme.anna.submits(reply.modal)
        assert "is closed since" in str(refused.errors)
    else:
        assert "closed" in reply.text or "no team" in reply.text
    assert await held_by_product(acme) == "0.000000000"
