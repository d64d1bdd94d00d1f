"""Slack's requests over a WebSocket: the same stories as over HTTP, and connections that end in the middle of one."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

import pytest
from aiohttp import ClientSession, WSMsgType, web
from aiohttp.test_utils import TestServer

from bot.sandbox.server import create_sandbox
from bot.sandbox.settings import SandboxSettings
from handlers.slack.socket_mode import connections, links
from handlers.slack.socket_mode.connections import SocketConnections
from tests.support.company import APP_TOKEN, CHANNELS, PEOPLE, TOKEN, Company, company
from tests.support.databases.copies import Copy
from tests.support.people import Person, listened
from tests.support.processes import bot_process
from tests.support.seen import Message, View
from tests.support.servers import running
from tests.support.waiting import until


@pytest.fixture
async def linked(database_copy: Copy) -> AsyncIterator[Company]:
    """Acme on each database, without an address that Slack reaches."""
    async with company(database_copy.url, key=database_copy.key, app_token=APP_TOKEN) as made:
        yield made


@pytest.fixture
def acme_on_both() -> None:
    """Asks for Acme in the database of `linked`."""


pytestmark = pytest.mark.usefixtures("acme_on_both")


def socket_of(acme: Company) -> SocketConnections:
    assert acme.parts.socket is not None
    return acme.parts.socket


async def waiting_card(acme: Company) -> Message:
    form = (await acme.anna.runs("/tokens request 400 evals", channel="CSEARCH")).modal
    assert form is not None
    assert (await acme.anna.submits(form)).closed
    await acme.settles()
    return await acme.ben.sees("400", channel="CSEARCH")


async def approvals(acme: Company) -> int:
    """How often the request was booked."""
    async with acme.context.store.read() as tx:
        directory = (await acme.context.rulebooks.current(tx)).directory
        search = directory.by_slug("search")
        assert search is not None
        past = await tx.budget_requests.history(team_id=search.id, person_ids=frozenset(), before_id=None, limit=9)
        period = directory.period_at(search, acme.context.now_micros())
        balances = await tx.ledger.balances(
            [(search.id, period)], root_id=directory.root.id, unattributed_id=directory.unattributed.id
        )
    assert [one.state for one in past] == ["approved"]
    return (balances[search.id].received_nanos - balances[search.id].base_nanos) // (400 * 10**9)


async def test_a_command_a_form_a_click_and_home_go_over_the_socket(linked: Company) -> None:
    answer = await linked.anna.runs("/tokens", channel="CSEARCH")
    assert "Search" in answer.text

    card = await waiting_card(linked)
    assert (await linked.ben.clicks("Approve", card)).ok
    await linked.ben.opens_home()

    assert await approvals(linked) == 1
    kinds = {entry["path"] for entry in linked.workspace.traffic.entries() if entry["direction"] == "to_bot"}
    assert kinds <= {"slash_commands", "interactive", "events_api"}
    assert socket_of(linked).is_connected


async def test_a_form_shows_its_faults_over_the_socket(linked: Company) -> None:
    form = (await linked.anna.runs("/tokens request", channel="CSEARCH")).modal
    assert form is not None

    refused = await linked.anna.submits(form, amount="a lot", reason="evals")

    assert "not an amount" in refused.errors["amount"]


async def in_the_middle(linked: Company, card: Message) -> "asyncio.Task[Any]":
    """Ben's click, held in the middle: the app waits for what Slack says of him."""
    linked.context.callers.clear()
    linked.context.settings.slack_answer_seconds = 50
    linked.workspace.held["users.info"] = asyncio.Event()
    click = asyncio.create_task(linked.ben.clicks("Approve", card))
    await until(lambda: bool(linked.context.lookups), what="the click is at work")
    return click


async def test_a_connection_lost_before_the_answer_does_the_click_once(linked: Company) -> None:
    card = await waiting_card(linked)
    click = await in_the_middle(linked, card)
    linked.workspace.sockets.cut()
    await linked.workspace.sockets.connected()
    linked.workspace.held.pop("users.info").set()

    assert (await click).ok
    await listened()
    await linked.ben.does_not_see("already", channel="CSEARCH")
    assert linked.workspace.sockets.opened == 2
    assert await approvals(linked) == 1


async def test_a_connection_lost_as_the_work_is_done_does_the_click_once(
    linked: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work is committed, and its answer goes into a connection that is gone; Slack sends the click again."""
    card = await waiting_card(linked)
    acknowledge = SocketConnections._acknowledge
    lost: list[dict[str, Any]] = []

    async def into_the_void(self: SocketConnections, link: Any, answer: dict[str, Any]) -> None:
        if not lost:
            lost.append(answer)
            linked.workspace.sockets.cut()
            return
        await acknowledge(self, link, answer)

    monkeypatch.setattr(SocketConnections, "_acknowledge", into_the_void)

    assert (await linked.ben.clicks("Approve", card)).ok
    assert lost
    assert await approvals(linked) == 1


async def test_a_connection_lost_after_the_answer_leaves_nothing_to_do_again(linked: Company) -> None:
    card = await waiting_card(linked)
    assert (await linked.ben.clicks("Approve", card)).ok
    linked.workspace.sockets.cut()
    await linked.workspace.sockets.connected()

    assert await approvals(linked) == 1
    assert "Search" in (await linked.anna.runs("/tokens", channel="CSEARCH")).text


async def test_an_envelope_that_comes_twice_at_once_is_done_once(linked: Company) -> None:
    card = await waiting_card(linked)
    linked.workspace.sockets.sends_twice = True

    assert (await linked.ben.clicks("Approve", card)).ok
    await listened()

    assert await approvals(linked) == 1


async def form_of(person: Person) -> View:
    form = (await person.runs("/tokens request 400 evals", channel="CSEARCH")).modal
    assert form is not None
    return form


async def test_a_form_sent_twice_over_a_lost_connection_asks_once(linked: Company) -> None:
    form = await form_of(linked.anna)
    linked.workspace.sockets.sends_twice = True

    assert (await linked.anna.submits(form)).closed
    await listened()

    held = (await linked.gets("/v1/teams/product/allowance"))[1]["held_usd"]
    assert held == "400.000000000"


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_connection_that_slack_ends_is_replaced_before_it_ends(linked: Company, reason: str) -> None:
    await linked.workspace.sockets.ask_to_reconnect(reason)
    await until(lambda: linked.workspace.sockets.count == 2, what="the next connection is there beside the former one")

    assert "Search" in (await linked.anna.runs("/tokens", channel="CSEARCH")).text
    assert "Search" in (await linked.anna.runs("/tokens", channel="CSEARCH")).text  # one over each
    assert socket_of(linked).fault == ""


async def test_a_connection_without_answers_to_its_pings_is_given_up(
    sqlite_copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.slack.socket_mode.links.PING_SECONDS", 0.2)
    async with company(sqlite_copy.url, key=sqlite_copy.key, app_token=APP_TOKEN) as acme:
        acme.workspace.sockets.is_silent = True
        await until(lambda: acme.workspace.sockets.opened >= 2, what="another connection is opened")
        acme.workspace.sockets.is_silent = False
        await acme.workspace.sockets.connected()
        await until(lambda: socket_of(acme).is_connected, what="it is connected again")


async def test_a_connection_that_slack_greets_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else Slack sends clicks over it, which nobody reads."""
    monkeypatch.setattr(links, "HELLO_SECONDS", 0.2)
    ends: asyncio.Future[WSMsgType] = asyncio.get_running_loop().create_future()

    async def says_nothing(request: web.Request) -> web.StreamResponse:
        link = web.WebSocketResponse()
        await link.prepare(request)
        ends.set_result((await link.receive()).type)
        return link

    app = web.Application()
    app.router.add_get("/link", says_nothing)
    async with TestServer(app) as server, ClientSession() as session:
        address = f"ws://127.0.0.1:{server.port}/link"
        slack = SimpleNamespace(
            session=session, proxy=None, ssl=None, apps_connections_open=AsyncMock(return_value={"url": address})
        )
        with pytest.raises(links.NotConnected):
            await links.open_link(cast(Any, slack), APP_TOKEN)

        assert await asyncio.wait_for(ends, 2) is WSMsgType.CLOSE


async def test_slack_that_is_away_is_asked_again(linked: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_FIRST_WAIT", 0.01)
    linked.workspace.offline = True
    linked.workspace.sockets.cut()
    await until(lambda: "Slack does not answer" in socket_of(linked).fault, what="it says that Slack is away")
    assert not socket_of(linked).is_connected
    assert (await linked.uses(linked.event(1)))["accepted"] == 1, "usage is booked all the same"

    linked.workspace.offline = False
    await linked.workspace.sockets.connected()
    assert "Search" in (await linked.anna.runs("/tokens", channel="CSEARCH")).text


async def test_the_process_that_stops_finishes_what_it_began(linked: Company) -> None:
    card = await waiting_card(linked)
    click = await in_the_middle(linked, card)
    stopping = asyncio.create_task(socket_of(linked).stop())
    await asyncio.sleep(0)
    linked.workspace.held.pop("users.info").set()

    assert (await click).ok
    await stopping
    assert await approvals(linked) == 1
    assert linked.workspace.sockets.count == 0


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("xapp-another", "Slack refuses SLACK_APP_TOKEN: invalid_auth. Make an app-level token"),
        ("xoxb-tests", "SLACK_APP_TOKEN is no app-level token, which begins with xapp-"),
    ],
)
async def test_a_token_that_slack_refuses_is_named_with_what_to_do(
    sqlite_copy: Copy, token: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_REFUSED_WAIT", 0.01)
    async with company(sqlite_copy.url, key=sqlite_copy.key, app_token=APP_TOKEN) as acme:
        acme.context.settings.slack_app_token = token
        acme.workspace.sockets.cut()
        await until(lambda: says in socket_of(acme).fault, what="it says what is wrong")

        acme.context.settings.slack_app_token = APP_TOKEN
        await acme.workspace.sockets.connected()


async def test_the_metrics_say_whether_it_is_connected(linked: Company) -> None:
    async def text() -> str:
        async with linked.sandbox.session.get(f"{linked.bot_url}/metrics") as answer:
            return await answer.text()

    assert "tokens_slack_socket_connected 1.0" in await text()

    linked.workspace.offline = True
    linked.workspace.sockets.cut()
    await until(lambda: not socket_of(linked).is_connected, what="it is not connected")
    assert "tokens_slack_socket_connected 0.0" in await text()


async def test_a_process_ends_cleanly_on_sigterm_and_takes_its_connection_along(sqlite_url: str) -> None:
    settings = SandboxSettings(
        bot_url="",
        signing_secret="",
        bot_token=TOKEN,
        app_token=APP_TOKEN,
        people=PEOPLE,
        channels=CHANNELS,
        acting="UANNA",
    )
    app = create_sandbox(settings)
    async with running(app) as url:
        api = f"{url}/api/"
        async with bot_process(sqlite_url, SLACK_API_URL=api, SLACK_BOT_TOKEN=TOKEN, SLACK_APP_TOKEN=APP_TOKEN) as bot:
            await app.state.workspace.sockets.connected(seconds=60)
            await bot.stop()

            assert "Slack socket connected" in bot.said()
            assert "Traceback" not in bot.said()
        await until(lambda: app.state.workspace.sockets.count == 0, what="the connection ends with the process")
