"""Response URLs: an app's answers to a command or click."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.sandbox.errors import SlackError
from bot.sandbox.events.commands import say
from bot.sandbox.methods.chat import rewrite
from bot.sandbox.methods.web_api import decoded
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]
_DEAD = ("invalid_url", "expired_url", "used_url")


async def answer_response(workspace: Workspace, request: Request) -> Response:
    """Accepts one answer: 200 `ok`, 404 for an expired URL, 400 for an invalid message."""
    began = time.perf_counter()
    payload: Any = None
    error: str | None = None
    status = 200
    answer: Json = {"ok": True}
    try:
        if workspace.offline:
            raise SlackError("service_unavailable")
        payload = decoded(await request.body(), "invalid_payload")
        if planned := workspace.failures.get("response_url"):
            raise SlackError(str(planned.popleft()["error"]))
        _take(workspace, request.path_params["response_id"], payload)
    except SlackError as no:
        error, answer = no.name, no.as_answer()
        status = 404 if error in _DEAD else 503 if error == "service_unavailable" else 400
    workspace.traffic.note(
        at=workspace.now(),
        direction="to_slack",
        method="POST",
        path="/response/…",
        title="response_url",
        status=status,
        seconds=time.perf_counter() - began,
        error=error,
        request=payload,
        response=answer,
    )
    return PlainTextResponse("ok") if error is None else JSONResponse(answer, status_code=status)


def _take(workspace: Workspace, response_id: str, payload: Any) -> None:
    if not isinstance(payload, dict):
        raise SlackError("invalid_payload")
    right = workspace.triggers.use_response(response_id)
    room = workspace.rooms[right.channel]
    original = room.find(right.message_ts) if right.message_ts else None
    if payload.get("delete_original") and original is not None:
        workspace.remove(original)
    elif payload.get("replace_original") and original is not None:
        rewrite(workspace, original, payload)
    elif not payload.get("delete_original"):
        say(workspace, room, right.user, payload)
