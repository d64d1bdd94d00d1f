"""Shortcuts: global ones, and those of a message, as Slack sends them."""

from bot.demo.workspace import SHORTCUTS
from tests.sandbox.conftest import Office
from tests.test_manifest import MANIFEST


async def test_a_global_shortcut_carries_a_trigger_and_no_channel(office: Office) -> None:
    reply = await office.anna.uses("anywhere")

    received = office.bot.last("shortcut")
    assert reply.ok
    assert (received["callback_id"], received["user"]["id"]) == ("anywhere", "UANNA")
    assert received["trigger_id"]
    assert not {"channel", "response_url", "message"} & received.keys()


async def test_a_shortcut_of_a_message_carries_the_message(office: Office) -> None:
    said = await office.ben.says("Look at this", channel="CSEARCH")
    await office.anna.uses("for_this", said)

    received = office.bot.last("message_action")
    assert received["channel"] == {"id": "CSEARCH", "name": "team-search"}
    assert (received["message"]["text"], received["message_ts"]) == ("Look at this", said.ts)
    assert received["response_url"].startswith(office.url)
    assert office.bot.unsigned == 0


async def test_what_one_does_not_see_and_unknown_shortcuts_are_refused(office: Office) -> None:
    does, said = office.anna.sandbox.does, await office.chloe.says("Secret", channel="GFINANCE")
    place = {"channel": said.channel, "ts": said.ts}

    assert (await does("shortcut", "UANNA", id="for_this", **place))["error"] == "channel_not_found"
    assert (await does("shortcut", "UANNA", id="for_this"))["error"] == "invalid_arguments"
    assert (await does("shortcut", "UCHLOE", id="anywhere", **place))["error"] == "invalid_arguments"
    alone = await office.slack.chat_postEphemeral(channel="CSEARCH", user="UANNA", text="Only for Anna")
    ephemeral = {"channel": "CSEARCH", "ts": alone["message_ts"]}
    assert (await does("shortcut", "UANNA", id="for_this", **ephemeral))["error"] == "message_not_found"
    assert office.bot.received == []


async def test_the_page_knows_the_shortcuts(office: Office) -> None:
    shown = (await office.anna.sandbox.state("UANNA"))["shortcuts"]

    assert [(one["id"], one["kind"]) for one in shown] == [("anywhere", "global"), ("for_this", "message")]


def test_the_demo_has_the_shortcuts_of_the_manifest() -> None:
    declared = [
        (one["name"], one["callback_id"], one["type"], one["description"]) for one in MANIFEST["features"]["shortcuts"]
    ]

    assert [(one.name, one.callback_id, one.kind, one.description) for one in SHORTCUTS] == declared
