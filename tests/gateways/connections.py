"""Connects an adapter to a stand-in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.crosschecks.caps import CapTarget, GatewaySettings
from bot.org.gateways import GatewayKind
from handlers.crosschecks.caps.adapter import GatewayAdapter
from handlers.crosschecks.caps.adapters import adapter_of
from tests.gateways.stand_in import StandIn


@asynccontextmanager
async def connected(
    api: StandIn,
    kind: GatewayKind,
    *targets: CapTarget,
    path: str = "",
    key: str = "",
    options: Mapping[str, Any] | None = None,
) -> AsyncIterator[Any]:
    """Serves a stand-in, and gives the adapter of the gateway `eu` whose teams are the targets."""
    async with api.serving() as address, aiohttp.ClientSession() as session:
        settings = GatewaySettings(
            name="eu",
            kind=kind,
            url=address + path,
            key_env="EU_KEY",
            teams={"search": targets},
            options=options or {},
        )
        adapter: GatewayAdapter = adapter_of(settings, session, environment={"EU_KEY": key or api.key})
        yield adapter
