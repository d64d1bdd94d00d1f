"""The routes of reservations: reserve, settle, release."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from bot.books.gatekeeping.reservations import Reservation, ReservationFault, read_ask, read_cost
from bot.money import usd_exact
from bot.periods import moment
from handlers.books.gatekeeping.reservations import (
    ReservationDesk,
)
from handlers.context import Context
from handlers.intake.routes.endpoint import KEY, authenticate_key, guarded, pace_of, problem
from handlers.intake.routes.request_bodies import read_body
from handlers.intake.routes.rooms import MEBIBYTE, Room

_MAX_BODY_BYTES = 64 * 1024


def reservation_routes(context: Context) -> APIRouter:
    """Returns `POST /v1/reservations`, `POST …/{id}/settle` and `DELETE …/{id}`."""
    routes, desk = APIRouter(), ReservationDesk(context)
    room, pace = Room(16 * MEBIBYTE), pace_of(context.settings)

    async def body_of(request: Request) -> bytes:
        with room.enter() as place:
            return await read_body(request, cap=_MAX_BODY_BYTES, place=place, pace=pace)

    async def refused(request: Request, answer: Any) -> Response:
        async def tried(request: Request) -> Response:
            try:
                found: Response = await answer(request)
            except ReservationFault as error:
                return problem(error.status, str(error))
            return found

        return await guarded(request, tried)

    @routes.post(
        "/v1/reservations",
        summary="Set the most that a call may cost aside",
        status_code=201,
        openapi_extra=_RESERVE,
        responses=_DENIED,
        dependencies=[KEY],
    )
    async def post_reservation(request: Request) -> Response:
        """Reserves `max_usd` of the team's budget until the call is settled, released, or `ttl_seconds` have passed. The same
        `Idempotency-Key` returns the same reservation."""

        async def answer(request: Request) -> Response:
            _, key = await authenticate_key(request, context)
            ask = read_ask(await body_of(request), idempotency_key=request.headers.get("idempotency-key", ""))
            reservation, figures = await desk.reserve(ask, key=key)
            warned = {"warnings": list(ask.warnings)} if ask.warnings else {}
            if reservation is None:
                return JSONResponse({**figures, **warned})
            return JSONResponse({**figures, **_shown(reservation), **warned}, status_code=201)

        return await refused(request, answer)

    @routes.post(
        "/v1/reservations/{reservation_id}/settle",
        summary="Say what a reserved call cost",
        openapi_extra=_SETTLE,
        dependencies=[KEY],
    )
    async def post_settle(request: Request, reservation_id: str) -> Response:
        """From now on the cost counts in place of the bound, until the usage event with this reservation's id is booked. The
        same cost may be sent again."""

        async def answer(request: Request) -> Response:
            _, key = await authenticate_key(request, context)
            cost = read_cost(await body_of(request))
            return JSONResponse(_shown(await desk.settle(reservation_id, cost, key=key)))

        return await refused(request, answer)

    @routes.delete(
        "/v1/reservations/{reservation_id}", summary="Release a reservation whose call was not made", dependencies=[KEY]
    )
    async def delete_reservation(request: Request, reservation_id: str) -> Response:
        async def answer(request: Request) -> Response:
            _, key = await authenticate_key(request, context)
            return JSONResponse(_shown(await desk.release(reservation_id, key=key)))

        return await refused(request, answer)

    return routes


def _shown(reservation: Reservation) -> dict[str, Any]:
    """Returns a reservation's own members."""
    cost = {} if reservation.cost_nanos is None else {"cost_usd": usd_exact(reservation.cost_nanos)}
    return {
        "id": reservation.id,
        "state": reservation.state,
        "max_usd": usd_exact(reservation.max_nanos),
        "expires_at": moment(reservation.counts_until).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        **cost,
    }


_TEXT = {"type": "string", "maxLength": 256}
_AMOUNT: dict[str, Any] = {
    "oneOf": [{"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,9})?$"}, {"type": "number", "minimum": 0}]
}


def _body(properties: dict[str, Any], required: list[str], example: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}


_RESERVE: dict[str, Any] = _body(
    {
        "team": {**_TEXT, "description": "The team's slug."},
        "max_usd": {**_AMOUNT, "description": "The most that the call may cost."},
        "ttl_seconds": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 600},
        **dict.fromkeys(("workflow", "tool", "model", "user"), _TEXT),
    },
    ["team", "max_usd"],
    {"team": "search", "max_usd": "0.25", "ttl_seconds": 600, "model": "claude-opus-4-5"},
)
_RESERVE["parameters"] = [
    {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}, "required": False}
]
_SETTLE: dict[str, Any] = _body({"cost_usd": _AMOUNT}, ["cost_usd"], {"cost_usd": "0.0885"})
_DENIED: dict[int | str, dict[str, Any]] = {
    200: {"description": "Denied: `decision` is `deny`, and `reason` says why."}
}
