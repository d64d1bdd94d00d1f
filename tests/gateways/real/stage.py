"""The stage: a namespace's address, PostgreSQL, an identity provider and a model API as stand-ins, and the real gateway."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from tests.support.postgres import postgres

ADDRESS = "10.0.0.1"
"""In the namespace alone: it belongs to its loopback device."""
URL = "http://127.0.0.1:8799"
WRITE_KEY = "dummy-write-key-dummy-write-key-0001"
READ_KEY = "dummy-read-key-dummy-read-key-00001"
BLOCKED = "Ask in Slack: /tokens request"
_JWT_SECRET = "dummy-jwt-secret-dummy-jwt-secret-0123"
_IDENTITY, _MODELS = f"http://{ADDRESS}:8798", f"http://{ADDRESS}:8797"
CALL_DOLLARS = "0.165"
"""What one call of the model stand-in costs at the gateway's own prices: 20,000 tokens in and 7,000 out of Sonnet 4.5."""
_USAGE = {
    "input_tokens": 20_000,
    "output_tokens": 7_000,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
}


@dataclass(frozen=True, kw_only=True)
class Called:
    """An answer of the gateway."""

    status: int
    body: Any

    @property
    def words(self) -> str:
        return str(self.body.get("error", {}).get("message", ""))


class RealGateway:
    """The running gateway, as an administrator and a developer see it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def admin(self, method: str, path: str, body: Any = None, *, key: str = READ_KEY) -> Called:
        """A call of its admin API."""
        return await self._call(method, f"/v1/organizations{path}", {"x-api-key": key}, body)

    async def prompt(self, *, user: str = "idp|anna-1", email: str = "anna@acme.test") -> Called:
        """A developer's call of a model, with the bearer that a sign-in gives."""
        body = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}
        bearer = _bearer(user=user, email=email, groups=["search", "eng"])
        headers = {"Authorization": f"Bearer {bearer}", "anthropic-version": "2023-06-01"}
        return await self._call("POST", "/v1/messages", headers, body)

    async def _call(self, method: str, path: str, headers: dict[str, str], body: Any) -> Called:
        async with self._session.request(method, URL + path, headers=headers, json=body) as answer:
            return Called(status=answer.status, body=await answer.json())


@asynccontextmanager
async def real_gateway(claude: Path, folder: Path) -> AsyncIterator[RealGateway]:
    """Starts everything and waits until the gateway answers."""
    for words in (("link", "set", "lo", "up"), ("addr", "add", f"{ADDRESS}/32", "dev", "lo")):
        subprocess.run(["ip", *words], check=True)  # noqa: ASYNC221  # once, before anything runs
    async with postgres() as server, _stand_ins(), aiohttp.ClientSession() as session:
        await server.create()
        async with server.connection() as connection:
            await connection.execute("CREATE DATABASE gateway")
        database = server.address.rpartition("/")[0].replace("postgresql:", "postgres:") + "/gateway?sslmode=disable"
        (folder / "gateway.yaml").write_text(yaml.safe_dump(_configuration(database)))
        process = _start(claude, folder)
        try:
            await _answers(session, process, folder)
            yield RealGateway(session)
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 30)


def _configuration(database: str) -> dict[str, Any]:
    return {
        "listen": {"host": "127.0.0.1", "port": 8799, "public_url": URL},
        "oidc": {"issuer": _IDENTITY, "client_id": "x", "client_secret": "dummy-secret"},
        "session": {"jwt_secret": _JWT_SECRET},
        "store": {"postgres_url": database},
        "upstreams": [{"provider": "anthropic", "auth": {"api_key": "sk-dummy"}, "base_url": _MODELS}],
        "admin": {
            "write_keys": [{"id": "tokens", "key": WRITE_KEY}],
            "read_keys": [{"id": "reader", "key": READ_KEY}],
            "blocked_message": BLOCKED,
        },
    }


def _start(claude: Path, folder: Path) -> subprocess.Popen[bytes]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "DISABLE_AUTOUPDATER": "1"}
    with (folder / "gateway.log").open("wb") as log:
        words = [str(claude), "gateway", "--config", str(folder / "gateway.yaml")]
        return subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)


async def _answers(session: aiohttp.ClientSession, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(600):
        try:
            async with session.get(f"{URL}/healthz") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        if process.poll() is not None:
            break
        await asyncio.sleep(0.1)
    raise SystemExit("The gateway does not start:\n" + (folder / "gateway.log").read_text()[-3_000:])


@asynccontextmanager
async def _stand_ins() -> AsyncIterator[None]:
    """The identity provider's discovery document, and a model API whose every answer has the same usage."""
    issuer: dict[str, str | list[str]] = {
        "issuer": _IDENTITY,
        "jwks_uri": f"{_IDENTITY}/keys",
        "response_types_supported": ["code"],
        "authorization_endpoint": f"{_IDENTITY}/authorize",
        "token_endpoint": f"{_IDENTITY}/token",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }

    async def discovery(_request: web.Request) -> web.Response:
        return web.json_response(issuer)

    async def keys(_request: web.Request) -> web.Response:
        return web.json_response({"keys": []})

    async def message(request: web.Request) -> web.Response:
        answer = {"id": "msg_1", "type": "message", "role": "assistant", "model": (await request.json())["model"]}
        said = {"content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "stop_sequence": None}
        return web.json_response({**answer, **said, "usage": _USAGE})

    runners = []
    places: tuple[tuple[int, list[web.RouteDef]], ...] = (
        (8798, [web.get("/.well-known/openid-configuration", discovery), web.get("/keys", keys)]),
        (8797, [web.post("/v1/messages", message)]),
    )
    for port, routes in places:
        app = web.Application()
        app.add_routes(routes)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, ADDRESS, port).start()
        runners.append(runner)
    try:
        yield
    finally:
        for runner in runners:
            await runner.cleanup()


def _bearer(*, user: str, email: str, groups: list[str]) -> str:
    """The token that the gateway gives a developer after a sign-in, signed with its own secret."""
    now = int(time.time())
    claims: dict[str, Any] = {"sub": user, "email": email, "name": email, "groups": groups, "aud": "claude-gateway"}
    claims |= {"iat": now, "exp": now + 3600, "iss": URL}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = ".".join(_base64(part) for part in parts)
    return f"{signed}.{_base64(hmac.new(_JWT_SECRET.encode(), signed.encode(), hashlib.sha256).digest())}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
