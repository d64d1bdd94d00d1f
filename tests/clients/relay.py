"""A relay between a program and Tokens: it counts the posts by path and answer, and can keep their bodies."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

_SECRET = ("authorization", "cookie")
_HOP = ("host", "content-length", "transfer-encoding", "connection", "content-encoding")


class Relay:
    """Passes every request on unchanged."""

    def __init__(self, target: str, kept: Path | None) -> None:
        """`kept` is the folder for bodies and headers, the key left out."""
        self._target = target
        self._kept = kept
        self.posts: Counter[str] = Counter()

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()  # decompressed: its encoding is not passed on
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, f"{self._target}{request.path_qs}", data=body, headers=headers) as answer,
        ):
            said = await answer.read()
        self.posts[f"{request.path.rpartition('/')[2]} {answer.status}"] += 1
        if self._kept is not None:
            self._keep(self._kept, request, body)
        kind = answer.headers.get("Content-Type", "application/json")
        return web.Response(status=answer.status, body=said, headers={"Content-Type": kind})

    def _keep(self, folder: Path, request: web.Request, body: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{self.posts.total()}_{request.path.rpartition('/')[2]}"
        is_json = "json" in request.headers.get("Content-Type", "")
        (folder / f"{name}.{'json' if is_json else 'bin'}").write_bytes(body)
        seen = {key.lower(): value for key, value in request.headers.items() if key.lower() not in _SECRET}
        (folder / f"{name}.headers.json").write_text(json.dumps({"path": request.path, "headers": seen}))


@asynccontextmanager
async def relaying(target: str, kept: Path | None) -> AsyncIterator[tuple[Relay, str]]:
    """Serves a relay to this address while the block runs; gives it and its own address."""
    relay = Relay(target, kept)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", relay.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        host, port = runner.addresses[0][:2]
        yield relay, f"http://{host}:{port}"
    finally:
        await runner.cleanup()
