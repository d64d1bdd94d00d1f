"""HTTP routes: usage, allowance, Slack's requests, health and metrics."""

import asyncio

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp

from bot.clock import wall_seconds
from handlers.context import Context
from handlers.export_routes import export_routes
from handlers.intake.quarantine import QuarantineGauges
from handlers.intake.routes.allowances import allowance_routes
from handlers.intake.routes.endpoint import (
    Denied,
    IngestEndpoint,
    guarded,
    mark_proved,
    pace_of,
    problem,
)
from handlers.intake.routes.forges import forge_routes
from handlers.intake.routes.otlp import otlp_routes
from handlers.intake.routes.request_bodies import read_body, with_body
from handlers.intake.routes.reservations import reservation_routes
from handlers.intake.routes.rooms import MEBIBYTE, Room
from handlers.intake.routes.webhooks import MAX_UNSIGNED_SECONDS, webhook_routes
from handlers.intake.sources import usage_routes
from handlers.intake.usage import Intake
from handlers.requests.asking.request_links import request_routes
from handlers.slack.signatures import header_fault, shape_fault, signature_fault
from handlers.slack.socket_mode.connections import SOCKET_GAUGE, SocketConnections
from storage.faults import DatabaseError

log = structlog.get_logger()
MAX_SLACK_BYTES = 4 * MEBIBYTE
SLACK_ROOM_BYTES = 16 * MEBIBYTE
"""Slack's signature can be checked only after its body is read: until then it has a room of its own."""


def create_web(
    context: Context, *, intake: Intake, bolt: AsyncApp | None, socket: SocketConnections | None = None
) -> FastAPI:
    """Returns the web application. Without Slack credentials, `/slack/events` answers 401 and the rest works."""
    web = FastAPI(title="Tokens", description="AI usage in, budgets and allowances out.", version="0.1.0")
    registry = CollectorRegistry()
    endpoint = IngestEndpoint(context, intake, registry)
    quarantined = QuarantineGauges(registry)
    if socket is not None:
        connected = Gauge(SOCKET_GAUGE, "Whether Slack's WebSocket is connected.", registry=registry)
        connected.set_function(lambda: float(socket.is_connected))
    slack_room = Room(SLACK_ROOM_BYTES, evicts=True)
    slack_pace = pace_of(context.settings, most_seconds=MAX_UNSIGNED_SECONDS)
    routes = APIRouter()

    @routes.post("/slack/events", include_in_schema=False)
    async def post_slack(request: Request) -> Response:
        return await guarded(request, slack_request)

    async def slack_request(request: Request) -> Response:
        secret = context.settings.slack_signing_secret
        if fault := header_fault(request.headers, secret=secret, now_seconds=wall_seconds()):
            raise Denied(401, fault)
        if "content-encoding" in request.headers:
            raise Denied(415, "A signed body must come as it was signed: without a Content-Encoding.")
        with slack_room.enter() as place:
            body = await read_body(request, cap=MAX_SLACK_BYTES, place=place, pace=slack_pace)
            if fault := signature_fault(request.headers, body, secret=secret, now_seconds=wall_seconds()):
                return problem(401, fault)
            mark_proved(request)
            if wrong := shape_fault(request.headers, body):
                return problem(400, wrong)
            if bolt is None:
                return problem(401, "Slack's credentials are not set: see `tokens doctor`.")
            return await AsyncSlackRequestHandler(bolt).handle(with_body(request, body))

    @routes.get("/healthz", summary="Is the process alive?", response_class=PlainTextResponse)
    async def healthz() -> str:
        return "ok\n"

    @routes.get("/readyz", summary="Can it book usage?", response_class=PlainTextResponse)
    async def readyz() -> Response:
        try:
            async with asyncio.timeout(context.settings.answer_seconds):
                await context.store.ping()
        except Exception as error:  # noqa: BLE001  # every database fault gets the same answer
            log.warning("not ready", error=repr(error))
            return PlainTextResponse("the database does not answer\n", status_code=503)
        return PlainTextResponse("ok\n")

    @routes.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        try:
            async with context.store.read() as tx:
                await quarantined.look(tx)
        except (DatabaseError, OSError) as error:  # this process's own counters need no database
            log.warning("quarantine not counted", error=repr(error))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    web.include_router(
        allowance_routes(context)
    )  # first: a gateway asks before each call, and routes are tried in order
    web.include_router(reservation_routes(context))
    web.include_router(usage_routes(endpoint))
    web.include_router(otlp_routes(endpoint))
    web.include_router(webhook_routes(endpoint))
    web.include_router(forge_routes(endpoint))
    web.include_router(export_routes(context))
    web.include_router(request_routes(context))
    web.include_router(routes)
    return web
