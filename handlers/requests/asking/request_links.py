"""The link for a gateway's own error text: a page that says what to type in Slack, and opens it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from bot.views.requests.request_page import CONTENT_SECURITY_POLICY, command_of, request_page, slack_links
from handlers.context import Context
from handlers.slack.identity.workspaces import app_id_of, home_workspace

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_MOST_CHARACTERS = 80


def request_routes(context: Context) -> APIRouter:
    """Returns `GET /request?team=…&amount=…`. It needs no key, and reads nothing but its address."""
    routes = APIRouter()

    @routes.get("/request", summary="What to type in Slack to request budget", response_class=HTMLResponse)
    async def get_request(request: Request) -> Response:
        given = request.query_params
        team, amount = (given.get(name, "")[:_MOST_CHARACTERS] for name in ("team", "amount"))
        client = context.slack
        workspace = await home_workspace(context, client) if client is not None else None
        app_id = await app_id_of(context, client) if client is not None else ""
        command = command_of(context.settings.command, team=team, amount=amount)
        return HTMLResponse(request_page(command, slack_links(workspace, app_id)), headers=_HEADERS)

    return routes
