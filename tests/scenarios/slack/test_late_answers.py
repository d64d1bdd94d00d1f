"""Slack is answered before its three seconds end, and what the answer says is what came of the request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.books.ledger import Account
from bot.money import NANOS
from bot.requests.budget_requests import Ask
from handlers.requests.budget_requests import create_request
from storage.books.checks import faults
from tests.support.company import Company
from tests.support.people import Person
from tests.support.seen import View
from tests.support.waiting import until

WORKING_ON = "This takes longer than usual"


@asynccontextmanager
async def slow_slack(acme: Company, method: str) -> AsyncIterator[None]:
    """Slack does not answer a method inside; what waits for it has ended afterwards."""
    acme.workspace.held[method] = asyncio.Event()
    try:
        yield
    finally:
        acme.workspace.held.pop(method).set()
        await until(lambda: not acme.context.lookups, what="the look-ups end")


@asynccontextmanager
async def busy_books(acme: Company) -> AsyncIterator[None]:
    """Somebody else changes Product's accounts inside, so that every request waits."""
    directory = (await acme.context.rulebooks.latest()).directory
    product = directory.by_slug("product")
    assert product is not None
    period = directory.period_at(product, acme.context.now_micros()).name
    async with acme.context.store.begin() as tx:
        await tx.ledger.lock([Account(team_id=product.id, period=period, bucket="available")])
        yield


async def form_of(acme: Company, person: Person, amount: str = "500") -> View:
    form = (await person.runs(f"/tokens request {amount} evals", channel="CSEARCH")).modal
    assert form is not None
    return form


async def held(acme: Company) -> str:
    return str((await acme.gets("/v1/teams/product/allowance"))[1]["held_usd"])


async def modal_says(person: Person, words: str) -> None:
    async def does() -> bool:
        modal = await person.modal()
        return modal is not None and words in modal.text_everywhere()

    await until(does, what=f"the modal says {words!r}")


async def test_a_form_of_somebody_whom_slack_does_not_name_in_time_is_not_booked_and_says_so(acme: Company) -> None:
    form = await form_of(acme, acme.anna)
    acme.context.callers.clear()
    acme.context.settings.slack_answer_seconds = 1
    async with slow_slack(acme, "users.info"):
        refused = await acme.anna.submits(form)
        assert "Slack does not say who you are" in refused.errors["lasting"]
        assert "nothing was done" in refused.errors["lasting"]
    assert await held(acme) == "0.000000000"
    assert acme.context.callers.keys() == {"UANNA"}  # the look-up went on

    assert (await acme.anna.submits(form)).closed
    assert await held(acme) == "500.000000000"


@pytest.mark.parametrize("typed", ["/tokens", "/tokens request 5 evals", "/tokens me"])
async def test_a_command_of_somebody_whom_slack_does_not_name_in_time_is_told_so(acme: Company, typed: str) -> None:
    acme.context.callers.clear()
    acme.context.settings.slack_answer_seconds = 1
    async with slow_slack(acme, "users.info"):
        reply = await acme.anna.runs(typed, channel="CSEARCH")

    assert (reply.status, reply.modal) == (200, None)
    assert "Slack does not say who you are" in reply.ephemeral[0].text


async def test_who_was_known_before_is_known_still_while_slack_is_slow(acme: Company) -> None:
    assert (await acme.anna.submits(await form_of(acme, acme.anna))).closed
    await acme.settles()
    card = await acme.ben.sees("asks for", channel="CSEARCH")
    await acme.ben.runs("/tokens help", channel="CSEARCH")
    known = {user: (float("-inf"), said) for user, (_, said) in acme.context.callers.items()}
    acme.context.callers.update(known)
    acme.context.settings.slack_answer_seconds = 1
    async with slow_slack(acme, "users.info"):
        await acme.ben.clicks("Approve", card)
    await acme.settles()

    await acme.anna.sees("Approved by", channel="CSEARCH")


async def test_several_requests_of_one_person_ask_slack_once(acme: Company) -> None:
    acme.context.callers.clear()
    async with slow_slack(acme, "users.info"):
        typed = [asyncio.create_task(acme.anna.runs("/tokens help", channel="CSEARCH")) for _ in range(3)]
        await until(lambda: bool(acme.context.lookups), what="the look-up begins")
    await asyncio.gather(*typed)

    assert len([call for call in acme.workspace.calls if call["method"] == "users.info"]) == 1


async def test_a_form_that_waits_for_the_books_says_that_it_waits_and_then_that_it_is_done(
    acme_on_both: Company,
) -> None:
    acme = acme_on_both
    form = await form_of(acme, acme.anna)
    acme.context.settings.slack_answer_seconds = 0.2
    async with busy_books(acme):
        submitted = asyncio.create_task(acme.anna.submits(form))
        await modal_says(acme.anna, WORKING_ON)
    reply = await submitted
    assert not reply.closed
    await modal_says(acme.anna, "“Request AI budget” went through")

    assert await held(acme) == "500.000000000"
    async with acme.context.store.read() as tx:
        assert [fault async for fault in faults(tx)] == []


async def test_a_form_that_waited_and_was_refused_says_so_where_it_waits(acme_on_both: Company) -> None:
    acme = acme_on_both
    form = await form_of(acme, acme.anna)
    async with acme.context.store.begin() as tx:  # she asks elsewhere, while the form is open
        scope = await acme.context.scope(tx)
        search, anna = scope.directory.by_slug("search"), await tx.people.by_slack_id("UANNA")
        assert search is not None
        assert anna is not None
        await create_request(scope.of_team(search), Ask(amount_nanos=700 * NANOS, reason="tests"), person_id=anna.id)
    acme.context.settings.slack_answer_seconds = 0.2
    async with busy_books(acme):
        submitted = asyncio.create_task(acme.anna.submits(form))
        await modal_says(acme.anna, WORKING_ON)
    await submitted
    await modal_says(acme.anna, "You already asked for $700.00")

    assert await held(acme) == "700.000000000"


async def test_the_outcome_of_a_form_that_was_closed_meanwhile_comes_as_a_message(acme: Company) -> None:
    form = await form_of(acme, acme.anna)
    acme.context.settings.slack_answer_seconds = 0.2
    async with busy_books(acme):
        submitted = asyncio.create_task(acme.anna.submits(form))
        await modal_says(acme.anna, WORKING_ON)
        waiting = await acme.anna.modal()
        assert waiting is not None
        await acme.sandbox.does("close", "UANNA", view_id=waiting.id)
    await submitted
    await acme.settles()

    assert any("“Request AI budget” went through" in m.text for m in await acme.anna.dms())
    assert await held(acme) == "500.000000000"


async def test_a_click_that_waits_for_the_books_is_acknowledged_and_decides_once(acme_on_both: Company) -> None:
    acme = acme_on_both
    assert (await acme.anna.submits(await form_of(acme, acme.anna))).closed
    await acme.settles()
    card = await acme.ben.sees("asks for", channel="CSEARCH")
    await acme.ben.runs("/tokens help", channel="CSEARCH")
    acme.context.settings.slack_answer_seconds = 0.1
    async with busy_books(acme):
        click = asyncio.create_task(acme.ben.clicks("Approve", card))
        await until(
            lambda: any(e["title"].startswith("Approve") for e in acme.workspace.traffic.entries()), what="an answer"
        )
        assert not click.done()
    reply = await click
    await acme.settles()

    assert reply.ok
    assert reply.ephemeral == []
    await acme.anna.sees("Approved by", channel="CSEARCH")
    assert await held(acme) == "0.000000000"
