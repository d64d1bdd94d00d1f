"""Uploads a picture to Slack: requests an address, sends the bytes, completes the upload."""

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient


class UploadFailed(Exception):
    """Slack did not take the bytes; a retry can help."""


async def upload(slack: AsyncWebClient, picture: bytes, *, name: str, alt: str) -> str:
    """Uploads a PNG, shared with no channel, and returns its file id, for a message's image block."""
    place = await slack.files_getUploadURLExternal(filename=name, length=len(picture), alt_txt=alt[:1000])
    address = str(place["upload_url"])
    session = slack.session or aiohttp.ClientSession()
    try:
        async with session.post(address, data=picture, headers={"Content-Type": "image/png"}) as answer:
            if answer.status != 200:
                raise UploadFailed(f"the upload was answered {answer.status}")
    finally:
        if slack.session is None:
            await session.close()
    await slack.files_completeUploadExternal(files=[{"id": str(place["file_id"]), "title": name}])
    return str(place["file_id"])
