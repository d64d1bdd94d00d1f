"""Slack's Web API at /api/<method>: parses arguments, checks the token, answers, and records every call."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bot.sandbox.errors import SlackError
from bot.sandbox.methods import canvases, chat, conversations, people, uploads, views
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]
Method = Callable[[Workspace, Json], Json]
_APP_METHOD = "apps.connections.open"
_OBJECTS = (
    "blocks",
    "view",
    "metadata",
    "attachments",
    "files",
    "message",
    "document_content",
    "changes",
)

# Each method with its required arguments.
METHODS: Mapping[str, tuple[Method, tuple[str, ...]]] = {
    "api.test": (lambda workspace, args: {"args": args}, ()),
    "apps.connections.open": (lambda workspace, args: {"url": workspace.sockets.new_url()}, ()),
    "auth.test": (people.auth_test, ()),
    "blocks.validate": (chat.validate_blocks, ()),
    "canvases.access.set": (canvases.set_access, ("canvas_id", "access_level")),
    "canvases.create": (canvases.create_canvas, ()),
    "canvases.delete": (canvases.delete_canvas, ("canvas_id",)),
    "canvases.edit": (canvases.edit_canvas, ("canvas_id", "changes")),
    "chat.delete": (chat.delete, ("channel", "ts")),
    "chat.getPermalink": (chat.get_permalink, ("channel", "message_ts")),
    "chat.postEphemeral": (chat.post_ephemeral, ("channel", "user")),
    "chat.postMessage": (chat.post_message, ("channel",)),
    "chat.update": (chat.update, ("channel", "ts")),
    "conversations.info": (conversations.conversations_info, ("channel",)),
    "conversations.join": (conversations.conversations_join, ("channel",)),
    "conversations.list": (conversations.conversations_list, ()),
    "conversations.members": (conversations.conversations_members, ("channel",)),
    "conversations.open": (conversations.conversations_open, ()),
    "files.completeUploadExternal": (uploads.complete_upload, ("files",)),
    "files.getUploadURLExternal": (uploads.get_upload_url, ("filename", "length")),
    "files.info": (uploads.files_info, ("file",)),
    "team.info": (people.team_info, ()),
    "usergroups.list": (people.usergroups_list, ()),
    "usergroups.users.list": (people.usergroups_users, ("usergroup",)),
    "users.conversations": (conversations.users_conversations, ()),
    "users.info": (people.users_info, ("user",)),
    "users.list": (people.users_list, ()),
    "users.lookupByEmail": (people.users_lookup, ("email",)),
    "views.open": (views.open_view, ("trigger_id", "view")),
    "views.publish": (views.publish_view, ("user_id", "view")),
    "views.push": (views.push_view, ("trigger_id", "view")),
    "views.update": (views.update_view, ("view",)),
}


class Dropped(Response):
    """A connection that breaks after the call took effect and before its answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def answer_call(workspace: Workspace, request: Request) -> Response:
    """Answers one call as Slack does: 200 with `ok` true or false; other statuses only for transport errors."""
    began = time.perf_counter()
    method = request.path_params["method"]
    body = await request.body()
    raw_arguments: Json = {}
    status = 200
    headers: dict[str, str] = {}
    answer: Json = {}
    if method in workspace.held:
        await workspace.held[method].wait()
    try:
        raw_arguments = arguments(request, body)
        status, headers, answer = _answer(workspace, method, request, raw_arguments)
    except SlackError as no:
        answer = no.as_answer()
    args = {key: value for key, value in raw_arguments.items() if key != "token"}
    error = None if answer.get("ok") else str(answer.get("error") or status)
    workspace.calls.append({"method": method, "args": args, "ok": error is None, "error": error})
    workspace.traffic.note(
        at=workspace.now(),
        direction="to_slack",
        method=request.method,
        path=request.url.path,
        title=method,
        status=status,
        seconds=time.perf_counter() - began,
        error=error,
        is_retried=error == "invalid_blocks" and workspace.files.is_too_early(args.get("blocks")),
        request=args,
        response=answer,
    )
    if headers.get("x-drop"):
        return Dropped()
    if status != 200:
        return PlainTextResponse(error or "", status_code=status, headers=headers)
    return JSONResponse(answer, headers=headers)


def _answer(workspace: Workspace, method: str, request: Request, args: Json) -> tuple[int, dict[str, str], Json]:
    if workspace.offline:
        return 503, {}, {"ok": False, "error": "service_unavailable"}
    planned = workspace.failures.get(method)
    failure = planned.popleft() if planned else None
    dropped = bool(failure and failure["error"] == "drop")
    if failure and not dropped:
        headers = {"Retry-After": str(failure["retry_after"])} if failure["retry_after"] else {}
        error = failure["error"] or ("ratelimited" if failure["status"] == 429 else "internal_error")
        return failure["status"], headers, {"ok": False, "error": error}
    if method not in METHODS:
        raise SlackError("unknown_method")
    run, required = METHODS[method]
    if method != "api.test":
        _check_token(workspace, request, args, method)
    missing = [name for name in required if args.get(name) in (None, "")]
    if missing:
        raise SlackError("invalid_arguments", [f"missing required field: {name}" for name in missing])
    answer = {"ok": True, **run(workspace, args)}
    return 200, {"x-drop": "1"} if dropped else {}, answer


def _check_token(workspace: Workspace, request: Request, args: Json, method: str) -> None:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else str(args.get("token") or "")
    if not token:
        raise SlackError("not_authed")
    settings = workspace.settings
    wanted = settings.app_token if method == _APP_METHOD else settings.bot_token
    if not wanted or token != wanted:
        kinds = {settings.bot_token, settings.app_token} - {""}
        raise SlackError("not_allowed_token_type" if token in kinds else "invalid_auth")


def arguments(request: Request, body: bytes) -> Json:
    """Returns a call's arguments from the address, a form or JSON; nested ones are always objects."""
    args: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json" and body:
        sent = decoded(body, "invalid_json")
        if not isinstance(sent, dict):
            raise SlackError("json_not_object")
        args |= {key: value for key, value in sent.items() if value is not None}
    elif kind in ("application/x-www-form-urlencoded", ""):
        args |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    for key in _OBJECTS:
        if isinstance(args.get(key), str):
            args[key] = decoded(args[key].encode(), "invalid_blocks_format" if key == "blocks" else "invalid_arguments")
    return args


def decoded(body: bytes, error: str) -> Any:
    """Decodes JSON and rejects lone surrogates, which cannot be encoded again. Raises SlackError `error`."""
    try:
        value = json.loads(body)
        if b"\\ud" in body.lower():
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as wrong:
        raise SlackError(error) from wrong
    return value
