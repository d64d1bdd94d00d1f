"""A small app behind the sandbox: it checks signatures with Slack's SDK, records requests, and gives set answers."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Json = dict[str, Any]
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "xoxb-sandbox"


class EchoBot:
    """`heard` holds every request; `answers` maps a kind (command, block_actions, …) to its answer."""

    def __init__(self) -> None:
        self.received: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.unsigned = 0
        self.answers: dict[str, Json | str | int | Callable[[Json], Any]] = {}
        self.app = FastAPI()
        self.app.router.routes.append(Route("/slack/events", self.receive, methods=["POST"]))
        self.app.router.routes.append(Route("/allowance", self.allowance))

    def last(self, kind: str) -> Json:
        """Returns the newest request of a kind."""
        return next(one for one in reversed(self.received) if kind_of(one) == kind)

    async def receive(self, request: Request) -> Response:
        """Receives Slack's requests."""
        body = await request.body()
        if not SignatureVerifier(SECRET).is_valid_request(body, dict(request.headers)):
            self.unsigned += 1
            return PlainTextResponse("bad signature", status_code=401)
        if request.headers["content-type"].startswith("application/json"):
            payload = json.loads(body)
        else:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
            payload = json.loads(fields["payload"]) if "payload" in fields else fields
        self.received.append(payload)
        self.headers.append(dict(request.headers))
        answer = self.answers.get(kind_of(payload), "")
        if callable(answer):
            answer = await answer(payload)
        if isinstance(answer, int):
            return PlainTextResponse("", status_code=answer)
        return PlainTextResponse(answer) if isinstance(answer, str) else JSONResponse(answer)

    async def allowance(self, request: Request) -> Response:
        """Answers a gateway's allowance query."""
        return JSONResponse(self.answers.get("allowance", {}))


def kind_of(payload: Json) -> str:
    """command, an event's type or an interaction's."""
    if "command" in payload:
        return "command"
    return str(payload["event"]["type"] if payload.get("type") == "event_callback" else payload["type"])
