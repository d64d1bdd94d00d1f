"""The demo's gateway: a stand-in LiteLLM on loopback, with a team for each of Acme's, whose caps follow the books."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.money import NANOS
from handlers.books.standings import standings_of
from handlers.context import Context

KEY_FILE = "gateway-key"


@dataclass(kw_only=True)
class DemoGateway:
    """The stand-in's teams, with caps and spend in dollars by the slug of ours."""

    key: str = field(default_factory=lambda: secrets.token_hex(16))
    caps: dict[str, float | None] = field(default_factory=dict)
    spend: dict[str, float] = field(default_factory=dict)
    address: str = ""

    def teams_yml(self, folder: Path) -> str:
        """Returns the section of teams.yml that names it; its key is in a file of the demo's folder."""
        (folder / KEY_FILE).write_text(self.key, encoding="utf-8")
        teams = ", ".join(f"{slug}: [{slug}]" for slug in self.caps)
        return (
            f"\ngateways:\n  - {{name: eu, kind: litellm, url: '{self.address}', "
            f"key_file: '{folder / KEY_FILE}', teams: {{{teams}}}}}\n"
        )

    async def count_spend(self, context: Context) -> None:
        """Counts what the books have of each team this month, as if all of it had gone through this gateway."""
        async with context.store.read() as tx:
            scope = await context.scope(tx)
            teams = [team for team in scope.directory.real_teams if team.slug in self.caps]
            for standing in await standings_of(scope, teams):
                self.spend[standing.team.slug] = standing.balance.charged_nanos / NANOS

    async def _info(self, request: web.Request) -> web.Response:
        team = request.query.get("team_id", "")
        if not self._may(request) or team not in self.caps:
            return web.json_response({"error": {"message": "Team not found"}}, status=404)
        info = {"team_id": team, "max_budget": self.caps[team], "spend": self.spend.get(team, 0.0)}
        return web.json_response({"team_id": team, "team_info": info, "keys": [], "team_memberships": []})

    async def _update(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        if not self._may(request) or body.get("team_id") not in self.caps:
            return web.json_response({"error": {"message": "Team not found"}}, status=404)
        self.caps[body["team_id"]] = float(body["max_budget"])
        return web.json_response({"team_id": body["team_id"], "data": body})

    def _may(self, request: web.Request) -> bool:
        return secrets.compare_digest(request.headers.get("Authorization", ""), f"Bearer {self.key}")


@asynccontextmanager
async def demo_gateway(slugs: tuple[str, ...]) -> AsyncIterator[DemoGateway]:
    """Serves the gateway on a free port of loopback."""
    gateway = DemoGateway(caps=dict.fromkeys(slugs))
    app = web.Application()
    app.router.add_get("/team/info", gateway._info)
    app.router.add_post("/team/update", gateway._update)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield gateway
    finally:
        await runner.cleanup()
