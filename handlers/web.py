"""The HTTP routes: usage in, allowance out, Slack's requests, and the machine's health."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp

from bot.attribution import Source
from bot.clock import wall_seconds
from bot.sources import SOURCES
from bot.sources.rows import Unreadable
from handlers.bodies import BodyError, InFlight, drain, read_body
from handlers.context import Context, TooManyUnknownKeys
from handlers.gateway import NotFound, NotYours, allowance
from handlers.signatures import shape_fault, signature_fault
from handlers.usage import Intake, KeyRevoked, NotDurable
from storage.keys import key_hash

log = structlog.get_logger()
_KEY = Depends(HTTPBearer(scheme_name="ingest key", auto_error=False))  # for the description; `sender` checks the key
MAX_SLACK_BYTES = 4 * 1024 * 1024
RETRY_SECONDS = 2


class Denied(Exception):
    """A request without a key that fits. The text says what is wrong."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def problem(status: int, sentence: str) -> JSONResponse:
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else None
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return JSONResponse({"error": sentence}, status_code=status, headers=headers)


async def sender(request: Request, context: Context) -> tuple[Source, bytes]:
    """The source whose key the request carries, and the key's hash. Raises Denied."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Denied(401, "Send the ingest key as `Authorization: Bearer <key>`; `tokens keys create` makes one.")
    try:
        source = await context.rulebooks.source_of(token.strip())
    except TooManyUnknownKeys as error:
        raise Denied(503, "Too many unknown keys are being tried. Send it again in a second.") from error
    if source is None:
        raise Denied(401, "This ingest key is not known, or was revoked.")
    return source, key_hash(token.strip())


def create_web(context: Context, *, intake: Intake, bolt: AsyncApp | None) -> FastAPI:
    """The web application. Without Slack's credentials `/slack/events` answers 401 and all else works."""
    web = FastAPI(title="Tokens", description="AI usage in, budgets and allowances out.", version="0.1.0")
    registry = CollectorRegistry()
    rows = Counter("tokens_usage_rows", "Rows of usage by what became of them.", ["fate"], registry=registry)
    in_flight = InFlight(context.settings.max_in_flight_bytes)
    routes = APIRouter()

    async def take_usage(request: Request) -> Response:
        """Usage events: CloudEvents structured, in a batch, or as plain JSON."""
        source, key = await sender(request, context)
        body = await read_body(request, cap=context.settings.max_body_bytes, in_flight=in_flight)
        try:
            parsed = SOURCES["cloudevents"](body, now=context.now())
            answer = await intake.book(parsed, source=source, key=key)
        finally:
            in_flight.give_back(len(body))
        for fate in ("accepted", "duplicates", "conflicts", "quarantined"):
            rows.labels(fate).inc(getattr(answer, fate))
        return JSONResponse(answer.to_json())

    @routes.post("/v1/usage", summary="Book usage events", openapi_extra=_USAGE_BODY, dependencies=[_KEY])
    async def post_usage(request: Request) -> Response:
        return await _guarded(request, take_usage)

    @routes.get("/v1/teams/{slug}/allowance", summary="May this team's next call go through?", dependencies=[_KEY])
    async def get_allowance(
        request: Request, slug: str, workflow: str = "", tool: str = "", model: str = ""
    ) -> Response:
        async def answer(request: Request) -> Response:
            source, _ = await sender(request, context)
            try:
                found = await allowance(context, slug=slug, source=source)
            except NotYours:
                return problem(403, "This key is bound to another team, and reads only its own allowance.")
            except NotFound:
                return problem(404, "There is no team with this slug.")
            return JSONResponse(found.to_json())

        return await _guarded(request, answer)

    @routes.post("/slack/events", include_in_schema=False)
    async def post_slack(request: Request) -> Response:
        return await _guarded(request, slack_request)

    async def slack_request(request: Request) -> Response:
        body = await read_body(request, cap=MAX_SLACK_BYTES, in_flight=in_flight)
        try:
            secret = context.settings.slack_signing_secret
            fault = signature_fault(request.headers, body, secret=secret, now_seconds=wall_seconds())
            if fault:
                return problem(401, fault)
            if wrong := shape_fault(request.headers, body):
                return problem(400, wrong)
            if bolt is None:
                return problem(401, "Slack's credentials are not set: see `tokens doctor`.")
            request._body = body  # the adapter reads the body again; it is read, checked and bounded already
            return await AsyncSlackRequestHandler(bolt).handle(request)
        finally:
            in_flight.give_back(len(body))

    @routes.get("/healthz", summary="Is the process alive?", response_class=PlainTextResponse)
    async def healthz() -> str:
        return "ok\n"

    @routes.get("/readyz", summary="Can it book usage?", response_class=PlainTextResponse)
    async def readyz() -> Response:
        try:
            await context.store.ping()
        except Exception as error:  # noqa: BLE001  # whatever the database's fault is, the answer is the same
            log.warning("not ready", error=repr(error))
            return PlainTextResponse("the database does not answer\n", status_code=503)
        return PlainTextResponse("ok\n")

    @routes.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    web.include_router(routes)
    return web


async def _guarded(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Answers, or says what is wrong in one sentence and by the right status. Nothing ends in a 500 that can be said."""
    try:
        return await answer(request)
    except Denied as error:
        await drain(request.stream())
        return problem(error.status, str(error))
    except Exception as error:  # noqa: BLE001  # senders drop data on a 500 and come again on a 503
        return _fault(request, error)


def _fault(request: Request, error: Exception) -> Response:
    if isinstance(error, BodyError):
        return problem(error.status, str(error))
    if isinstance(error, Unreadable):
        return problem(400, str(error))
    if isinstance(error, KeyRevoked):
        return problem(401, "This ingest key was revoked.")
    if isinstance(error, NotDurable):
        return problem(503, "It could not be stored now. Send it again; what was stored is not stored twice.")
    log.error("request failed", path=request.url.path, error=repr(error), exc_info=error)
    return problem(503, "Something went wrong here. Send it again; nothing is stored twice.")


_EXAMPLE = {
    "specversion": "1.0",
    "type": "ai.usage",
    "source": "/gateway/eu",
    "id": "req-7",
    "time": "2026-11-23T10:00:00Z",
    "data": {"provider": "anthropic", "model": "claude-opus-4-5", "uncached_input_tokens": 1200, "output_tokens": 900},
}
_USAGE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {"schema": {"type": "object"}, "example": _EXAMPLE},
            "application/cloudevents-batch+json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "application/json": {"schema": {}, "example": [_EXAMPLE]},
        },
    },
}
