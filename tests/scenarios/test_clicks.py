"""Signed requests that come twice, late or forged: decided once, or not at all."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.events.dispatch import signature
from storage.books.checks import faults
from tests.support.company import SECRET, Company

FORM = "application/x-www-form-urlencoded"


async def sends(
    acme: Company, payload: dict[str, Any], *, secret: str = SECRET, age_seconds: int = 0, spoilt: bytes = b""
) -> tuple[int, str]:
    """An interaction, or a command, as Slack signs and sends it; returns status and body. `spoilt` is added after signing."""
    body = urlencode(payload if "command" in payload else {"payload": json.dumps(payload)}).encode()
    stamp = str(int(time.time()) - age_seconds)
    headers = {
        "Content-Type": FORM,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(secret, stamp, body),
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{acme.bot_url}/slack/events", data=body + spoilt, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def last_sent(acme: Company, kind: str) -> dict[str, Any]:
    """What the workspace sent the bot last, of a kind such as `view_submission` or `command`."""
    state = await acme.sandbox.state("UANNA")
    sent = [e["request"] for e in state["traffic"] if e["direction"] == "to_bot"]
    found = [request for request in sent if request.get("type") == kind or kind in request]
    request: dict[str, Any] = found[-1]
    return request


async def asks(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH")).modal
    assert form is not None
    assert (await acme.anna.submits(form)).closed
    await acme.settles()


async def allocated(acme: Company) -> str:
    return str((await acme.gets("/v1/teams/search/allowance"))[1]["allocated_usd"])


async def test_the_same_click_sent_again_books_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await asks(acme)
    await acme.ben.clicks("Approve", await acme.ben.sees("asks for", channel="CSEARCH"))
    click = await last_sent(acme, "block_actions")
    again = await asyncio.gather(*(sends(acme, click) for _ in range(3)))
    await acme.settles()

    assert [status for status, _ in again] == [200, 200, 200]
    assert await allocated(acme) == "1500.000000000"
    assert len([m for m in await acme.anna.dms() if "approved your request" in m.text]) == 1
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_the_same_form_sent_again_asks_once_and_says_so_at_the_amount(acme_on_both: Company) -> None:
    acme = acme_on_both
    await asks(acme)
    status, body = await sends(acme, await last_sent(acme, "view_submission"))
    await acme.settles()

    assert status == 200
    answer = json.loads(body)
    assert answer["response_action"] == "errors"
    assert "You already asked for $500.00 for Search" in answer["errors"]["amount"]
    async with acme.context.store.read() as tx:
        assert len(await tx.budget_requests.pending()) == 1
    assert len([m for m in await acme.ben.messages("CSEARCH") if "asks for" in m.text]) == 1
    assert (await acme.gets("/v1/teams/product/allowance"))[1]["held_usd"] == "500.000000000"


async def test_two_forms_of_one_person_sent_at_once_make_one_request(acme_on_both: Company) -> None:
    acme = acme_on_both
    form = (await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH")).modal
    assert form is not None
    assert "amount" in (await acme.anna.submits(form, amount="abc")).errors
    refused = await last_sent(acme, "view_submission")
    refused["view"]["state"]["values"]["amount"]["amount"]["value"] = "500"
    answers = await asyncio.gather(*(sends(acme, refused) for _ in range(4)))

    assert [status for status, _ in answers] == [200] * 4
    assert sorted("already asked" in body for _, body in answers) == [False, True, True, True]
    async with acme.context.store.read() as tx:
        assert len(await tx.budget_requests.pending()) == 1


async def test_a_forged_late_or_changed_click_decides_nothing(acme: Company) -> None:
    await asks(acme)
    await acme.mia.clicks("Approve", await acme.mia.sees("asks for", channel="CSEARCH"))
    click = await last_sent(acme, "block_actions")
    click["user"] |= {"id": "UBEN", "username": "ben", "name": "ben"}

    assert (await sends(acme, click, secret="not-the-secret"))[0] == 401
    assert (await sends(acme, click, age_seconds=301))[0] == 401
    assert (await sends(acme, click, age_seconds=-301))[0] == 401
    assert (await sends(acme, click, spoilt=b"&more=1"))[0] == 401
    assert await allocated(acme) == "1000.000000000"

    assert (await sends(acme, click, age_seconds=290))[0] == 200
    assert await allocated(acme) == "1500.000000000"


async def test_a_button_that_carries_no_id_of_ours_is_refused(acme: Company) -> None:
    await asks(acme)
    await acme.mia.clicks("Approve", await acme.mia.sees("asks for", channel="CSEARCH"))
    click = await last_sent(acme, "block_actions")
    click["user"] |= {"id": "UBEN", "username": "ben", "name": "ben"}
    for value in ("", "x", "-1", "1e3", "٣", "9" * 30, "4711"):
        click["actions"][0]["value"] = value
        status, body = await sends(acme, click)
        assert (status, body) == (200, ""), value
    assert await allocated(acme) == "1000.000000000"
    await acme.ben.does_not_see("Something went wrong")


async def test_a_form_for_a_team_that_is_not_ones_own_is_refused(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH")).modal
    assert form is not None
    await acme.anna.submits(form, amount="abc")
    forged = await last_sent(acme, "view_submission")
    forged["view"]["state"]["values"]["amount"]["amount"]["value"] = "500"
    mobile = (await acme.context.rulebooks.latest()).directory.by_slug("mobile")
    assert mobile is not None
    forged["view"]["private_metadata"] = json.dumps({"channel": "CSEARCH", "team": mobile.id})
    status, body = await sends(acme, forged)

    assert status == 200
    assert "You are not in Mobile" in body
    async with acme.context.store.read() as tx:
        assert await tx.budget_requests.pending() == []
