"""The page's routes: each person's view, actions, and live events."""

import asyncio
import json
from typing import Any

import aiohttp

from tests.sandbox.conftest import Office

Json = dict[str, Any]
SECTION = [{"type": "section", "text": {"type": "plain_text", "text": "Anna asks for $500"}}]


def approval() -> list[Json]:
    return [
        *SECTION,
        {
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": "approve_request", "text": {"type": "plain_text", "text": "Approve"}}
            ],
        },
    ]


async def names(office: Office, member: str) -> list[str]:
    return [room["name"] for room in (await office.anna.sandbox.state(member))["channels"]]


async def test_everybody_sees_their_own_rooms(office: Office) -> None:
    assert await names(office, "UANNA") == ["team-search", "general"]
    assert await names(office, "UCHLOE") == ["team-search", "general", "finance"]
    assert await names(office, "UGUS") == ["team-search"]
    state = await office.anna.sandbox.state("UCHLOE")
    assert [room["is_member"] for room in state["channels"]] == [False, True, True]
    assert len(state["dms"]) == 1


async def test_unread_counts_rise_with_others_words_and_fall_on_reading(office: Office) -> None:
    async def unread() -> int:
        return int((await office.anna.sandbox.state("UANNA"))["channels"][0]["unread"])

    await office.slack.chat_postMessage(channel="CSEARCH", text="one")
    await office.slack.chat_postMessage(channel="CSEARCH", text="two")
    before = await unread()
    await office.anna.sandbox.does("read", "UANNA", channel="CSEARCH")
    after = await unread()
    await office.ben.says("three", channel="CSEARCH")

    assert (before, after, await unread()) == (2, 0, 1)


async def test_typed_text_is_escaped_and_names_become_references(office: Office) -> None:
    said = await office.anna.says("<!channel> @ben & @nobody, see #team-search", channel="CSEARCH")

    assert said.text == "&lt;!channel&gt; <@UBEN> &amp; @nobody, see <#CSEARCH>"


async def test_one_cannot_write_or_command_where_one_is_not(office: Office) -> None:
    does = office.anna.sandbox.does
    office.workspace.rooms["CGENERAL"].is_archived = True

    assert (await does("message", "UCHLOE", channel="CSEARCH", text="x"))["error"] == "not_in_channel"
    assert (await does("command", "UGUS", channel="GFINANCE", text="/tokens"))["error"] == "channel_not_found"
    assert (await does("message", "UCHLOE", channel="CGENERAL", text="x"))["error"] == "is_archived"
    assert not (await does("message", "UANNA", channel="CSEARCH", text="/remind me"))["ok"]
    assert (await does("read", "UNOBODY", channel="CSEARCH"))["error"] == "user_not_found"
    assert office.bot.received == []


async def page_events(office: Office, member: str, opened: asyncio.Event) -> list[tuple[str, Any]]:
    """Returns the events of a page from its opening to the traffic of a posted message."""
    received: list[tuple[str, Any]] = []
    async with aiohttp.ClientSession() as session, session.get(f"{office.url}/page/events?as={member}") as stream:
        event = ""
        async for raw in stream.content:
            name, _, value = raw.decode().strip().partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                received.append((event, json.loads(value)))
                opened.set()
                if event == "traffic" and received[-1][1]["title"] == "chat.postMessage":
                    break
    return received


async def test_a_stream_tells_each_person_what_they_may_see(office: Office) -> None:
    doors = [asyncio.Event(), asyncio.Event()]
    pages = [
        asyncio.create_task(page_events(office, who, door)) for who, door in zip(("UANNA", "UBEN"), doors, strict=True)
    ]
    await asyncio.gather(*(door.wait() for door in doors))
    await office.slack.chat_postEphemeral(channel="CSEARCH", user="UANNA", text="Only for Anna")
    await office.slack.chat_postMessage(channel="CSEARCH", text="For all")
    annas, bens = await asyncio.gather(*pages)

    assert annas[0][0] == "hello"
    assert [data["text"] for event, data in annas if event == "message"] == ["Only for Anna", "For all"]
    assert [data["text"] for event, data in bens if event == "message"] == ["For all"]


async def test_the_terminal_tells_a_refusal_and_the_steps_follow(office: Office) -> None:
    does = office.anna.sandbox.does
    await office.slack.chat_postMessage(channel="CSEARCH", text="Anna asks", blocks=approval())
    card = await office.ben.sees("Anna asks")
    await office.ben.clicks("Approve", card)
    before = [step["done"] for step in (await office.anna.sandbox.state("UANNA"))["steps"]]
    refused = {
        "decision": "deny",
        "available_usd": "-12.4",
        "period_ends_at": "2026-12-01T00:00:00Z",
        "reason": "Search has used up its budget.",
    }
    office.bot.answers["allowance"] = refused
    denied = await does("terminal", "UANNA", index=0)
    await office.ben.clicks("Approve", card)
    office.bot.answers["allowance"] = {**refused, "reason": "Search has used its budget: -$12.40 available."}
    named = await does("terminal", "UANNA", index=0)
    office.bot.answers["allowance"] = {"decision": "allow", "available_usd": "487.60"}
    allowed = await does("terminal", "UANNA", index=0)

    assert before == [False, False]
    assert denied["outcome"] == "deny"
    refusal = denied["lines"][1]["text"]
    assert "402" in refusal
    assert "Search has used up its budget. -$12.40 available until 1 Dec 2026." in refusal
    assert named["lines"][1]["text"].endswith("budget: -$12.40 available. The next period begins on 1 Dec 2026.")
    assert denied["lines"][2]["text"] == "Ask for more in Slack: /tokens request"
    assert [line["text"] for line in allowed["lines"][1:]] == ["200 OK. $487.60 available.", "Hello back."]
    assert all(step["done"] for step in (await office.anna.sandbox.state("UANNA"))["steps"])


async def test_a_control_tells_what_happened_and_moves_the_clock_ahead_only(office: Office) -> None:
    now = office.workspace.now()
    office.bot.answers["allowance"] = {"text": "It is Monday.", "now": now + 86_400}
    ahead = await office.anna.sandbox.does("control", "UANNA", id="monday")
    office.bot.answers["allowance"] = {"text": "It is 1970.", "now": 0}
    await office.anna.sandbox.does("control", "UANNA", id="monday")

    assert (ahead["ok"], ahead["text"]) == (True, "It is Monday.")
    assert office.workspace.now() >= now + 86_400
    assert (await office.slack.chat_postMessage(channel="CSEARCH", text="x"))["ts"] > str(now + 86_000)


async def test_the_sandbox_answers_its_own_page_on_this_machine_only(office: Office) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{office.url}/page/message"
        said = {"as": "UANNA", "channel": "CSEARCH", "text": "x"}
        async with session.post(url, json=said, headers={"Origin": "https://evil.test"}) as answer:
            other_site = answer.status
        async with session.get(f"{office.url}/page/state", headers={"Host": "evil.test"}) as answer:
            other_name = answer.status
        async with session.post(url, data=json.dumps(said), headers={"Content-Type": "text/plain"}) as answer:
            plain_form = answer.status

    assert (other_site, other_name, plain_form) == (403, 403, 415)


async def test_the_traffic_shows_both_directions_without_secrets(office: Office) -> None:
    await office.anna.runs("/tokens", channel="CSEARCH")
    await office.slack.chat_postMessage(channel="CSEARCH", text="x")
    await office.anna.sandbox.does("terminal", "UANNA", index=0)

    traffic = (await office.anna.sandbox.state("UANNA"))["traffic"]
    assert [(one["direction"], one["title"], one["status"]) for one in traffic] == [
        ("to_bot", "/tokens", 200),
        ("to_slack", "chat.postMessage", 200),
        ("from_page", "Ask", 200),
    ]
    assert "xoxb" not in json.dumps(traffic)
    assert "ingest-key" not in json.dumps(traffic)
