"""The routes of GitHub's and GitLab's webhooks, authorised by their signatures: each merge counts once."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from bot.org.attribution import Source
from bot.sources import SOURCES
from bot.sources.forges.merges import FORGES
from bot.sources.pieces.bodies import Piece, Pieces
from bot.sources.rows import Unreadable
from bot.usage import Parsed
from handlers.context import Context
from handlers.intake.routes.endpoint import (
    Authenticator,
    Denied,
    IngestEndpoint,
    Sender,
    check_signature,
    guarded,
    pace_of,
)
from handlers.intake.routes.reading import BodyFormat
from handlers.intake.routes.rooms import MEBIBYTE, Room
from handlers.intake.routes.webhooks import MAX_UNSIGNED_SECONDS, MAX_WEBHOOK_BYTES
from handlers.rulebooks import TooManyUnknownKeys

MOST_SOURCES = 20
"""Sources whose secret is tried for a body at an address that names none."""
ROOM_BYTES = 16 * MEBIBYTE
_FORM = "application/x-www-form-urlencoded"
_EVENT = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


def forge_routes(endpoint: IngestEndpoint) -> APIRouter:
    """Returns the routes `/v1/outcomes/github` and `/v1/outcomes/gitlab`, and the same with a source's name."""
    routes = APIRouter()
    rooms = {forge: Room(ROOM_BYTES, evicts=True) for forge in FORGES}
    pace = pace_of(endpoint.context.settings, most_seconds=MAX_UNSIGNED_SECONDS)

    def read(body: bytes, source: Source) -> Parsed:
        return SOURCES[source.format](body, now=endpoint.context.now())

    async def book(request: Request, forge: str) -> Response:
        authenticator = Authenticator(
            authenticate=find_sources,
            cap=MAX_WEBHOOK_BYTES,
            room_of=lambda source: rooms[source.format],
            pace=pace,
            signed_by=signer,
        )
        is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM

        def pieces(body: bytes, _source: Source) -> Pieces:
            yield Piece(payload_of(body) if is_form else body)

        answer = await endpoint.accept(
            request, BodyFormat(pieces=pieces, read=read), read_as=forge, authenticator=authenticator
        )
        return JSONResponse(answer.to_json())

    async def find_sources(request: Request, context: Context) -> Sender:
        """Returns the first source that the address may mean; the signature decides among all of them later."""
        forge, name = request.state.forge, request.path_params.get("name")
        try:
            found = await context.rulebooks.signed_of_format(forge, name)
        except TooManyUnknownKeys as error:
            raise Denied(503, "Too many unknown sources are being tried. Send it again in a second.") from error
        if not found:
            raise Denied(401, f"No such source of {forge}: `tokens keys create NAME --source {forge}` makes one.")
        request.state.senders = found[:MOST_SOURCES]
        return found[0]

    def route(forge: str) -> None:
        async def post_outcome(request: Request) -> Response:
            request.state.forge = forge
            return await guarded(request, lambda request: book(request, forge))

        summary = f"Count merges of {'GitHub' if forge == 'github' else 'GitLab'}"
        path = f"/v1/outcomes/{forge}"
        routes.add_api_route(path, post_outcome, methods=["POST"], summary=summary, openapi_extra=_EVENT)
        routes.add_api_route(f"{path}/{{name}}", post_outcome, methods=["POST"], include_in_schema=False)

    for forge in FORGES:
        route(forge)
    return routes


def signer(request: Request, body: bytes, _first: Sender) -> Sender:
    """Returns the sender that signed a body. Raises Denied with the fault of the first one."""
    faults = []
    for sender in request.state.senders:
        try:
            return check_signature(request, body, sender)
        except Denied as fault:
            faults.append(fault)
    raise faults[0]


def payload_of(body: bytes) -> bytes:
    """Returns the event in a form, as GitHub sends it with that content type. Raises Unreadable."""
    try:
        found = parse_qs(body.decode("utf-8", "surrogateescape"), max_num_fields=10)["payload"]
    except (KeyError, ValueError) as error:
        raise Unreadable("The form has no payload.") from error
    return found[0].encode("utf-8", "surrogateescape")
