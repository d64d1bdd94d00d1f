"""Acme with a stand-in LiteLLM whose caps follow the books."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.crosschecks.gateway_caps import GatewayCap
from bot.org.teams_yml.teams_file import read_teams_file
from handlers.crosschecks.caps.worker import follow_caps
from handlers.org.teams import import_teams
from tests.gateways.litellm import ADMIN_KEY, Budget, Proxy, serving
from tests.support.company import TEAMS_YML, Company

KEYS = {"EU_KEY": ADMIN_KEY}


def teams_yml(address: str, targets: str = "[team-abc]", mode: str = "write", more: str = "") -> str:
    line = f"{{name: eu, kind: litellm, url: '{address}', key_env: EU_KEY, mode: {mode}, teams: {{search: {targets}}}}}"
    return f"{TEAMS_YML}gateways:\n  - {line}\n{more}"


@dataclass
class Gateway:
    """Acme with a LiteLLM proxy whose caps follow."""

    acme: Company
    proxy: Proxy
    address: str

    @property
    def cap(self) -> float | None:
        return self.proxy.teams["team-abc"].max_budget

    async def follows(self) -> None:
        await follow_caps(self.acme.context, environment=KEYS)
        await self.acme.settles()

    async def rows(self) -> list[GatewayCap]:
        async with self.acme.context.store.read() as tx:
            return await tx.gateway_caps.all()

    async def imports(self, text: str) -> None:
        await import_teams(self.acme.context, read_teams_file(text), dry_run=False)

    def later(self, **time: float) -> None:
        clock = self.acme.clock
        clock.jump_to(clock.now() + timedelta(**time))


@asynccontextmanager
async def gateway(acme: Company, *, targets: str = "[team-abc]", mode: str = "write") -> AsyncIterator[Gateway]:
    proxy = Proxy(teams={"team-abc": Budget(max_budget=50.0), "team-def": Budget(max_budget=50.0)})
    async with serving(proxy) as address:
        made = Gateway(acme, proxy, address)
        await made.imports(teams_yml(address, targets, mode))
        yield made
