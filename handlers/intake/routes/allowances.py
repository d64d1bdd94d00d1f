"""The route on which a gateway asks whether a team's call may go on."""

import asyncio
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from bot.books.allowances import Allowance
from bot.books.gatekeeping.reservations import unknown_members
from bot.sources.labels import storable_text
from bot.usage import MAX_NAME_CHARACTERS
from handlers.books.allowances import Allowances, NotYours
from handlers.books.gatekeeping.calls import NOTHING_ASKED, AskedCall
from handlers.context import Context
from handlers.intake.routes.endpoint import KEY, authenticate_key, guarded, problem

_DESCRIBED: dict[str, Any] = {
    "parameters": [
        {"name": "slug", "in": "path", "required": True, "schema": {"type": "string"}},
        *({"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in AskedCall._fields),
    ]
}
"""Written out: the route reads its parameters itself, as FastAPI takes longer for that than all the rest takes."""


def allowance_routes(context: Context) -> APIRouter:
    """Returns `GET /v1/teams/{slug}/allowance`."""
    routes, allowances = APIRouter(), Allowances(context)

    @routes.get(
        "/v1/teams/{slug}/allowance",
        summary="May this team's next call go through?",
        openapi_extra=_DESCRIBED,
        dependencies=[KEY],
    )
    async def get_allowance(request: Request) -> Response:
        """Answers `allow`, `warn` or `deny` from figures that are `age_seconds` old. A team that does not exist is allowed."""

        async def answer(request: Request) -> Response:
            _, key = await authenticate_key(request, context)
            given = request.query_params
            asked = AskedCall(*(_text(given.get(name, "")) for name in AskedCall._fields)) if given else NOTHING_ASKED
            named = _text(request.path_params["slug"])
            try:
                async with asyncio.timeout(context.settings.answer_seconds):
                    decision, age_seconds = await allowances.of(named, key=key, asked=asked)
            except NotYours:
                return problem(403, "This key is bound to another team, and reads only its own allowance.")
            warnings = unknown_members(given, AskedCall._fields) if given else ()
            warned = {"warnings": list(warnings)} if warnings else {}
            link = _request_link(context, decision)
            return JSONResponse({**decision.to_json(), "age_seconds": round(age_seconds, 3), **warned, **link})

        return await guarded(request, answer)

    return routes


def _request_link(context: Context, decision: Allowance) -> dict[str, str]:
    """Returns the link that a gateway may show beside a refusal, where people reach the web process."""
    if decision.decision == "allow" or not context.settings.public_url:
        return {}
    return {"request_url": f"{context.settings.public_url}/request?{urlencode({'team': decision.team})}"}


def _text(given: str) -> str:
    return storable_text(given)[:MAX_NAME_CHARACTERS].strip()
