"""What every stand-in has: real HTTP on loopback, faults on demand, a record of what came, and a strict eye on it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from aiohttp import web

Fault = Literal["401", "403", "404", "429", "500", "503", "slow", "lost", "html", "half", "redirect", "empty"]
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
SLOW_SECONDS = 0.4
RETRY_AFTER = 7


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it came. `body` is its JSON, or None without one."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass
class StandIn:
    """A gateway's admin API. `wrongs` collects what a well-behaved client would not send; a test wants none."""

    key: str
    faults: list[Fault | None] = field(default_factory=list)
    """The faults of the next requests, one each; None for a request that goes well."""
    seen: list[Seen] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)

    key_header: ClassVar[str] = "Authorization"
    key_prefix: ClassVar[str] = "Bearer "

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def denied(self, request: web.Request) -> web.Response | None:
        """Refuses a request without the key."""
        given = request.headers.get(self.key_header, "")
        return None if given == self.key_prefix + self.key else self.error(401, f"invalid key {given}")

    def error(self, status: int, message: str) -> web.Response:
        """An error in this API's own form; most have this one."""
        return web.json_response({"error": {"message": message, "type": "error", "code": None}}, status=status)

    def watch(self, seen: Seen) -> None:
        """Looks at what every request must have."""
        if seen.method in ("POST", "PATCH") and seen.headers.get("Content-Type") != "application/json":
            self.wrongs.append(f"{seen.method} {seen.path}: Content-Type is {seen.headers.get('Content-Type')}")
        if seen.method == "GET" and seen.body is not None:
            self.wrongs.append(f"GET {seen.path} has a body")
        if self.key in seen.path or self.key in str(dict(seen.query)) or self.key in json.dumps(seen.body):
            self.wrongs.append("the key is outside its header")
        for header, value in seen.headers.items():
            if self.key in value and header.lower() != self.key_header.lower():
                self.wrongs.append(f"the key is in {header}")

    def require_members(self, seen: Seen, allowed: set[str]) -> None:
        """Notes members of a body that the API does not know. Most ignore them, so a typo would go unseen."""
        if isinstance(seen.body, dict) and set(seen.body) - allowed:
            self.wrongs.append(f"{seen.method} {seen.path}: unknown members {sorted(set(seen.body) - allowed)}")

    async def _behave(self, request: web.Request, handler: Answering) -> web.StreamResponse:
        raw = await request.read()
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw.decode()
        seen = Seen(method=request.method, path=request.path, query=request.query, headers=request.headers, body=body)
        self.seen.append(seen)
        self.raw.append(raw)
        self.watch(seen)
        fault = self.faults.pop(0) if self.faults else None
        if (made := self._faulted(fault)) is not None:
            return made
        if fault == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        answered = self.denied(request) or await handler(request)
        if fault == "lost":
            assert request.transport is not None
            request.transport.close()
        return answered

    def _faulted(self, fault: Fault | None) -> web.Response | None:
        """The answer of a fault that does not reach the API."""
        if fault in ("401", "403", "404", "500", "503"):
            return self.error(int(fault), f"refused {self.key} for a reason <https://evil.example|of its own>")
        answer = None
        if fault == "429":
            answer = self.error(429, "too many")
            answer.headers["retry-after"] = str(RETRY_AFTER)
        elif fault == "html":
            answer = web.Response(text="<html>Sign in</html>", content_type="text/html")
        elif fault == "half":
            answer = web.Response(text='{"data": [', content_type="application/json")
        elif fault == "empty":
            answer = web.Response(status=200)
        elif fault == "redirect":
            answer = web.Response(status=307, headers={"Location": "http://127.0.0.1:9/elsewhere"})
        return answer

    def application(self) -> web.Application:
        @web.middleware
        async def behave(request: web.Request, handler: Answering) -> web.StreamResponse:
            return await self._behave(request, handler)

        app = web.Application(middlewares=[behave])
        app.add_routes(self.routes())
        return app

    @asynccontextmanager
    async def serving(self, *, port: int = 0) -> AsyncIterator[str]:
        """Serves on loopback, and gives the address."""
        runner = web.AppRunner(self.application(), access_log=None, handler_cancellation=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
