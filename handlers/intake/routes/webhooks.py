"""The routes of senders that can't set a key, authorised by a signature, and the handshake."""

from fastapi import APIRouter, Request, Response

from bot.intake.webhooks import handshake
from bot.org.attribution import Source
from handlers.context import Context
from handlers.intake.routes.request_bodies import InFlight
from handlers.intake.sources import USAGE_BODY, Authenticator, Denied, IngestEndpoint, book_usage, guarded
from handlers.rulebooks import TooManyUnknownKeys

HOOKS = "/v1/usage/hooks/{name}"
MAX_WEBHOOK_BYTES = 4 * 1024 * 1024
MAX_IN_FLIGHT_BYTES = 4 * MAX_WEBHOOK_BYTES
"""Bodies are read before their sender is authenticated: the limit fits a webhook, and takes no room from senders with
keys.
"""


async def find_webhook_source(request: Request, context: Context) -> tuple[Source, bytes]:
    """Returns the source of a webhook's address, and its key's hash; its signature is checked later.

    Raises Denied, with the same text for an unknown name and for a source that does not sign.
    """
    try:
        found = await context.rulebooks.signed_source(request.path_params["name"])
    except TooManyUnknownKeys as error:
        raise Denied(503, "Too many unknown sources are being tried. Send it again in a second.") from error
    if found is None:
        raise Denied(
            401, "No source of this name signs what it sends: `tokens keys create` makes one with --signature."
        )
    return found


def webhook_routes(endpoint: IngestEndpoint) -> APIRouter:
    """Returns the routes `/v1/usage/hooks/{name}` and the handshake of both event routes."""
    routes = APIRouter()
    authenticator = Authenticator(
        authenticate=find_webhook_source, cap=MAX_WEBHOOK_BYTES, in_flight=InFlight(MAX_IN_FLIGHT_BYTES)
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
