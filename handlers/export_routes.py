"""`GET /v1/export/…`: exports over HTTP with a read key."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as NamePath
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPBearer

from bot.refusals import FieldRefusal
from handlers.books.exports.sources import EXPORTS
from handlers.books.exports.streams import ExportQuery, Exports, NoExport, NotForTeams
from handlers.context import Context
from handlers.intake.routes.endpoint import authenticate_reader, bearer_token, guarded, problem
from storage.intake.keys import key_hash

_READ_KEY = Depends(HTTPBearer(scheme_name="read key", auto_error=False))  # for the description
_RESPONSES: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The rows, streamed. `Next-Cursor` is there if `limit` left rows out; `Resume-With` and a number of "
        "rows make a cursor that goes on after those.",
        "content": {"text/csv": {}, "application/vnd.apache.parquet": {}},
    },
    400: {"description": "A parameter is wrong; the sentence names it."},
    401: {"description": "There is no key, or nobody knows it."},
    403: {"description": "The key sends usage, or is bound to a team and asks for what is the organisation's."},
    404: {"description": "There is no such export."},
    503: {"description": "The database does not answer now."},
}


def export_routes(context: Context) -> APIRouter:
    """Returns the routes of exports."""
    exports, routes = Exports(context), APIRouter()

    @routes.get(
        "/v1/export/{name}",
        summary="Usage, ledger and audit log, for finance and data teams",
        dependencies=[_READ_KEY],
        responses=_RESPONSES,
        response_class=Response,
    )
    async def get_export(
        *,
        request: Request,
        name: Annotated[str, NamePath(description="Which export.", json_schema_extra={"enum": list(EXPORTS)})],
        period: Annotated[str | None, Query(description="A period, such as 2026-11; without it everything.")] = None,
        cursor: Annotated[str | None, Query(description="Goes on where an earlier answer ended.")] = None,
        format: Annotated[str | None, Query(description="csv or parquet.")] = None,  # noqa: A002  # the parameter's name
        limit: Annotated[str | None, Query(description="So many rows at most; without it all.")] = None,
    ) -> Response:
        """Each answer is a whole file. Without `limit` it has everything."""
        query = ExportQuery(name=name, period=period, cursor=cursor, file_format=format, limit=limit)

        async def answer(request: Request) -> Response:
            reader = await authenticate_reader(request, context)
            key = key_hash(bearer_token(request.headers.get("authorization", "")))
            try:
                stream = await exports.open(query, reader, key)
            except NoExport as error:
                return problem(404, str(error))
            except NotForTeams as error:
                return problem(403, str(error))
            except FieldRefusal as error:
                return problem(400, f"{error.field}: {error}")
            headers = {
                "Content-Disposition": f'attachment; filename="{stream.file}"',
                "Cache-Control": "no-store",
                "Resume-With": stream.resume_with,
                "Next-Cursor": stream.next_cursor,
                "Removed-Before": stream.removed_before,
            }
            filled = {header: value for header, value in headers.items() if value}
            return StreamingResponse(stream.pieces, media_type=stream.media_type, headers=filled)

        return await guarded(request, answer)

    return routes
