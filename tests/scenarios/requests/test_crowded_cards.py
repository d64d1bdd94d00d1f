"""Fifty clicks at once by six people on one card: one decision, one entry, one write at the gateway, and all are answered."""

import asyncio
import copy
from collections import Counter
from typing import Any

from sqlalchemy import select

from storage.tables.base import metadata
from tests.scenarios.requests.test_budget_requests import allowance, ask, books_agree, held_by_product
from tests.scenarios.test_clicks import last_sent, sends
from tests.support.caps import gateway, teams_yml
from tests.support.company import Company
from tests.support.people import listened

CLICKS = 50
IN_TIME_SECONDS = 2.0
"""As in the product: Bolt answers 404 to what has no answer within three seconds, on a machine however busy."""
ONE_MANAGER = 'channel: "#team-search"\n    managers: [ben@acme.test]'
MANY_MANAGERS = ONE_MANAGER.replace("ben@acme.test", "ben@acme.test, emi@acme.test, mia@acme.test")
MAY = ("UBEN", "UEMI", "UMIA", "UCHLOE")
MAY_NOT = {"UANNA": "Nobody approves their own request", "UDAN": "You can't decide this request"}


async def crowd_of(acme: Company) -> list[dict[str, Any]]:
    """Fifty clicks on *Approve* by six people, each with a trigger and a way to answer of its own."""
    card = await ask(acme, acme.anna)
    await acme.gus.clicks("Approve", card)  # an outsider's click, as a pattern for the others
    pattern = await last_sent(acme, "block_actions")
    people = (*MAY, *MAY_NOT)
    clicks = []
    for number in range(CLICKS):
        click = copy.deepcopy(pattern)
        who = people[number % len(people)]
        click["user"] = {**click["user"], "id": who}
        click["trigger_id"] = acme.workspace.triggers.issue(who, None)
        response = acme.workspace.triggers.issue_response(who, card.channel, card.ts)
        click["response_url"] = f"{acme.workspace.base_url}/response/{response}"
        clicks.append(click)
    return clicks


async def rows(acme: Company, table: str) -> list[Any]:
    async with acme.context.store.read() as tx:
        return list((await tx.connection.execute(select(metadata.tables[table]))).all())


async def test_fifty_clicks_of_six_people_make_one_decision_and_all_are_answered(acme_on_both: Company) -> None:
    acme = acme_on_both
    async with gateway(acme) as eu:
        await eu.imports(teams_yml(eu.address).replace(ONE_MANAGER, MANY_MANAGERS))
        await eu.follows()
        await _crowd_clicks(acme)
        await eu.follows()

        assert [(write.before, write.after) for write in eu.proxy.writes[1:]] == [(1000.0, 1500.0)]


async def _crowd_clicks(acme: Company) -> None:
    acme.context.settings = acme.context.settings.model_copy(update={"slack_answer_seconds": IN_TIME_SECONDS})
    clicks = await crowd_of(acme)
    answers = await asyncio.gather(*(sends(acme, click) for click in clicks))
    await listened()

    assert Counter(answers) == {(200, ""): CLICKS}
    told = {who: await _told(acme, who) for who in (*MAY, *MAY_NOT)}
    sent = Counter(click["user"]["id"] for click in clicks)
    (winner,) = [who for who in MAY if len(told[who]) == sent[who] - 1]
    assert {who: len(texts) for who, texts in told.items()} == {**sent, winner: sent[winner] - 1}
    over = f"<@{winner}> already approved this request"
    for who, texts in told.items():
        assert [text for text in texts if over not in text and MAY_NOT.get(who, over) not in text] == []

    await acme.settles()
    assert len([e for e in await rows(acme, "entries") if e.document == "request:1" and e.kind == "allocation"]) == 1
    assert len([row for row in await rows(acme, "audit") if row.action == "approve request"]) == 1
    assert len([m for m in await acme.anna.dms() if "approved your request" in m.text]) == 1
    (card,) = [m for m in await acme.ben.messages("CSEARCH") if "Approved by" in m.text_everywhere()]
    assert f"<@{winner}>" in card.text_everywhere()
    assert card.buttons() == []
    assert (await allowance(acme))["allocated_usd"] == "1500.000000000"
    assert await held_by_product(acme) == "0.000000000"
    await books_agree(acme)


async def _told(acme: Company, who: str) -> list[str]:
    """Returns what a person alone was told."""
    state = await acme.sandbox.state(who)
    return [str(m["text"]) for room in state["messages"].values() for m in room if m["ephemeral"]]
