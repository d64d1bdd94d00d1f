"""Expiring rights: triggers, response URLs, view hashes; and files that are not processed yet."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.events.triggers import Triggers
from tests.sandbox.conftest import Office
from tests.sandbox.test_web_api import refused

Json = dict[str, Any]
VIEW: Json = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": []}
HOME: Json = {"type": "home", "blocks": [{"type": "divider"}]}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


async def triggered(office: Office) -> Json:
    await office.anna.runs("/tokens request", channel="CSEARCH")
    return office.bot.last("command")


async def test_a_trigger_opens_one_modal(office: Office) -> None:
    trigger = (await triggered(office))["trigger_id"]

    opened = await office.slack.views_open(trigger_id=trigger, view=VIEW)

    assert opened["view"]["root_view_id"] == opened["view"]["id"]
    assert await refused(office.slack.views_open(trigger_id=trigger, view=VIEW)) == "exchanged_trigger_id"
    assert await refused(office.slack.views_open(trigger_id="made up", view=VIEW)) == "invalid_trigger_id"


async def test_a_trigger_is_dead_after_three_seconds(office: Office) -> None:
    assert Triggers().lifetime_seconds == 3.0
    trigger = (await triggered(office))["trigger_id"]
    office.workspace.triggers.expire_all()

    assert await refused(office.slack.views_open(trigger_id=trigger, view=VIEW)) == "expired_trigger_id"


async def test_a_view_slack_would_not_show_is_refused_and_leaves_the_trigger(office: Office) -> None:
    trigger = (await triggered(office))["trigger_id"]
    wrong = {**VIEW, "title": {"type": "plain_text", "text": "x" * 25}}

    assert await refused(office.slack.views_open(trigger_id=trigger, view=wrong)) == "invalid_arguments"
    assert (await office.slack.views_open(trigger_id=trigger, view=VIEW))["ok"]


async def test_an_outdated_hash_is_a_conflict(office: Office) -> None:
    trigger = (await triggered(office))["trigger_id"]
    view = (await office.slack.views_open(trigger_id=trigger, view=VIEW))["view"]
    await office.slack.views_update(view_id=view["id"], view=VIEW, hash=view["hash"])
    home = (await office.slack.views_publish(user_id="UANNA", view=HOME))["view"]
    await office.slack.views_publish(user_id="UANNA", view=HOME)

    late = office.slack.views_update(view_id=view["id"], view=VIEW, hash=view["hash"])
    assert await refused(late) == "hash_conflict"
    assert await refused(office.slack.views_publish(user_id="UANNA", view=HOME, hash=home["hash"])) == "hash_conflict"
    assert await refused(office.slack.views_update(view_id="V0", view=VIEW)) == "not_found"


async def test_only_a_trigger_from_a_modal_pushes_another_up_to_three(office: Office) -> None:
    first = (await triggered(office))["trigger_id"]
    button = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}
    view = {**VIEW, "blocks": [{"type": "actions", "elements": [button]}]}
    assert await refused(office.slack.views_push(trigger_id=first, view=view)) == "invalid_trigger_id"
    await office.slack.views_open(trigger_id=(await triggered(office))["trigger_id"], view=view)
    outcomes = []
    for _ in range(3):
        shown = await office.anna.modal()
        assert shown is not None
        await office.anna.clicks("More", shown)
        trigger = office.bot.last("block_actions")["trigger_id"]
        try:
            await office.slack.views_push(trigger_id=trigger, view=view)
            outcomes.append("ok")
        except SlackApiError as no:
            outcomes.append(str(no.response["error"]))

    assert outcomes == ["ok", "ok", "push_limit_reached"]


async def test_a_response_url_answers_five_times_and_then_no_more(office: Office) -> None:
    url = (await triggered(office))["response_url"]
    statuses = []
    async with aiohttp.ClientSession() as session:
        for n in range(6):
            async with session.post(url, json={"text": f"answer {n}"}) as answer:
                statuses.append(answer.status)
        async with session.post(f"{office.url}/response/made-up", json={"text": "x"}) as answer:
            statuses.append(answer.status)

    assert statuses == [200] * 5 + [404, 404]
    await office.anna.sees("answer 4")
    await office.ben.does_not_see("answer")


async def test_a_response_url_is_dead_after_half_an_hour(office: Office) -> None:
    url = (await triggered(office))["response_url"]
    office.workspace.triggers.expire_all()

    async with aiohttp.ClientSession() as session, session.post(url, json={"text": "late"}) as answer:
        assert (await answer.json())["error"] == "expired_url"


async def test_a_response_url_can_speak_to_all_replace_and_delete(office: Office) -> None:
    button = {"type": "button", "action_id": "ok", "text": {"type": "plain_text", "text": "OK"}}
    card = [{"type": "actions", "elements": [button]}]
    await office.slack.chat_postEphemeral(channel="CSEARCH", user="UANNA", text="Share it?", blocks=card)
    asked = await office.anna.sees("Share it?")
    await office.anna.clicks("OK", asked)
    clicked = office.bot.last("block_actions")
    async with aiohttp.ClientSession() as session:
        for said in (
            {"text": "For everybody", "response_type": "in_channel"},
            {"text": "Replaced", "replace_original": True},
            {"text": "x", "blocks": [{"type": "sparkle"}]},
            {"delete_original": True},
        ):
            async with session.post(clicked["response_url"], json=said) as answer:
                assert answer.status == (400 if "blocks" in said else 200)
            if said.get("replace_original"):
                await office.anna.sees("Replaced")

    assert "message" not in clicked
    assert clicked["container"]["is_ephemeral"]
    await office.ben.sees("For everybody", channel="CSEARCH")
    await office.anna.does_not_see("Replaced")
    await office.anna.does_not_see("Share it?")


async def upload(office: Office, name: str = "chart.png", content: bytes = PNG) -> str:
    place = await office.slack.files_getUploadURLExternal(filename=name, length=len(content), alt_txt="Spend per day")
    async with aiohttp.ClientSession() as session, session.post(place["upload_url"], data=content) as answer:
        assert answer.status == 200
    done = await office.slack.files_completeUploadExternal(files=[{"id": place["file_id"], "title": "Spend"}])
    return str(done["files"][0]["id"])


async def test_a_file_is_shown_once_slack_has_looked_at_it(office: Office) -> None:
    assert office.workspace.files.processing_seconds == 0.3
    office.workspace.files.processing_seconds = 3600.0
    file_id = await upload(office)
    blocks = [{"type": "image", "alt_text": "Spend", "slack_file": {"id": file_id}}]

    with pytest.raises(SlackApiError) as early:
        await office.slack.chat_postMessage(channel="CSEARCH", text="Spend", blocks=blocks)
    office.workspace.files.find(file_id).ready_from = 0.0
    posted = await office.slack.chat_postMessage(channel="CSEARCH", text="Spend", blocks=blocks)
    async with aiohttp.ClientSession() as session, session.get(f"{office.url}/files/{file_id}") as picture:
        shown = (picture.status, picture.content_type, await picture.read())

    assert early.value.response["error"] == "invalid_blocks"
    assert "invalid slack file" in early.value.response["response_metadata"]["messages"][0]
    assert posted["ok"]
    assert shown == (200, "image/png", PNG)


async def test_slacks_own_upload_helper_works(office: Office) -> None:
    uploaded = await office.slack.files_upload_v2(content=PNG, filename="chart.png", title="Spend", channel="CSEARCH")

    assert uploaded["files"][0]["id"].startswith("F")
    shared = (await office.anna.messages("CSEARCH"))[-1]
    assert shared.raw["files"][0]["title"] == "Spend"


async def test_an_upload_of_another_length_or_without_bytes_is_refused(office: Office) -> None:
    place = await office.slack.files_getUploadURLExternal(filename="chart.png", length=5)
    async with aiohttp.ClientSession() as session, session.post(place["upload_url"], data=b"123456") as answer:
        status = answer.status

    complete = office.slack.files_completeUploadExternal(files=[{"id": place["file_id"], "title": "x"}])
    assert status == 400
    assert await refused(complete) == "file_not_found"
    assert await refused(office.slack.files_info(file="F404")) == "file_not_found"


async def test_an_uploaded_page_is_never_run_as_one(office: Office) -> None:
    file_id = await upload(office, "evil.html", b"<script>alert(1)</script>")

    async with aiohttp.ClientSession() as session, session.get(f"{office.url}/files/{file_id}") as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
