"""The route on which a gateway asks whether a team's call may go on."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from bot.books.gatekeeping.reservations import unknown_members
from bot.sources.labels import storable_text
from bot.usage import MAX_NAME_CHARACTERS
from handlers.books.allowances import Allowances, NotYours
from handlers.books.gatekeeping.calls import AskedCall
from handlers.context import Context
from handlers.intake.routes.endpoint import KEY, authenticate_key, guarded, problem

_Label = Annotated[str, Query(description="What is known of the call; empty is unknown.")]


def allowance_routes(context: Context) -> APIRouter:
    """Returns `GET /v1/teams/{slug}/allowance`."""
    routes, allowances = APIRouter(), Allowances(context)

    @routes.get("/v1/teams/{slug}/allowance", summary="May this team's next call go through?", dependencies=[KEY])
    async def get_allowance(
        request: Request, slug: str, *, workflow: _Label = "", tool: _Label = "", model: _Label = "", user: _Label = ""
    ) -> Response:
        """Answers `allow`, `warn` or `deny` from figures that are `age_seconds` old. A team that does not exist is allowed."""

        async def answer(request: Request) -> Response:
            _, key = await authenticate_key(request, context)
            asked = AskedCall(
                *(storable_text(word)[:MAX_NAME_CHARACTERS].strip() for word in (workflow, tool, model, user))
            )
            named = storable_text(slug)[:MAX_NAME_CHARACTERS]
            try:
                async with asyncio.timeout(context.settings.answer_seconds):
                    decision, age_seconds = await allowances.of(named, key=key, asked=asked)
            except NotYours:
                return problem(403, "This key is bound to another team, and reads only its own allowance.")
            warnings = unknown_members(request.query_params, AskedCall._fields)
            warned = {"warnings": list(warnings)} if warnings else {}
            return JSONResponse({**decision.to_json(), "age_seconds": round(age_seconds, 3), **warned})

        return await guarded(request, answer)

    return routes
