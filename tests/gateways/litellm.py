"""A stand-in LiteLLM proxy: teams, members and keys with spend and caps. It can be slow, broken, lose an answer after the
write, and be changed by hand. As a program (`python -m tests.gateways.litellm`) it lives in a process of its own.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from aiohttp import web

ADMIN_KEY = "sk-admin-of-the-stand-in"
Fault = Literal["slow", "500", "429", "drop before", "drop after", "slow after", "403", "401", "404"]


@dataclass
class Budget:
    """One cap with its spend, in dollars as LiteLLM keeps them."""

    max_budget: float | None = None
    soft_budget: float | None = None
    spend: Decimal = Decimal(0)
    budget_reset_at: str | None = None

    def row(self) -> dict[str, Any]:
        return {
            "max_budget": self.max_budget,
            "soft_budget": self.soft_budget,
            "spend": float(self.spend),
            "budget_duration": "30d",
            "budget_reset_at": self.budget_reset_at,
        }


@dataclass
class Write:
    """One accepted write, in the order in which it took effect."""

    kind: str
    ref: str
    before: float | None
    after: float | None
    changed_by: str


@dataclass
class Proxy:
    """What the proxy knows, and how it shall behave."""

    teams: dict[str, Budget] = field(default_factory=dict)
    members: dict[tuple[str, str], Budget] = field(default_factory=dict)
    keys: dict[str, Budget] = field(default_factory=dict)
    organisation_max: float | None = None
    team_admins: dict[str, str] = field(default_factory=dict)
    """Keys of team admins, by key: the team whose cap they may set."""
    may_raise: bool = True
    """Whether `team_admin_editable_team_fields` names `raise_max_budget`."""
    faults: list[Fault] = field(default_factory=list)
    """The faults of the next calls, one each."""
    slow_seconds: float = 0.5
    writes: list[Write] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0

    def spend(self, team: str, dollars: str) -> None:
        self.teams[team].spend += Decimal(dollars)

    def set_by_hand(self, team: str, dollars: float | None) -> None:
        self.teams[team].max_budget = dollars

    def reset(self, team: str) -> None:
        self.teams[team].spend = Decimal(0)


def _error(status: int, message: str) -> web.Response:
    body = {"error": {"message": message, "type": "auth_error", "param": None, "code": str(status)}}
    return web.json_response(body, status=status)


def _forbidden(proxy: Proxy, key: str, team_id: str, *, is_raise: bool) -> web.Response | None:
    if key == ADMIN_KEY:
        return None
    if proxy.team_admins.get(key) != team_id:
        return _error(401, "Authentication Error, Invalid proxy server token passed")
    return _error(403, "Only a proxy admin can raise a team's max_budget") if is_raise and not proxy.may_raise else None


def application(proxy: Proxy) -> web.Application:  # one place for all that the proxy answers
    @web.middleware
    async def behave(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        proxy.calls += 1
        fault = proxy.faults.pop(0) if proxy.faults else None
        if fault == "slow":
            await asyncio.sleep(proxy.slow_seconds)
        elif fault == "500":
            return web.Response(status=500, text="Internal Server Error")
        elif fault == "429":
            return web.json_response({"error": {"message": "Rate limited"}}, status=429, headers={"Retry-After": "7"})
        elif fault == "401":
            return _error(401, f"Authentication Error, Invalid proxy server token passed. Received={ADMIN_KEY}")
        elif fault == "403":
            return _error(403, "Only a proxy admin can raise a team's max_budget")
        elif fault == "404":
            return _error(404, "{'error': 'Team not found, passed team id: x'}")
        elif fault == "drop before":
            _cut(request)
        answer = await handler(request)
        if fault == "drop after":
            _cut(request)
        if fault == "slow after":
            await asyncio.sleep(proxy.slow_seconds)
        return answer

    def key_of(request: web.Request) -> str:
        return request.headers.get("Authorization", "").removeprefix("Bearer ")

    async def team_info(request: web.Request) -> web.Response:
        team_id = request.query.get("team_id", "")
        if key_of(request) not in {ADMIN_KEY, *proxy.team_admins}:
            return _error(401, "Authentication Error, Invalid proxy server token passed")
        if team_id not in proxy.teams:
            return _error(404, f"{{'error': 'Team not found, passed team id: {team_id}.'}}")
        memberships = [
            {"user_id": user, "team_id": team, "spend": float(budget.spend), "litellm_budget_table": budget.row()}
            for (team, user), budget in proxy.members.items()
            if team == team_id
        ]
        row = {"team_id": team_id, "team_alias": team_id, **proxy.teams[team_id].row()}
        return web.json_response({"team_id": team_id, "team_info": row, "keys": [], "team_memberships": memberships})

    async def team_update(request: web.Request) -> web.Response:
        body = await request.json()
        proxy.bodies.append(body)
        budget = proxy.teams.get(body["team_id"])
        if budget is None:
            return _error(404, "{'error': 'Team not found'}")
        wanted = body.get("max_budget")
        if type(wanted) not in (int, float) or wanted < 0 or set(body) - {"team_id", "max_budget", "soft_budget"}:
            return _error(400, "max_budget must be a finite number, and nothing else be sent")
        forbidden = _forbidden(proxy, key_of(request), body["team_id"], is_raise=wanted > (budget.max_budget or 0))
        if forbidden is not None:
            return forbidden
        if proxy.organisation_max is not None and wanted > proxy.organisation_max:
            return _error(400, f"Team max_budget ({wanted}) exceeds organization's max_budget")
        soft = body.get("soft_budget", budget.soft_budget)
        if soft is not None and soft >= wanted:
            return _error(400, "soft_budget must be strictly lower than max_budget")
        _record("team", body["team_id"], budget, wanted, request)
        budget.soft_budget = soft
        return web.json_response({"team_id": body["team_id"], "data": {"team_id": body["team_id"], **budget.row()}})

    async def member_update(request: web.Request) -> web.Response:
        body = await request.json()
        proxy.bodies.append(body)
        budget = proxy.members.get((body["team_id"], body["user_id"]))
        if budget is None:
            return _error(404, "User not found in team")
        _record("member", f"{body['team_id']}/{body['user_id']}", budget, body["max_budget_in_team"], request)
        return web.json_response(body)

    async def key_info(request: web.Request) -> web.Response:
        budget = proxy.keys.get(request.query.get("key", ""))
        if budget is None:
            return _error(404, "Key not found in database")
        return web.json_response({"key": request.query["key"], "info": budget.row()})

    async def key_update(request: web.Request) -> web.Response:
        body = await request.json()
        proxy.bodies.append(body)
        budget = proxy.keys.get(body["key"])
        if budget is None:
            return _error(404, "Key not found")
        _record("key", body["key"], budget, body["max_budget"], request)
        return web.json_response({"key": body["key"], **budget.row()})

    def _record(kind: str, ref: str, budget: Budget, wanted: float, request: web.Request) -> None:
        changed_by = request.headers.get("litellm-changed-by", "")
        proxy.writes.append(Write(kind, ref, budget.max_budget, float(wanted), changed_by))
        budget.max_budget = float(wanted)

    async def team_list(_request: web.Request) -> web.Response:
        return web.json_response([{"team_id": team_id, **budget.row()} for team_id, budget in proxy.teams.items()])

    app = web.Application(middlewares=[behave])
    app.router.add_get("/team/info", team_info)
    app.router.add_get("/team/list", team_list)
    app.router.add_post("/team/update", team_update)
    app.router.add_post("/team/member_update", member_update)
    app.router.add_get("/key/info", key_info)
    app.router.add_post("/key/update", key_update)
    return app


def _cut(request: web.Request) -> None:
    """Closes the connection without an answer."""
    if request.transport is not None:
        request.transport.close()
    raise asyncio.CancelledError


@asynccontextmanager
async def serving(proxy: Proxy, *, port: int = 0) -> AsyncIterator[str]:
    """Serves the proxy on loopback and yields its address."""
    runner = web.AppRunner(application(proxy), access_log=None, handler_cancellation=False, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    assert runner.addresses
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _main(port: int, teams: list[str]) -> None:
    proxy = Proxy(teams={team: Budget(max_budget=0.0) for team in teams})
    async with serving(proxy, port=port) as address:
        print(f"{address} · key {ADMIN_KEY}", flush=True)  # noqa: T201  # a program of its own
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A stand-in LiteLLM proxy.")
    parser.add_argument("--port", type=int, default=4000)
    parser.add_argument("teams", nargs="*", default=["team-abc"])
    given = parser.parse_args()
    asyncio.run(_main(given.port, given.teams))
