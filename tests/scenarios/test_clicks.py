"""Signed requests that come twice, late or forged: decided once, or not at all."""

import asyncio
import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.sandbox.events.dispatch import VERIFICATION_TOKEN, signature
from handlers.schedule import delete_old_requests
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
    return {**request, "token": VERIFICATION_TOKEN}  # the page does not show it


async def asks(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH")).modal
    assert form is not None
    assert (await acme.anna.submits(form)).closed
    await acme.settles()


async def allocated(acme: Company) -> str:
    return str((await acme.gets("/v1/teams/search/allowance"))[1]["allocated_usd"])


async def pending(acme: Company) -> int:
    async with acme.context.store.read() as tx:
        return len(await tx.budget_requests.pending())


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


async def test_the_same_form_sent_again_asks_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    await asks(acme)
    form = await last_sent(acme, "view_submission")
    again = await asyncio.gather(*(sends(acme, form) for _ in range(3)))
    await acme.settles()

    assert again == [(200, "")] * 3
    assert len([m for m in await acme.ben.messages("CSEARCH") if "asks for" in m.text]) == 1
    assert await pending(acme) == 1
    assert (await acme.gets("/v1/teams/product/allowance"))[1]["held_usd"] == "500.000000000"


@pytest.mark.parametrize("ended", ["Approve", "Withdraw my request"])
async def test_the_same_form_asks_once_whatever_became_of_its_request(acme_on_both: Company, ended: str) -> None:
    acme = acme_on_both
    await asks(acme)
    form = await last_sent(acme, "view_submission")
    card = await acme.anna.sees("asks for", channel="CSEARCH")
    await (acme.ben.clicks(ended, card) if ended == "Approve" else acme.anna.chooses(ended, card))

    assert await sends(acme, form) == (200, "")
    assert await pending(acme) == 0
    assert (await acme.gets("/v1/teams/product/allowance"))[1]["held_usd"] == "0.000000000"


async def test_another_form_of_a_person_who_asked_is_told_so_at_the_amount(acme: Company) -> None:
    await asks(acme)
    form = await last_sent(acme, "view_submission")
    status, body = await sends(acme, {**form, "trigger_id": "another"})

    assert status == 200
    answer = json.loads(body)
    assert answer["response_action"] == "errors"
    assert "You already asked for $500.00 for Search" in answer["errors"]["amount"]
    assert await pending(acme) == 1


async def test_two_forms_of_one_person_sent_at_once_make_one_request(acme_on_both: Company) -> None:
    acme = acme_on_both
    form = (await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH")).modal
    assert form is not None
    assert "amount" in (await acme.anna.submits(form, amount="abc")).errors
    refused = await last_sent(acme, "view_submission")
    refused["view"]["state"]["values"]["amount"]["amount"]["value"] = "500"
    answers = await asyncio.gather(*(sends(acme, {**refused, "trigger_id": f"{n}"}) for n in range(4)))

    assert [status for status, _ in answers] == [200] * 4
    assert sorted("already asked" in body for _, body in answers) == [False, True, True, True]
    assert await pending(acme) == 1


async def test_a_form_that_was_refused_may_be_sent_again_as_it_is(acme: Company) -> None:
    form = (await acme.anna.runs("/tokens request 500 eval run", channel="CSEARCH")).modal
    assert form is not None
    acme.context.callers.clear()
    acme.workspace.fail_next("users.info", status=503)
    assert "Slack does not say who you are" in str((await acme.anna.submits(form)).errors)
    assert await pending(acme) == 0

    assert await sends(acme, await last_sent(acme, "view_submission")) == (200, "")
    assert await pending(acme) == 1


async def test_settings_that_were_set_otherwise_are_not_set_back_by_the_same_form(acme: Company) -> None:
    forms = []
    for thresholds in ("50", "70, 90"):
        form = (await acme.ben.runs("/tokens settings", channel="CSEARCH")).modal
        assert form is not None
        assert (await acme.ben.submits(form, thresholds=thresholds)).closed
        forms.append(await last_sent(acme, "view_submission"))
    assert await sends(acme, forms[0]) == (200, "")

    search = (await acme.context.rulebooks.latest()).directory.by_slug("search")
    assert search is not None
    assert search.alerts.thresholds == (70, 90)


async def test_an_announcement_that_was_ended_is_not_made_again_by_the_same_command(acme: Company) -> None:
    await acme.ben.runs("/tokens expect launch 2 days", channel="CSEARCH")
    typed = await last_sent(acme, "command")
    await acme.settles()
    await acme.ben.clicks("end_expectation", await acme.ben.sees("launch", channel="CSEARCH"))
    assert (await sends(acme, typed))[0] == 200
    await acme.settles()

    assert "Search has announced no spend" in (await acme.ben.runs("/tokens expect", channel="CSEARCH")).text


async def test_requests_that_are_too_old_to_come_again_are_forgotten(acme_on_both: Company) -> None:
    acme = acme_on_both
    await asks(acme)
    assert await delete_old_requests(acme.context) == 0
    acme.clock.jump_to(acme.clock.now() + timedelta(minutes=61))

    assert await delete_old_requests(acme.context) == 1
    assert await delete_old_requests(acme.context) == 0


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
    assert await pending(acme) == 0
