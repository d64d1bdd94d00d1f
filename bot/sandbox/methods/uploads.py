"""The files.* methods of an upload, and the routes for its bytes."""

from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.sandbox.errors import SlackError
from bot.sandbox.messages import Message
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]


def get_upload_url(workspace: Workspace, args: Json) -> Json:
    """Answers files.getUploadURLExternal."""
    try:
        length = int(args["length"])
    except (TypeError, ValueError) as wrong:
        raise SlackError("invalid_arguments", ["length must be an integer"]) from wrong
    file = workspace.files.announce(
        name=str(args["filename"]),
        length=length,
        alt_txt=str(args.get("alt_txt") or ""),
        user=workspace.settings.bot_user_id,
        now=workspace.now(),
    )
    return {"file_id": file.id, "upload_url": f"{workspace.base_url}/upload/{file.id}"}


def complete_upload(workspace: Workspace, args: Json) -> Json:
    """Answers files.completeUploadExternal. With a channel, a message shares the files there."""
    uploads = args["files"]
    if (
        not isinstance(uploads, list)
        or not uploads
        or not all(isinstance(one, dict) and one.get("id") for one in uploads)
    ):
        raise SlackError("invalid_arguments", ["files must be a list of {id, title}"])
    room = workspace.room(args["channel_id"]) if args.get("channel_id") else None
    files = [workspace.files.complete(one["id"], str(one.get("title") or "")) for one in uploads]
    if room is not None:
        if not room.is_im and not room.bot_is_member:
            raise SlackError("not_in_channel")
        workspace.put(
            Message(
                channel=room.id,
                ts=workspace.new_ts(),
                user=workspace.settings.bot_user_id,
                username=workspace.settings.app_name,
                is_bot=True,
                text=str(args.get("initial_comment") or ""),
                thread_ts=args.get("thread_ts") or None,
                files=[file.as_page() for file in files],
            )
        )
    return {"files": [file.as_slack(workspace.base_url) for file in files]}


def files_info(workspace: Workspace, args: Json) -> Json:
    """Answers files.info."""
    return {"file": workspace.files.find(args["file"]).as_slack(workspace.base_url)}


async def receive(workspace: Workspace, request: Request) -> Response:
    """Receives a file's bytes, bare or as the first part of a form. Answers 400 if their number differs from the
    announced one.
    """
    if workspace.offline:
        return PlainTextResponse("service_unavailable", status_code=503)
    try:
        file = workspace.files.find(request.path_params["file_id"])
    except SlackError:
        return PlainTextResponse("no such upload", status_code=404)
    if request.headers.get("content-type", "").startswith("multipart/"):
        form = await request.form()
        uploads = [part for part in form.values() if isinstance(part, UploadFile)]
        content = await uploads[0].read() if uploads else b""
    else:
        content = await request.body()
    if len(content) != file.length:
        return PlainTextResponse(f"{len(content)} bytes came, {file.length} were announced", status_code=400)
    file.content = content
    return PlainTextResponse(f"OK - {len(content)}")


async def give(workspace: Workspace, request: Request) -> Response:
    """Returns a file's bytes for the page."""
    try:
        file = workspace.files.find(request.path_params["file_id"])
    except SlackError:
        return PlainTextResponse("no such file", status_code=404)
    # The page has the same origin, so these bytes are only ever shown as images.
    kind = file.mimetype if file.mimetype in ("image/png", "image/jpeg", "image/gif") else "application/octet-stream"
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    return Response(file.content, media_type=kind, headers=headers)
