"""The routes for usage: check the key, read the body within bounds, book the rows, answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import ClientDisconnect

from bot.clock import wall_seconds
from bot.intake.webhooks import signature_fault
from bot.org.attribution import Source
from bot.sources import CLOUDEVENTS, NATIVE_ROUTE, SOURCES, read
from bot.sources.modes import mode_of, structured
from bot.sources.rows import Unreadable, unreadable_body
from bot.sources.standardwebhooks import with_message_id
from bot.usage import Parsed
from handlers.context import Context
from handlers.intake.routes.request_bodies import BodyError, InFlight, drain, read_body
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import Answer, NotDurable, TooBusy
from handlers.rulebooks import KeyRevoked, TooManyUnknownKeys
from storage.faults import database_fault, is_away
from storage.intake.keys import key_hash

log = structlog.get_logger()
KEY = Depends(
    HTTPBearer(scheme_name="ingest key", auto_error=False)
)  # for the description; `authenticate_key` checks the key
RETRY_SECONDS = 2
CLIENTS_EVENTS = "/v1/usage/api/v1/events"
"""The paths to which clients of Lago and OpenMeter send when `…/v1/usage` is their address."""


class Denied(Exception):
    """A request without a valid key or signature. The text gives the fault. `is_read` is True if the body was read
    already.
    """

    def __init__(self, status: int, sentence: str, *, is_read: bool = False) -> None:
        super().__init__(sentence)
        self.status = status
        self.is_read = is_read


def problem(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status, headers=headers_of(status))


def headers_of(status: int) -> dict[str, str]:
    """Returns the headers of a refusal: when to retry, or how to authenticate."""
    if status == 503:
        return {"Retry-After": str(RETRY_SECONDS)}
    return {"WWW-Authenticate": "Bearer"} if status == 401 else {}


async def authenticate_key(request: Request, context: Context) -> tuple[Source, bytes]:
    """Returns the source of the request's key, and the key's hash. Raises Denied."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Denied(401, "Send the ingest key as `Authorization: Bearer <key>`; `tokens keys create` makes one.")
    try:
        async with asyncio.timeout(context.settings.answer_seconds):
            source = await context.rulebooks.source_of(token.strip())
    except TooManyUnknownKeys as error:
        raise Denied(503, "Too many unknown keys are being tried. Send it again in a second.") from error
    if source is None:
        raise Denied(401, "This ingest key is not known, or was revoked.")
    return source, key_hash(token.strip())


def check_signature(source: Source, request: Request, body: bytes) -> None:
    """Raises Denied if a source that signs has not signed this body."""
    if source.signature:
        fault = signature_fault(
            request.headers, body, kind=source.signature, secret=source.secret, now_seconds=wall_seconds()
        )
        if fault:
            raise Denied(401, fault, is_read=True)


@dataclass(frozen=True, kw_only=True)
class Authenticator:
    """How a route authenticates, and its limits: `authenticate` returns the source and its key's hash, or raises
    Denied.
    """

    authenticate: Callable[[Request, Context], Awaitable[tuple[Source, bytes]]]
    cap: int
    in_flight: InFlight


class IngestEndpoint:
    """The common path of all usage routes; one per process. `in_flight` bounds the bytes of all bodies in memory."""

    def __init__(self, context: Context, intake: Intake, registry: CollectorRegistry) -> None:
        self.context = context
        self.in_flight = InFlight(context.settings.max_in_flight_bytes)
        self._by_key = Authenticator(
            authenticate=authenticate_key, cap=context.settings.max_body_bytes, in_flight=self.in_flight
        )
        self._intake = intake
        self._rows = Counter("tokens_usage_rows", "Rows of usage by what became of them.", ["fate"], registry=registry)

    async def accept(
        self,
        request: Request,
        read: Callable[[bytes, Source], Parsed],
        *,
        read_as: str | Callable[[Source], str],
        authenticator: Authenticator | None = None,
    ) -> tuple[Parsed, Answer]:
        """Reads, parses and books a request's body.

        `read` parses the bytes to rows; `read_as` is the format in which quarantined rows can be read again, or returns
        it for a source. A source that signs must have signed the body, with any `authenticator` (the default is that of
        keys).

        Raises Denied, BodyError, Unreadable, KeyRevoked, NotDurable and TooBusy, which `fault_of` turns into answers.
        """
        chosen = authenticator or self._by_key
        source, key = await chosen.authenticate(request, self.context)
        if source.signature and request.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
            raise Denied(415, "A signed body must come as it was signed: without a Content-Encoding.")
        body = await read_body(request, cap=chosen.cap, in_flight=chosen.in_flight)
        try:
            check_signature(source, request, body)
            parsed = read(body, source)
            named = read_as if isinstance(read_as, str) else read_as(source)
            answer = await self._intake.book(parsed, source=source, key=key, read_as=named)
        finally:
            chosen.in_flight.give_back(len(body))
        for fate in ("accepted", "duplicates", "conflicts", "quarantined"):
            self._rows.labels(fate).inc(getattr(answer, fate))
        self._rows.labels("ignored").inc(parsed.ignored)
        return parsed, answer


async def guarded(
    request: Request,
    answer: Callable[[Request], Awaitable[Response]],
    refuse: Callable[[int, str], Response] = problem,
) -> Response:
    """Answers a request; turns known faults into one sentence with the right status instead of a 500."""
    try:
        return await answer(request)
    except ClientDisconnect:
        log.info("the sender hung up", path=request.url.path)
        return Response(status_code=400)  # nobody reads it
    except Exception as error:  # noqa: BLE001  # senders drop data on a 500 and come again on a 503
        if isinstance(error, Denied) and not error.is_read:
            await drain(request.stream())
        return refuse(*fault_of(error, request.url.path))


def fault_of(error: Exception, path: str) -> tuple[int, str]:
    """Returns the status and the sentence that answer a fault."""
    if isinstance(error, BodyError | Denied | Unreadable):
        return getattr(error, "status", 400), str(error)
    if isinstance(error, KeyRevoked):
        return 401, "This ingest key was revoked."
    if isinstance(error, TooBusy):
        return 503, "More usage waits to be stored than may. Send it again in a second."
    if isinstance(error, NotDurable):
        return 503, "It could not be stored now. Send it again; what was stored is not stored twice."
    if is_away(error):
        log.warning("the database is away", path=path, error=database_fault(error) or repr(error))
        return 503, "The database does not answer now. Send it again; nothing is stored twice."
    log.error("request failed", path=path, error=repr(error), exc_info=error)
    return 503, "Something went wrong here. Send it again; nothing is stored twice."


def usage_routes(endpoint: IngestEndpoint) -> APIRouter:
    """Returns the routes `/v1/usage`, also under the paths of Lago's and OpenMeter's clients, and `/v1/usage/litellm`."""
    routes = APIRouter()

    @routes.post("/v1/usage", summary="Book usage events", openapi_extra=USAGE_BODY, dependencies=[KEY])
    async def post_usage(request: Request) -> Response:
        """Usage events in the format of the key's source: CloudEvents structured, binary, in a batch or as plain JSON, or
        events of Lago, OpenMeter, Helicone and Standard Webhooks."""
        return await guarded(request, lambda request: book_usage(endpoint, request))

    @routes.post(CLIENTS_EVENTS, summary="Book events of Lago's and OpenMeter's clients", **_LIKE_USAGE)
    @routes.post(f"{CLIENTS_EVENTS}/batch", summary="Book a batch of Lago's client", **_LIKE_USAGE)
    async def post_events(request: Request) -> Response:
        """`/v1/usage` for clients that put their own path behind the address they are given."""
        return await guarded(request, lambda request: book_usage(endpoint, request))

    @routes.post("/v1/usage/litellm", summary="Book LiteLLM's calls", openapi_extra=_LITELLM_BODY, dependencies=[KEY])
    async def post_litellm(request: Request) -> Response:
        """LiteLLM's `generic_api` callback: an array, lines, or one call. It never sends anything again, so what can't be
        read at all is quarantined and answered 200."""

        def read(body: bytes, _source: Source) -> Parsed:
            try:
                return SOURCES["litellm"](body, now=endpoint.context.now())
            except Unreadable as error:
                return Parsed(rows=1, events=[], unusable=[unreadable_body(body, str(error))])

        async def answer(request: Request) -> Response:
            return JSONResponse((await endpoint.accept(request, read, read_as="litellm"))[1].to_json())

        return await guarded(request, answer)

    return routes


async def book_usage(
    endpoint: IngestEndpoint, request: Request, authenticator: Authenticator | None = None
) -> Response:
    """Books a body by the format of its source. On the path of OpenMeter's client it answers as OpenMeter does."""
    mode = mode_of(request.headers)
    read_as = ""

    def parse(body: bytes, source: Source) -> Parsed:
        nonlocal read_as
        read_as = usage_format(source)
        if mode == "unknown":
            raise BodyError(415, "This event format is not read here: send CloudEvents as JSON.")
        if mode == "binary" and read_as in CLOUDEVENTS:
            body = structured(request.headers.items(), body)
        if read_as == "standardwebhooks":
            body = with_message_id(body, request.headers.get("webhook-id", ""))
        return read(body, read_as=read_as, source=source, now=endpoint.context.now())

    _, answer = await endpoint.accept(request, parse, read_as=usage_format, authenticator=authenticator)
    if read_as == "openmeter" and request.url.path == CLIENTS_EVENTS:
        return Response(status_code=204)
    return JSONResponse(answer.to_json())


def usage_format(source: Source) -> str:
    """Returns the format of a source at `/v1/usage`: its own if it belongs there, else native events."""
    return source.format if source.format in NATIVE_ROUTE else "cloudevents"


_EXAMPLE = {
    "specversion": "1.0",
    "type": "ai.usage",
    "source": "/gateway/eu",
    "id": "req-7",
    "time": "2026-11-23T10:00:00Z",
    "data": {"provider": "anthropic", "model": "claude-opus-4-5", "uncached_input_tokens": 1200, "output_tokens": 900},
}
USAGE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {"schema": {"type": "object"}, "example": _EXAMPLE},
            "application/cloudevents-batch+json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "application/json": {"schema": {}, "example": [_EXAMPLE]},
        },
    },
}
_LIKE_USAGE: dict[str, Any] = {"openapi_extra": USAGE_BODY, "dependencies": [KEY]}
_LITELLM_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
}
