"""Uploads files to Slack: requests an address, sends the bytes, completes the upload, alone or into a channel."""

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient


class UploadFailed(Exception):
    """Slack did not take the bytes; a retry can help."""


async def upload(slack: AsyncWebClient, picture: bytes, *, name: str, alt: str) -> str:
    """Uploads a PNG, shared with no channel, and returns its file id, for a message's image block."""
    file_id = await _send(slack, picture, name=name, kind="image/png", alt_txt=alt[:1000])
    await slack.files_completeUploadExternal(files=[{"id": file_id, "title": name}])
    return file_id


async def share(slack: AsyncWebClient, contents: list[tuple[str, bytes]], *, channel: str) -> None:
    """Uploads files, each a name and its bytes, and shares them in a channel as one message."""
    files: list[dict[str, str | None]] = []
    for name, content in contents:
        files.append({"id": await _send(slack, content, name=name, kind="application/octet-stream"), "title": name})
    await slack.files_completeUploadExternal(files=files, channel_id=channel)


async def _send(slack: AsyncWebClient, content: bytes, *, name: str, kind: str, **facts: str) -> str:
    """Sends a file's bytes, and returns its id. Nobody sees it before the upload is completed."""
    place = await slack.files_getUploadURLExternal(filename=name, length=len(content), **facts)
    session = slack.session or aiohttp.ClientSession()
    try:
        async with session.post(str(place["upload_url"]), data=content, headers={"Content-Type": kind}) as answer:
            if answer.status != 200:
                raise UploadFailed(f"the upload was answered {answer.status}")
    finally:
        if slack.session is None:
            await session.close()
    return str(place["file_id"])
