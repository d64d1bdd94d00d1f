"""A blocked person gets one message, and finance reads about drift between a gateway's figures and the books."""

import json
from datetime import timedelta
from typing import Any

from bot.org.teams_yml.teams_file import read_teams_file
from bot.sources.litellm.parser import parse
from handlers.crosschecks.gateways import notify_blocked, watch_gateways
from handlers.intake.keys import create_key
from handlers.org.teams import import_teams
from tests.bot.sources.litellm.litellm_examples import body, sample
from tests.scenarios.intake.test_litellm import posts
from tests.support.company import TEAMS_YML, Company
from tests.support.seen import Message

RULES = "attribution:\n  - {gateway_team: team-checkout, team: mobile}"


def stopped(acme: Company, *, number: int = 1, ago: timedelta = timedelta(), **noted: Any) -> dict[str, Any]:
    """Returns a captured call that a key's budget blocked, at the clock's time."""
    call: dict[str, Any] = json.loads(body("14_"))[0]
    at = (acme.clock.now() - ago).timestamp()
    call |= {"id": f"call-{number}", "litellm_call_id": f"call-{number}", "startTime": at, "endTime": at}
    call["metadata"] |= noted
    return call


async def blocks(acme: Company, *calls: dict[str, Any], name: str = "litellm") -> str:
    """Posts blocked calls, runs the notification, and returns the key."""
    key = await create_key(acme.context, name, source="litellm")
    await tells(acme, key, *calls)
    return key


async def tells(acme: Company, key: str, *calls: dict[str, Any]) -> None:
    await posts(acme, key, json.dumps(calls).encode())
    await notify_blocked(acme.context)
    await acme.settles()


async def test_a_blocked_person_is_notified_once_with_a_button_that_opens_the_form(acme_on_both: Company) -> None:
    acme = acme_on_both
    key = await blocks(acme, stopped(acme), stopped(acme, number=2))
    message = await acme.anna.sees("the budget of your key over-key is used up there, $101.50 of $100.00")

    assert "In Tokens, Search has $1,000 left of $1,000" in message.text
    assert message.buttons() == ["Request budget"]
    reply = await acme.anna.clicks("Request budget", message)
    assert reply.modal is not None

    await tells(acme, key, stopped(acme, number=3))
    assert len(await acme.anna.dms()) == 1
    raised = stopped(acme, number=4)
    raised["error_information"] |= {"error_budget_limit": 200.0, "error_budget_spend": 200.5}
    await tells(acme, key, raised)
    assert len(await acme.anna.dms()) == 2, "another cap is another matter"


async def test_a_call_blocked_a_day_ago_notifies_nobody(acme: Company) -> None:
    await blocks(acme, stopped(acme, ago=timedelta(hours=25)))

    assert await acme.anna.dms() == []


async def test_guests_and_people_without_slack_are_not_notified(acme: Company) -> None:
    calls = [
        stopped(acme, number=1, user_api_key_user_email="gus@partner.test"),
        stopped(acme, number=2, user_api_key_user_email="nobody@acme.test"),
        stopped(acme, number=3, user_api_key_user_email=None, user_api_key_user_id="svc-ci"),
    ]
    key = await blocks(acme, *calls)

    assert await acme.gus.dms() == []
    async with acme.context.store.read() as tx:
        assert len(await tx.gateways.unnotified()) == 3, "they may join, or become members, within the hour"
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=61))
    await tells(acme, key)
    async with acme.context.store.read() as tx:
        assert await tx.gateways.unnotified() == []
        assert await tx.deliveries.waiting() == 0


async def test_in_preview_only_finance_is_notified_without_names(acme: Company) -> None:
    await _import(acme, TEAMS_YML.replace("mode: govern", "mode: preview"))
    await blocks(acme, stopped(acme), stopped(acme, number=2, user_api_key_user_email="emi@acme.test"))

    assert await acme.anna.dms() == []
    (message,) = await acme.chloe.dms()
    assert "The gateway refused a call of Search" in message.text
    assert "anna" not in message.text


async def _import(acme: Company, teams_yml: str) -> None:
    await import_teams(acme.context, read_teams_file(teams_yml), dry_run=False)


class Checkout:
    """A gateway's team that spends one dollar per minute; `loses` selects the calls that never arrive."""

    def __init__(self, acme: Company, key: str) -> None:
        self.acme, self.key = acme, key
        self.spend, self.number = 412.5, 0

    async def spends(self, minutes: int, *, arrives: int) -> None:
        """Passes some minutes with a call each, some of which arrive."""
        calls = []
        for minute in range(minutes):
            self.number += 1
            at = (self.acme.clock.now() + timedelta(minutes=minute)).timestamp()
            call = sample(
                litellm_call_id=f"call-{self.number}",
                response_cost=1.0,
                startTime=at,
                endTime=at,
                metadata__user_api_key_team_spend=self.spend,
                cost_breakdown__total_cost=1.0,
            )
            self.spend += 1.0
            if self.number % arrives == 0:
                calls.append(call)
        self.acme.clock.jump_to(self.acme.clock.now() + timedelta(minutes=minutes))
        for at_once in range(0, len(calls), 5):
            await posts(self.acme, self.key, json.dumps(calls[at_once : at_once + 5]).encode())


async def finance_reads(acme: Company) -> list[Message]:
    """Returns finance's messages after two rounds of the watch."""
    await watch_gateways(acme.context)
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=11))
    await watch_gateways(acme.context)
    await acme.settles()
    return await acme.chloe.dms()


async def test_finance_is_notified_of_lost_calls_once_and_of_their_recovery(acme_on_both: Company) -> None:
    acme = acme_on_both
    await _import(acme, TEAMS_YML.replace("attribution:", RULES))
    gateway = Checkout(acme, await create_key(acme.context, "litellm", source="litellm"))
    await gateway.spends(60, arrives=1)
    assert await finance_reads(acme) == []

    await gateway.spends(120, arrives=2)
    (message,) = await finance_reads(acme)
    assert "The gateway litellm counts $" in message.text
    assert "more than Tokens booked, for 1 team" in message.text
    assert "Checkout" in message.text
    assert "litellm counts $" in (await acme.chloe.opens_home()).text_everywhere()
    assert len(await finance_reads(acme)) == 1

    lost = [n for n in range(61, 181) if n % 2]
    started = acme.clock.now() - timedelta(hours=3)
    found = [
        sample(litellm_call_id=f"call-{n}", response_cost=1.0, cost_breakdown__total_cost=1.0)
        | {"endTime": (started + timedelta(seconds=n)).timestamp()}
        for n in lost
    ]
    for call in found:
        call["metadata"]["user_api_key_team_spend"] = None
    await _reads_history(acme, found)
    await watch_gateways(acme.context)
    await acme.settles()
    (edited,) = await acme.chloe.dms()
    assert "The gateway litellm and Tokens agree again." in edited.text
    assert "litellm counts $" not in (await acme.chloe.opens_home()).text_everywhere()


async def _reads_history(acme: Company, calls: list[dict[str, Any]]) -> None:
    async with acme.context.store.read() as tx:
        source = await tx.keys.source("litellm")
    assert source is not None
    parsed = parse(json.dumps(calls).encode(), now=acme.clock.now())
    answer = await acme.parts.intake.book(parsed, source=source, read_as="litellm", is_live=False)
    assert answer.accepted == len(calls)


async def test_a_gateway_that_agrees_raises_nothing(acme: Company) -> None:
    gateway = Checkout(acme, await create_key(acme.context, "litellm", source="litellm"))
    for _ in range(3):
        await gateway.spends(90, arrives=1)
        assert await finance_reads(acme) == []
