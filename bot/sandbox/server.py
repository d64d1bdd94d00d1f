"""The sandbox's server on loopback: Slack's API, response URLs, uploads and the page."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.events import responses
from bot.sandbox.events.dispatch import Dispatch
from bot.sandbox.methods import uploads, web_api
from bot.sandbox.page.routes import Page
from bot.sandbox.settings import SandboxSettings
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]
STATIC = Path(__file__).parent / "static"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
GRACE_SECONDS = 1  # open event streams must not delay a stop


class FreshFiles(StaticFiles):
    """Static files that the browser revalidates, so that an upgrade shows at once."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        """Returns the file, or 304 if the browser's copy is current."""
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Guard:
    """Rejects requests from other sites' pages, and names that resolve to this machine."""

    def __init__(self, app: ASGIApp, workspace: Workspace) -> None:
        self._app = app
        self._workspace = workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        origin = request.headers.get("origin")
        if request.url.hostname not in LOOPBACK or (origin and urlsplit(origin).netloc != request.url.netloc):
            refused = PlainTextResponse("The sandbox answers this machine only.", status_code=403)
            await refused(scope, receive, send)
            return
        self._workspace.base_url = str(request.base_url).rstrip("/")
        await self._app(scope, receive, send)


def create_sandbox(settings: SandboxSettings, *, log: list[Json] | None = None) -> FastAPI:
    """Returns the workspace as an ASGI app. `app.state.workspace` is the workspace; `log` collects its Web API calls."""
    workspace = Workspace(settings, log=log)
    dispatch = Dispatch(workspace)
    page = Page(workspace, dispatch)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.app_token:
            await workspace.sockets.start()
        yield
        workspace.feed.close()
        await workspace.sockets.close()
        await dispatch.close()

    async def index(request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    async def permalink(request: Request) -> Response:
        return RedirectResponse(f"/#at={request.path_params['channel']}")

    def about(serve_one: Callable[[Workspace, Request], Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await serve_one(workspace, request)

        return endpoint

    app = FastAPI(title="Sandbox workspace", openapi_url=None, lifespan=lifespan)
    app.state.workspace = workspace
    app.router.routes += [
        Route("/", index),
        Route("/archives/{channel:str}/{message:str}", permalink),
        Route("/api/{method}", about(web_api.answer_call), methods=["GET", "POST"]),
        Route("/response/{response_id}", about(responses.answer_response), methods=["POST"]),
        Route("/upload/{file_id}", about(uploads.receive), methods=["POST"]),
        Route("/files/{file_id}", about(uploads.give)),
        Route("/page/state", page.show_state),
        Route("/page/events", page.stream),
        Route("/page/{deed}", page.do, methods=["POST"]),
        Mount("/static", FreshFiles(directory=STATIC)),
    ]

    app.add_middleware(Guard, workspace=workspace)
    return app


async def serve(app: FastAPI, *, host: str = "127.0.0.1", port: int = 8765) -> None:
    """Runs the sandbox until it is stopped. Raises ValueError for an address other than loopback."""
    if host not in LOOPBACK:
        raise ValueError(f"The sandbox listens on loopback only, not on {host}.")
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
    )
    await uvicorn.Server(config).serve()
