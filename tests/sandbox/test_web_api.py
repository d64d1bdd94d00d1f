"""The sandbox's Web API, called with Slack's own client."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import Office

Json = dict[str, Any]
SECTION = [{"type": "section", "text": {"type": "mrkdwn", "text": "*Search* spent $12"}}]
NO_RETRIES: list[AsyncRetryHandler] = []


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as no:
        await call
    return str(no.value.response["error"])


async def test_an_unknown_method_is_refused(office: Office) -> None:
    assert await refused(office.slack.api_call("chat.shout")) == "unknown_method"


async def test_a_missing_or_wrong_token_is_refused(office: Office) -> None:
    wrong = AsyncWebClient(token="xoxb-other", base_url=f"{office.url}/api/")
    none = AsyncWebClient(base_url=f"{office.url}/api/")

    assert await refused(wrong.auth_test()) == "invalid_auth"
    assert await refused(none.auth_test()) == "not_authed"
    assert (await office.slack.auth_test())["user_id"] == "UTOKENS"


async def test_a_message_can_be_posted_changed_and_deleted(office: Office) -> None:
    posted = await office.slack.chat_postMessage(channel="#team-search", text="Digest", blocks=SECTION)
    await office.slack.chat_update(channel="CSEARCH", ts=posted["ts"], text="Digest, corrected")
    changed = await office.anna.sees("Digest, corrected", channel="CSEARCH")
    await office.slack.chat_delete(channel="CSEARCH", ts=posted["ts"])

    assert posted["channel"] == "CSEARCH"
    assert posted["message"]["blocks"][0]["block_id"]
    assert changed.blocks == []
    assert changed.raw["updated_at"]
    await office.anna.does_not_see("Digest")


async def test_timestamps_are_unique_and_grow(office: Office) -> None:
    stamps = [(await office.slack.chat_postMessage(channel="CSEARCH", text=str(n)))["ts"] for n in range(20)]

    assert sorted(set(stamps), key=float) == stamps


async def test_a_message_to_a_person_arrives_in_their_dm_and_nobody_elses(office: Office) -> None:
    posted = await office.slack.chat_postMessage(channel="UANNA", text="Your request was denied")

    assert posted["channel"].startswith("D")
    assert [message.text for message in await office.anna.dms()] == ["Your request was denied"]
    await office.ben.does_not_see("denied")


async def test_an_ephemeral_message_is_visible_to_one_person_only(office: Office) -> None:
    await office.slack.chat_postEphemeral(channel="CSEARCH", user="UANNA", text="Only for Anna")

    seen = await office.anna.sees("Only for Anna", channel="CSEARCH")
    assert seen.is_ephemeral
    await office.ben.does_not_see("Only for Anna")
    assert (
        await refused(office.slack.chat_postEphemeral(channel="CSEARCH", user="UCHLOE", text="x"))
        == "user_not_in_channel"
    )
    assert await refused(office.slack.chat_update(channel="CSEARCH", ts=seen.ts, text="x")) == "message_not_found"


async def test_a_forbidden_channel_is_an_error_with_its_reason(office: Office) -> None:
    office.workspace.rooms["CSEARCH"].is_archived = True
    theirs = await office.chloe.says("Good morning", channel="CGENERAL")

    async def post(channel: str, text: str = "x") -> str:
        return await refused(office.slack.chat_postMessage(channel=channel, text=text))

    assert await post("CSEARCH") == "is_archived"
    assert await post("CGENERAL") == "not_in_channel"
    assert await post("GFINANCE") == "channel_not_found"  # private, and the app is not in it
    assert await post("CNOWHERE") == "channel_not_found"
    assert await refused(office.slack.api_call("chat.postMessage", json={"channel": "UANNA"})) == "no_text"
    assert await post("UANNA", "x" * 40_001) == "msg_too_long"
    assert await refused(office.slack.chat_update(channel="CGENERAL", ts=theirs.ts, text="x")) == "cant_update_message"
    assert await refused(office.slack.chat_update(channel="CGENERAL", ts="1.0", text="x")) == "message_not_found"


async def test_people_are_found_by_id_and_by_email(office: Office) -> None:
    anna = (await office.slack.users_lookupByEmail(email="ANNA@acme.test"))["user"]
    guest = (await office.slack.users_info(user="UGUS"))["user"]

    assert (anna["id"], anna["profile"]["email"]) == ("UANNA", "anna@acme.test")
    assert guest["is_ultra_restricted"]
    assert await refused(office.slack.users_lookupByEmail(email="nobody@acme.test")) == "users_not_found"
    assert await refused(office.slack.users_info(user="UNOBODY")) == "user_not_found"
    assert (await office.slack.usergroups_users_list(usergroup="SLEADS"))["users"] == ["UBEN"]


async def test_lists_come_page_by_page(office: Office) -> None:
    first = await office.slack.users_list(limit=4)
    second = await office.slack.users_list(limit=4, cursor=first["response_metadata"]["next_cursor"])
    public = await office.slack.conversations_list(types="public_channel")
    private = await office.slack.conversations_list(types="private_channel")

    assert [len(first["members"]), len(second["members"])] == [4, 2]
    assert second["response_metadata"]["next_cursor"] == ""
    assert [channel["name"] for channel in public["channels"]] == ["team-search", "general"]
    assert private["channels"] == []
    assert (await office.slack.conversations_members(channel="CSEARCH"))["members"] == [
        "UANNA",
        "UBEN",
        "UGUS",
        "UTOKENS",
    ]


async def test_joining_a_public_channel_lets_the_app_write(office: Office) -> None:
    await office.slack.conversations_join(channel="CGENERAL")

    assert (await office.slack.chat_postMessage(channel="CGENERAL", text="Hello"))["ok"]


async def test_every_call_is_recorded_with_objects_and_without_the_token(office: Office) -> None:
    await office.slack.chat_postMessage(channel="CSEARCH", text="Digest", blocks=SECTION)
    form = {"channel": "CSEARCH", "text": "Digest", "token": "xoxb-sandbox", "blocks": '[{"type": "divider"}]'}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{office.url}/api/chat.postMessage", data=form) as answer,
    ):
        assert (await answer.json())["ok"]
    await refused(office.slack.chat_postMessage(channel="CNOWHERE", text="x"))

    first, second, third = office.workspace.calls
    assert first == {
        "method": "chat.postMessage",
        "args": {"channel": "CSEARCH", "text": "Digest", "blocks": SECTION},
        "ok": True,
        "error": None,
    }
    assert second["args"] == {"channel": "CSEARCH", "text": "Digest", "blocks": [{"type": "divider"}]}
    assert (third["ok"], third["error"]) == (False, "channel_not_found")
    assert "xoxb" not in str(office.workspace.calls) + str(office.workspace.traffic.entries())


async def test_slack_can_be_busy_broken_or_gone(office: Office) -> None:
    slack = AsyncWebClient(token="xoxb-sandbox", base_url=f"{office.url}/api/", retry_handlers=NO_RETRIES)
    office.workspace.fail_next("chat.postMessage", status=429, retry_after=12)
    office.workspace.fail_next("chat.postMessage", "internal_error")
    office.workspace.fail_next("chat.postMessage", "drop")

    with pytest.raises(SlackApiError) as busy:
        await slack.chat_postMessage(channel="CSEARCH", text="first")
    broken = await refused(slack.chat_postMessage(channel="CSEARCH", text="second"))
    with pytest.raises(aiohttp.ClientError):
        await slack.chat_postMessage(channel="CSEARCH", text="third")
    office.workspace.offline = True
    with pytest.raises(SlackApiError) as gone:
        await slack.chat_postMessage(channel="CSEARCH", text="fourth")

    assert (busy.value.response.status_code, busy.value.response.headers["Retry-After"]) == (429, "12")
    assert broken == "internal_error"
    assert gone.value.response.status_code == 503
    assert [message.text for message in await office.anna.messages("CSEARCH")] == ["third"]


async def test_a_lone_surrogate_cannot_break_the_workspace(office: Office) -> None:
    body = b'{"channel": "CSEARCH", "text": "half \\ud83d"}'
    headers = {"Authorization": "Bearer xoxb-sandbox", "Content-Type": "application/json"}
    url = f"{office.url}/api/chat.postMessage"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        assert (await answer.json())["ok"]

    await office.anna.sees("half ?", channel="CSEARCH")
