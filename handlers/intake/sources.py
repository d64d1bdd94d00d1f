"""The routes for usage in native events, in the formats that share their address, and from LiteLLM."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from bot.org.attribution import Source
from bot.sources import CLOUDEVENTS, NATIVE_ROUTE, SOURCES, read
from bot.sources.cloudevents.members import data_schema
from bot.sources.cloudevents.plain import plain_calls
from bot.sources.forges.merges import FORGES
from bot.sources.litellm.parser import parse_if_small
from bot.sources.modes import mode_of, structured
from bot.sources.pieces.arrays import PIECE_ROWS
from bot.sources.pieces.bodies import Piece, Pieces, json_pieces, line_pieces, wrapped_pieces
from bot.sources.plain_calls import PlainCalls
from bot.sources.rows import Unreadable, unreadable_body
from bot.sources.standardwebhooks import with_message_id
from bot.usage import Parsed
from handlers.intake.routes.endpoint import KEY, Authenticator, IngestEndpoint, guarded
from handlers.intake.routes.reading import BodyFormat
from handlers.intake.routes.rooms import BodyError

CLIENTS_EVENTS = "/v1/usage/api/v1/events"
"""The paths to which clients of Lago and OpenMeter send when `…/v1/usage` is their address."""


def usage_routes(endpoint: IngestEndpoint) -> APIRouter:
    """Returns the routes `/v1/usage`, also under the paths of Lago's and OpenMeter's clients, and `/v1/usage/litellm`."""
    routes = APIRouter()
    most_rows = endpoint.context.settings.most_waiting_rows

    def litellm_pieces(body: bytes, _source: Source) -> Pieces:
        try:
            yield from line_pieces(body, most_rows=most_rows)
        except Unreadable as error:
            yield Piece(body, str(error))

    def read_litellm(body: bytes, _source: Source) -> Parsed:
        try:
            return SOURCES["litellm"](body, now=endpoint.context.now())
        except Unreadable as error:
            return Parsed(rows=1, events=[], unusable=[unreadable_body(body, str(error))])

    def small_litellm(body: bytes) -> Parsed | None:
        return parse_if_small(body, now=endpoint.context.now(), most_rows=PIECE_ROWS)

    litellm = BodyFormat(pieces=litellm_pieces, read=read_litellm, small=small_litellm)

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

        async def answer(request: Request) -> Response:
            return JSONResponse((await endpoint.accept(request, litellm, read_as="litellm")).to_json())

        return await guarded(request, answer)

    return routes


async def book_usage(
    endpoint: IngestEndpoint, request: Request, authenticator: Authenticator | None = None
) -> Response:
    """Books a body by the format of its source. On the path of OpenMeter's client it answers as OpenMeter does."""
    mode = mode_of(request.headers)
    most_rows = endpoint.context.settings.most_waiting_rows
    read_as = ""

    def pieces(body: bytes, source: Source) -> Pieces:
        nonlocal read_as
        read_as = usage_format(source)
        if source.format in FORGES:
            raise BodyError(400, f"This source is of {source.format}, which sends to /v1/outcomes/{source.format}.")
        if mode == "unknown":
            raise BodyError(415, "This event format is not read here: send CloudEvents as JSON.")
        if mode == "binary" and read_as in CLOUDEVENTS:
            body = structured(request.headers.items(), body)
        if read_as == "standardwebhooks":
            body = with_message_id(body, request.headers.get("webhook-id", ""))
        return (wrapped_pieces if read_as == "lago" else json_pieces)(body, most_rows=most_rows)

    def parse(body: bytes, source: Source) -> Parsed:
        return read(body, read_as=usage_format(source), source=source, now=endpoint.context.now())

    def plain(body: bytes, source: Source) -> PlainCalls | None:
        nonlocal read_as
        read_as = usage_format(source)
        is_native = read_as == "cloudevents" and mode == "json"
        return plain_calls(body, now=endpoint.context.now()) if is_native else None

    native = BodyFormat(pieces=pieces, read=parse, plain=plain)
    answer = await endpoint.accept(request, native, read_as=usage_format, authenticator=authenticator)
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
    "data": {
        "provider": "anthropic",
        "model": "claude-opus-4-5",
        "uncached_input_tokens": 1200,
        "output_tokens": 900,
        "web_searches": 3,
        "service_tier": "standard",
        "inference_geo": "us",
    },
}
_EVENT: dict[str, Any] = {"type": "object", "properties": {"data": {"type": "object", "properties": data_schema()}}}
USAGE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {"schema": _EVENT, "example": _EXAMPLE},
            "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _EVENT}},
            "application/json": {"schema": {}, "example": [_EXAMPLE]},
        },
    },
}
_LIKE_USAGE: dict[str, Any] = {"openapi_extra": USAGE_BODY, "dependencies": [KEY]}
_LITELLM_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
}
