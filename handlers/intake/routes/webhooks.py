"""The routes of senders that can't set a key, authorised by a signature, and the handshake."""

from fastapi import APIRouter, Request, Response

from bot.intake.webhooks import handshake
from bot.org.attribution import Source
from bot.sources.forges.merges import FORGES
from handlers.context import Context
from handlers.intake.routes.endpoint import Authenticator, Denied, IngestEndpoint, guarded, pace_of
from handlers.intake.routes.rooms import MEBIBYTE, Room
from handlers.intake.sources import USAGE_BODY, book_usage
from handlers.rulebooks import TooManyUnknownKeys

HOOKS = "/v1/usage/hooks/{name}"
MAX_WEBHOOK_BYTES = 4 * MEBIBYTE
ROOM_BYTES, ALL_ROOMS_BYTES = 16 * MEBIBYTE, 32 * MEBIBYTE
MAX_UNSIGNED_SECONDS = 10.0
"""Bodies are read before their signature can be checked: the limits fit a webhook, each source has a room of its own, and all
rooms together take none from senders with keys.
"""


async def find_webhook_source(request: Request, context: Context) -> tuple[Source, bytes]:
    """Returns the source of a webhook's address, and its key's hash; its signature is checked later.

    Raises Denied, with the same text for an unknown name and for a source that does not sign.
    """
    try:
        found = await context.rulebooks.signed_source(request.path_params["name"])
    except TooManyUnknownKeys as error:
        raise Denied(503, "Too many unknown sources are being tried. Send it again in a second.") from error
    if found is None or found[0].format in FORGES:
        raise Denied(
            401, "No source of this name signs what it sends: `tokens keys create` makes one with --signature."
        )
    return found


def webhook_routes(endpoint: IngestEndpoint) -> APIRouter:
    """Returns the routes `/v1/usage/hooks/{name}` and the handshake of both event routes."""
    routes = APIRouter()
    all_rooms = Room(ALL_ROOMS_BYTES, evicts=True)
    rooms: dict[str, Room] = {}

    def room_of(source: Source) -> Room:
        return rooms.setdefault(source.name, Room(ROOM_BYTES, evicts=True, within=all_rooms))

    authenticator = Authenticator(
        authenticate=find_webhook_source,
        cap=MAX_WEBHOOK_BYTES,
        room_of=room_of,
        pace=pace_of(endpoint.context.settings, most_seconds=MAX_UNSIGNED_SECONDS),
    )

    @routes.post(HOOKS, summary="Book a signed webhook", openapi_extra=USAGE_BODY)
    async def post_webhook(request: Request, name: str) -> Response:
        """What a source with `--signature` sends, without an ingest key: its signature says whose it is."""
        return await guarded(request, lambda request: book_usage(endpoint, request, authenticator))

    @routes.options("/v1/usage", include_in_schema=False)
    @routes.options(HOOKS, include_in_schema=False)
    async def options(request: Request) -> Response:
        """Answers the handshake. Any sender may send: every body is authenticated."""
        allowed = handshake(request.headers)
        if allowed is None:
            return Response(status_code=204, headers={"Allow": "OPTIONS, POST"})
        return Response(status_code=200, headers=allowed)

    return routes
