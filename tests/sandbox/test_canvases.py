"""Canvases in the sandbox: made in a channel's tab, edited, shared, deleted, and refused as Slack does."""

import pytest

from tests.sandbox.conftest import Office
from tests.sandbox.test_web_api import refused

TEXT = {"type": "markdown", "markdown": "**$12** spent"}


async def test_a_canvas_stands_in_its_channels_tab(office: Office) -> None:
    made = await office.slack.canvases_create(title="AI spend of Search", channel_id="CSEARCH", document_content=TEXT)
    await office.slack.canvases_edit(
        canvas_id=made["canvas_id"], changes=[{"operation": "replace", "document_content": {**TEXT, "markdown": "$13"}}]
    )
    await office.slack.canvases_edit(
        canvas_id=made["canvas_id"], changes=[{"operation": "rename", "title_content": {**TEXT, "markdown": "Spend"}}]
    )
    await office.slack.canvases_access_set(canvas_id=made["canvas_id"], access_level="read", channel_ids=["CSEARCH"])
    channel = (await office.slack.conversations_info(channel="CSEARCH"))["channel"]

    (tab,) = channel["properties"]["tabs"]
    assert (tab["type"], tab["label"], tab["data"]["file_id"]) == ("canvas", "Spend", made["canvas_id"])
    (seen,) = office.workspace.room_lists("UANNA")["channels"][0]["canvases"]
    assert (seen["title"], seen["markdown"], seen["access"]) == ("Spend", "$13", "read")

    await office.slack.canvases_delete(canvas_id=made["canvas_id"])
    assert await refused(office.slack.canvases_delete(canvas_id=made["canvas_id"])) == "canvas_not_found"


@pytest.mark.parametrize("channel", ["CGENERAL", "GFINANCE", "CNOWHERE"])
async def test_the_app_makes_none_where_it_is_not(office: Office, channel: str) -> None:
    assert await refused(office.slack.canvases_create(title="x", channel_id=channel)) == "channel_not_found"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ([{"operation": "replace", "document_content": TEXT}] * 2, "invalid_arguments"),
        ([{"operation": "replace", "document_content": "text"}], "invalid_arguments"),
        ([{"operation": "insert_at_end", "document_content": TEXT}], "canvas_editing_failed"),
    ],
)
async def test_a_wrong_change_is_refused(office: Office, changes: list[dict[str, object]], error: str) -> None:
    made = await office.slack.canvases_create(title="x", channel_id="CSEARCH")

    assert await refused(office.slack.canvases_edit(canvas_id=made["canvas_id"], changes=changes)) == error
