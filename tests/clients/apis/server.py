"""Serves the stand-ins of one program on a port of its own, so that each call is known to be that program's."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from tests.clients.apis.calls import Calls
from tests.clients.apis.chat import answer_chat
from tests.clients.apis.gemini import answer_gemini
from tests.clients.apis.messages import answer_messages
from tests.clients.apis.responses import answer_responses, answer_socket
from tests.clients.bills import RATES

_Answer = Callable[[web.Request, Calls, str], Awaitable[web.StreamResponse]]
_ANSWERS: dict[tuple[str, str], _Answer] = {
    ("POST", "messages"): answer_messages,
    ("POST", "responses"): answer_responses,
    ("GET", "responses"): answer_socket,
    ("POST", "completions"): answer_chat,
    ("POST", "generateContent"): answer_gemini,
}
"""What answers a method and the last word of a path."""


class ModelApis:
    """All four APIs of one program, by the end of the path."""

    def __init__(self, calls: Calls, folder: str) -> None:
        """`folder` is where the program works: the tools that it is asked to use read a file there."""
        self._calls = calls
        self._folder = folder

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answers a request of any path; an unknown one is recorded and answered 404."""
        path = request.path
        try:
            if (answer := _ANSWERS.get(_kind(request.method, path))) is not None:
                return await answer(request, self._calls, self._folder)
            if request.method == "GET" and path.endswith("/models"):
                return web.json_response({"object": "list", "data": [{"id": n, "object": "model"} for n in RATES]})
            if request.method == "HEAD" or "/analytics/" in path:
                return web.json_response({})
            if request.method == "POST" and path.endswith("/count_tokens"):
                return web.json_response({"input_tokens": 100})
        except KeyError as missing:
            self._calls.unknown.append(f"{request.method} {path}: {missing} is missing or unknown")
            return web.json_response({"error": {"type": "invalid_request_error", "message": str(missing)}}, status=400)
        self._calls.unknown.append(f"{request.method} {path}")
        return web.json_response({"error": {"type": "not_found_error", "message": path}}, status=404)


def _kind(method: str, path: str) -> tuple[str, str]:
    last = path.rpartition("/")[2]
    return method, "generateContent" if ":" in last else last


@asynccontextmanager
async def model_apis(calls: Calls, folder: str) -> AsyncIterator[str]:
    """Serves the stand-ins while the block runs; gives their address."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", ModelApis(calls, folder).answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
